"""Pages of several origins call the API (docs/adr/0040): what a browser is told, each time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.e2e.front_ends import ADDED

if TYPE_CHECKING:
    import httpx

    from tests.e2e.conftest import Stack

INSTALLS: Final = "/integration-installs"
ORIGIN: Final = "access-control-allow-origin"
NOBODY: Final = "https://none.invalid"
ASKED: Final = {"authorization", *map(str.lower, ADDED)}


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
    for origin in (stack.running.pages_url, *stack.front_ends.allowed):
        asked = {
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": ",".join(sorted(ASKED)),
        }
        with stack.client(asked) as page:
            answer = page.options(path)

        assert answer.status_code == 200
        assert answer.headers[ORIGIN] == origin
        assert answer.headers["vary"] == "Origin"
        assert method.lower() in told(answer, "allow-methods")
        assert told(answer, "allow-headers") >= ASKED
        assert "access-control-allow-credentials" not in answer.headers


def test_another_origin_is_not_let_in(stack: Stack) -> None:
    with stack.as_user("usr_vera") as page:
        page.headers["Origin"] = stack.front_ends.strange
        page.headers["Access-Control-Request-Method"] = "DELETE"
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
    origin = stack.front_ends.allowed[1]
    with stack.as_user(user) if user else stack.client() as page:
        answer = page.request(method, path, headers={"Origin": origin})

    gateways_own = status == 401 or path == "/nowhere"
    assert answer.status_code == status
    assert answer.headers.get_list(ORIGIN) == ["*" if gateways_own else origin]
    if status == 401:
        assert told(answer, "expose-headers") == {"www-authenticate"}
    elif path != "/nowhere":
        assert {"retry-after", "x-amzn-requestid"} <= told(answer, "expose-headers")
