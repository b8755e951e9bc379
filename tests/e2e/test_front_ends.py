"""Pages of other origins call the API from a real browser (docs/adr/0040).

They use fetch, axios, and the TypeScript client as it is built, an ES module.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest
from playwright.sync_api import Error

from installs.errors import UnavailableError
from installs.http import Request, endpoint
from tests.docs.blocks import blocks
from tests.e2e.browser import watched_page
from tests.e2e.front_ends import ADDED, PAGE
from tests.gateway import event
from tools.local.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

    from tests.e2e.conftest import Stack

Answer = tuple[int, Any, dict[str, str]]
"""The status, the body, and the headers that the page may read."""

CALLS: Final = {
    "fetch": """async ({url, ...options}) => {
        const answer = await fetch(url, options);
        return [answer.status, await answer.json(), Object.fromEntries(answer.headers)];
    }""",
    "axios": """async (options) => {
        const {default: axios} = await import("axios");
        const answer = await axios.request({...options, validateStatus: null});
        return [answer.status, answer.data, {...answer.headers}];
    }""",
}


@contextmanager
def page_of(browser: Browser, origin: str, *expected: str) -> Iterator[Page]:
    """A page of a front end; ``expected`` are parts of the messages of its console."""
    with watched_page(browser, expected) as page:
        page.goto(f"{origin}{PAGE}")
        yield page


def ask(page: Page, library: str, stack: Stack, token: str, method: str, path: str) -> Answer:
    url = f"{stack.running.base_url}/api/integration-installs{path}"
    headers = {**ADDED, "Authorization": f"Bearer {token}"}
    status, body, read = page.evaluate(
        CALLS[library], {"url": url, "method": method, "headers": headers}
    )
    return status, body, read


@pytest.mark.parametrize("library", CALLS)
def test_a_page_of_each_allowed_origin_reads_every_answer(
    stack: Stack, browser: Browser, library: str
) -> None:
    viewer, editor = stack.running.tokens["usr_vera"], stack.running.tokens["usr_ed"]
    for origin in stack.front_ends.allowed:
        with page_of(browser, origin) as page:
            status, body, headers = ask(page, library, stack, viewer, "GET", "?limit=2")
            assert (status, len(body["data"])) == (200, 2)
            assert headers["x-amzn-requestid"]
            status, body, headers = ask(page, library, stack, "a.b.c", "GET", "")
            assert (status, body["code"]) == (401, "unauthorized")
            assert headers["www-authenticate"] == "Bearer"
            for user, method, path, code in (
                (viewer, "GET", "?limit=x", "invalid_parameter"),
                (viewer, "DELETE", "/ins_generated", "forbidden"),
                (viewer, "GET", "/ins_nobody", "not_found"),
                (editor, "POST", "/ins_nobody/restore", "not_found"),
            ):
                status, body, headers = ask(page, library, stack, user, method, path)
                assert (status, body["code"]) == (body["status"], code)
                assert headers["content-type"] == "application/problem+json"
                assert headers["x-amzn-requestid"]
            status, body, _ = ask(page, library, stack, editor, "DELETE", "/ins_generated")
            assert (status, body) == (200, {"success": True})
            status, body, _ = ask(page, library, stack, editor, "POST", "/ins_generated/restore")
            assert (status, body["id"], body["deletedAt"]) == (200, "ins_generated", None)


@pytest.mark.parametrize(
    ("library", "failure"), [("fetch", "Failed to fetch"), ("axios", "Network Error")]
)
def test_a_page_of_another_origin_reads_nothing(
    stack: Stack, browser: Browser, library: str, failure: str
) -> None:
    viewer = stack.running.tokens["usr_vera"]
    url = f"{stack.running.base_url}/api/integration-installs"
    refused = ("blocked by CORS policy", "net::ERR_FAILED")
    with page_of(browser, stack.front_ends.strange, *refused) as page:
        for path in ("?limit=2", "/ins_generated", "/ins_nobody"):
            with pytest.raises(Error, match=failure):
                ask(page, library, stack, viewer, "GET", path)
        # without a token there is no preflight, and the gateway answers the same to everybody
        _, body, _ = page.evaluate(CALLS[library], {"url": url})
        assert body["code"] == "unauthorized"


def test_a_page_reads_how_long_to_wait(
    stack: Stack, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No request makes the local stack unavailable: the answer comes from the function's code."""

    def unavailable(_: Request) -> object:
        raise UnavailableError("Try again.")

    def answered(route: Route) -> None:
        answer = endpoint(unavailable)(event(headers=route.request.headers), None)
        route.fulfill(status=answer["statusCode"], headers=answer["headers"], body=answer["body"])

    origin = stack.front_ends.allowed[0]
    monkeypatch.setenv("ALLOWED_ORIGIN", origin)
    with page_of(browser, origin) as page:
        page.route(f"{stack.running.base_url}/**", answered)
        status, body, headers = ask(page, "fetch", stack, "a.b.c", "GET", "")

    assert (status, body["code"], headers["retry-after"]) == (503, "unavailable", "1")


CLIENT: Final = """async ([baseUrl, token]) => {
    const {InstallsClient, ProblemError} = await import("integration-installs-client");
    const tokens = ["a.b.c"];
    const installs = new InstallsClient({baseUrl, token: async () => tokens.shift() ?? token});
    const filter = {
        variables: {path: ["pages"], eq: true},
        OR: [{memberPolicy: {neq: "manual"}}, {integration: {slug: {startsWithi: "CR"}}}],
    };
    const {pageInfo} = await installs.list({filter, limit: 1, include: ["integration"]});
    const pages = [];
    for await (const {data} of installs.paginate({filter, limit: 20})) {
        pages.push(data.length);
    }
    await installs.uninstall("ins_sdk");
    const inTrash = await installs.get("ins_sdk");
    const restored = await installs.restore("ins_sdk");
    const absent = await installs.get("ins_nobody").catch((error) => error);
    const search = new AbortController();
    const ended = installs.list({}, {signal: search.signal}).catch((error) => error.message);
    search.abort(new Error("another search"));
    return {
        renewed: tokens.length === 0, total: pageInfo.total, pages,
        tier: inTrash.retentionTier, restored: restored.deletedAt,
        absent: absent instanceof ProblemError && [absent.status, absent.code],
        ended: await ended,
    };
}"""


def test_the_typescript_client_works_in_a_page_of_another_origin(
    stack: Stack, browser: Browser
) -> None:
    with page_of(browser, stack.front_ends.allowed[1]) as page:
        seen = page.evaluate(CLIENT, [stack.running.base_url, stack.running.tokens["usr_ed"]])

    assert seen == {
        "renewed": True,
        "total": 30,
        "pages": [20, 10],
        "tier": "medium",
        "restored": None,
        "absent": [404, "not_found"],
        "ended": "another search",
    }


def test_the_refresh_of_the_page_for_front_ends(stack: Stack, browser: Browser) -> None:
    page_for_front_ends = blocks(ROOT / "docs" / "frontend.md")
    (example,) = [one.text for one in page_for_front_ends if "function refreshing" in one.text]
    begin = "window.times = 0; window.stop = refreshing(() => { times += 1; });"
    with page_of(browser, stack.front_ends.allowed[0]) as page:
        page.clock.install()
        page.evaluate(f"() => {{ {example} {begin} }}")
        page.clock.run_for(61_000)
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
        assert page.evaluate("() => times") == 3
        page.evaluate("() => stop()")
        page.clock.run_for(61_000)
        assert page.evaluate("() => times") == 3
