"""Who may do what, over HTTP (CONTRACT.md section 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rows import STRANGER
from tools.tokens import SigningKey

if TYPE_CHECKING:
    from tests.e2e.conftest import Stack

INSTALLS = "/integration-installs"
INSTALL = f"{INSTALLS}/ins_roles"


def test_a_viewer_lists_and_reads_and_changes_nothing(stack: Stack) -> None:
    with stack.as_user("usr_vera") as viewer:
        assert viewer.get(INSTALLS).json()["pageInfo"]["total"] > 0
        assert viewer.get(INSTALL).status_code == 200
        refusals = [
            viewer.delete(INSTALL),
            viewer.post(f"{INSTALL}/restore"),
            viewer.delete(f"{INSTALL}/purge"),
        ]

    for refused in refusals:
        assert refused.status_code == 403
        assert refused.headers["content-type"] == "application/problem+json"
        problem = refused.json()
        assert (problem["status"], problem["code"]) == (403, "forbidden")
        assert problem["requestId"]


def test_an_editor_does_not_purge(stack: Stack) -> None:
    with stack.as_user("usr_ed") as editor:
        assert editor.delete(f"{INSTALL}/purge").status_code == 403


def test_to_a_stranger_nothing_is_there(stack: Stack) -> None:
    with stack.as_user(STRANGER) as stranger:
        page = stranger.get(INSTALLS, params={"workspace_id": "wsp_acme"})
        answers = [
            stranger.get(INSTALL),
            stranger.delete(INSTALL),
            stranger.post(f"{INSTALL}/restore"),
            stranger.delete(f"{INSTALL}/purge"),
        ]
        absent = stranger.get(f"{INSTALLS}/ins_never")

    assert page.status_code == 200
    assert page.json() == {
        "data": [],
        "pageInfo": {
            "total": 0,
            "hasNextPage": False,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
    }
    assert absent.status_code == 404
    for answer in answers:
        assert answer.status_code == 404
        assert {**answer.json(), "requestId": ""} == {**absent.json(), "requestId": ""}


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer not-a-token", "Basic dXNlcjpwYXNz", "Bearer a.b.c"],
)
def test_without_a_good_token_nobody_comes_in(stack: Stack, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    with stack.client(headers) as nobody:
        answer = nobody.get(INSTALLS)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "unauthorized"


def test_an_unknown_route_is_not_found(stack: Stack) -> None:
    with stack.as_user("usr_vera") as viewer:
        answer = viewer.get("/nothing")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_token_signed_by_another_key_is_refused(stack: Stack) -> None:
    forged = SigningKey.generate().token("usr_ada")
    with stack.client({"Authorization": f"Bearer {forged}"}) as forger:
        assert forger.get(INSTALLS).status_code == 401


def test_a_parameter_that_is_wrong_is_named(stack: Stack) -> None:
    with stack.as_user("usr_vera") as viewer:
        answer = viewer.get(INSTALLS, params={"limit": "0"})

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "invalid_parameter"
    assert problem["errors"][0]["parameter"] == "limit"


def test_pages_walk_through_the_whole_list(stack: Stack) -> None:
    with stack.as_user("usr_vera") as viewer:
        everything = [row["id"] for row in viewer.get(INSTALLS).json()["data"]]
        walked: list[str] = []
        after: dict[str, str] = {}
        for _ in range(len(everything) + 1):
            page = viewer.get(INSTALLS, params={"limit": "5", **after}).json()
            walked += [row["id"] for row in page["data"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = {"after": page["pageInfo"]["endCursor"]}

    assert walked == everything
