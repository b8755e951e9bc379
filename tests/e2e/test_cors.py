"""A page of another origin calls the API (docs/adr/0022): what its browser is told, each time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    import httpx

    from tests.e2e.conftest import Stack

INSTALLS: Final = "/integration-installs"
ORIGIN: Final = "access-control-allow-origin"


SENT: Final = {
    "authorization", "baggage", "cache-control", "content-type", "if-none-match", "sentry-trace",
    "traceparent", "tracestate", "x-requested-with",
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
def test_a_preflight_lets_the_pages_call_with_a_token(stack: Stack, path: str, method: str) -> None:
    asked = {
        "Origin": stack.running.pages_url,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": ",".join(sorted(SENT)),
    }
    with stack.client(asked) as page:
        answer = page.options(path)

    assert answer.status_code == 200
    assert answer.headers[ORIGIN] == stack.running.pages_url
    assert method.lower() in told(answer, "allow-methods")
    assert told(answer, "allow-headers") >= SENT
    assert "access-control-allow-credentials" not in answer.headers


def test_another_origin_is_not_let_in(stack: Stack) -> None:
    stranger = {"Origin": "https://evil.example", "Access-Control-Request-Method": "DELETE"}
    with stack.client(stranger) as page:
        preflight, answer = page.options(f"{INSTALLS}/ins_life"), page.get(INSTALLS)

    assert preflight.headers[ORIGIN] == answer.headers[ORIGIN] == stack.running.pages_url


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
    with stack.as_user(user) if user else stack.client() as page:
        answer = page.request(method, path, headers={"Origin": stack.running.pages_url})

    assert answer.status_code == status
    assert answer.headers.get_list(ORIGIN) == [stack.running.pages_url]
    if status == 401:
        assert told(answer, "expose-headers") == {"www-authenticate"}
    elif path != "/nowhere":
        assert {"retry-after", "x-amzn-requestid"} <= told(answer, "expose-headers")
