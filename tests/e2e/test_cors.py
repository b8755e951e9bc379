"""Pages of other origins call the API from a browser, by fetch and by axios (docs/adr/0040)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.e2e.browser import watched_page
from tests.e2e.system import FRONT_ENDS
from tools.local.paths import ENVIRONMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from playwright.sync_api import Browser, Page, Route

    from tests.e2e.conftest import Stack

INSTALLS: Final = "/integration-installs"
ORIGIN: Final = "access-control-allow-origin"
STRANGER: Final = "http://127.0.0.1:7777"
NOBODY: Final = "https://none.invalid"
AXIOS: Final = ENVIRONMENTS / "generators" / "node_modules" / "axios" / "dist" / "axios.min.js"

SENT: Final = {
    "Authorization": None, "Baggage": "a=1", "Cache-Control": "no-cache",
    "Content-Type": "application/json", "If-None-Match": '"x"', "Sentry-Trace": "1-1",
    "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "Tracestate": "a=1", "X-Requested-With": "XMLHttpRequest",
}  # fmt: skip
"""The headers that pages send: the token, and what libraries add."""


def told(answer: httpx.Response, suffix: str) -> set[str]:
    """A list of an answer's header, in lower case."""
    listed = answer.headers.get(f"access-control-{suffix}", "")
    return {one.strip().lower() for one in listed.split(",")}


@pytest.mark.parametrize(
    ("path", "method"),
    [
        (INSTALLS, "GET"),
        (f"{INSTALLS}/ins_life", "DELETE"),
        (f"{INSTALLS}/ins_life/restore", "POST"),
        (f"{INSTALLS}/ins_life/purge", "DELETE"),
    ],
)
def test_a_preflight_lets_pages_of_each_allowed_origin_call_with_a_token(
    stack: Stack, path: str, method: str
) -> None:
    for origin in (stack.running.pages_url, *FRONT_ENDS):
        asked = {
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": ",".join(sorted(SENT)).lower(),
        }
        with stack.client(asked) as page:
            answer = page.options(path)

        assert answer.status_code == 200
        assert answer.headers[ORIGIN] == origin
        assert answer.headers["vary"] == "Origin"
        assert method.lower() in told(answer, "allow-methods")
        assert told(answer, "allow-headers") >= {name.lower() for name in SENT}
        assert "access-control-allow-credentials" not in answer.headers


def test_another_origin_is_not_let_in(stack: Stack) -> None:
    with stack.as_user("usr_vera") as page:
        page.headers.update({"Origin": STRANGER, "Access-Control-Request-Method": "DELETE"})
        preflight, answer = page.options(f"{INSTALLS}/ins_life"), page.get(INSTALLS)

    assert preflight.headers[ORIGIN] == NOBODY
    assert answer.status_code == 200
    assert ORIGIN not in answer.headers
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    ("user", "method", "path", "status"),
    [
        ("usr_vera", "GET", f"{INSTALLS}?limit=1", 200),
        ("usr_vera", "GET", f"{INSTALLS}?limit=x", 400),
        (None, "GET", INSTALLS, 401),
        ("usr_vera", "DELETE", f"{INSTALLS}/ins_roles", 403),
        ("usr_vera", "GET", f"{INSTALLS}/ins_nobody", 404),
        ("usr_vera", "GET", "/nowhere", 404),
        ("usr_ada", "DELETE", f"{INSTALLS}/ins_shown/purge", 409),
    ],
)
def test_a_page_may_read_every_answer(
    stack: Stack, user: str | None, method: str, path: str, status: int
) -> None:
    origin = FRONT_ENDS[1]
    with stack.as_user(user) if user else stack.client() as page:
        answer = page.request(method, path, headers={"Origin": origin})

    gateways_own = status == 401 or path == "/nowhere"
    assert answer.status_code == status
    assert answer.headers.get_list(ORIGIN) == ["*" if gateways_own else origin]
    if status == 401:
        assert told(answer, "expose-headers") == {"www-authenticate"}
    elif path != "/nowhere":
        assert {"retry-after", "x-amzn-requestid"} <= told(answer, "expose-headers")


@contextmanager
def page_of(browser: Browser, origin: str) -> Iterator[Page]:
    """An empty page of an origin, at which nothing has to be served, with axios in it."""

    def empty(route: Route) -> None:
        route.fulfill(body="<!doctype html><title>A front end</title>", content_type="text/html")

    with watched_page(browser, ("blocked by CORS policy", "net::ERR_FAILED")) as page:
        page.route(f"{origin}/**", empty)
        page.goto(f"{origin}/")
        page.add_script_tag(path=AXIOS)
        yield page


CALLS: Final = {
    "fetch": """async ({url, method, headers}) => {
        try {
            const answer = await fetch(url, {method, headers});
            return [answer.status, await answer.json(), Object.fromEntries(answer.headers)];
        } catch (error) {
            return [error.name, null, {}];
        }
    }""",
    "axios": """async ({url, method, headers}) => {
        const validateStatus = () => true;
        try {
            const answer = await axios.request({url, method, headers, validateStatus});
            return [answer.status, answer.data, {...answer.headers}];
        } catch (error) {
            return ["TypeError", null, {}];
        }
    }""",
}
"""A request as each library sends it: the status, the body, and the headers that it may read."""


def ask(
    page: Page, library: str, stack: Stack, token: str | None, method: str, path: str
) -> tuple[int | str, Any, dict[str, str]]:
    headers = {name: value for name, value in SENT.items() if value}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    url = f"{stack.running.base_url}/api{INSTALLS}{path}"
    status, body, read = page.evaluate(
        CALLS[library], {"url": url, "method": method, "headers": headers}
    )
    return status, body, read


@pytest.mark.parametrize("library", CALLS)
def test_a_front_end_of_another_origin_works(stack: Stack, browser: Browser, library: str) -> None:
    viewer, editor = stack.running.tokens["usr_vera"], stack.running.tokens["usr_ed"]
    for origin in FRONT_ENDS:
        with page_of(browser, origin) as page:
            status, body, headers = ask(page, library, stack, viewer, "GET", "?limit=2")
            assert (status, len(body["data"])) == (200, 2)
            assert headers["x-amzn-requestid"]
            status, body, headers = ask(page, library, stack, "a.b.c", "GET", "")
            assert (status, body["code"]) == (401, "unauthorized")
            assert headers["www-authenticate"] == "Bearer"
            status, body, _ = ask(page, library, stack, viewer, "GET", "/ins_nobody")
            assert (status, body["code"]) == (404, "not_found")
            status, body, _ = ask(page, library, stack, viewer, "POST", "/ins_roles/restore")
            assert (status, body["code"]) == (403, "forbidden")
            status, body, _ = ask(page, library, stack, editor, "POST", "/ins_roles/restore")
            assert (status, body["id"]) == (200, "ins_roles")


@pytest.mark.parametrize("library", CALLS)
def test_a_page_of_a_strange_origin_reads_nothing(
    stack: Stack, browser: Browser, library: str
) -> None:
    viewer = stack.running.tokens["usr_vera"]
    with page_of(browser, STRANGER) as page:
        for path in ("?limit=2", "/ins_roles", "/ins_nobody"):
            assert ask(page, library, stack, viewer, "GET", path)[0] == "TypeError"
        simple = page.evaluate(
            "url => fetch(url).then(answer => answer.json())",
            f"{stack.running.base_url}/api{INSTALLS}",
        )
        # without a token there is no preflight, and the gateway says the same to everybody
        assert simple["code"] == "unauthorized"
