"""Roles and what they may do, over HTTP (CONTRACT.md section 8)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from installs_client import (
    AsyncClient,
    Client,
    ForbiddenError,
    InstallsError,
    InvalidCursorError,
    InvalidFilterError,
    UnauthorizedError,
)
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
    with stack.caller("usr_vera") as viewer:
        everything = [row.id for row in viewer.list().rows]
        forward = [row.id for row in viewer.rows(limit=5)]
        *_, last = viewer.pages(limit=5)
        backward = [row.id for row in viewer.rows(limit=4, before=last.info.end_cursor)]

    assert forward == everything
    assert backward == everything[-2::-1]


def test_the_async_client_sees_the_same(stack: Stack) -> None:
    async def ids() -> list[str]:
        running = stack.running
        async with AsyncClient(running.base_url, lambda: running.tokens["usr_vera"]) as viewer:
            return [row.id async for row in viewer.rows(limit=7)]

    with stack.caller("usr_vera") as viewer:
        assert asyncio.run(ids()) == [row.id for row in viewer.list().rows]


def test_the_client_raises_what_the_service_answers(
    stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with stack.caller("usr_vera") as viewer:
        with pytest.raises(ForbiddenError) as refused:
            viewer.uninstall("ins_roles")
        with pytest.raises(InvalidFilterError) as wrong:
            viewer.list(filter='{"memberPolicy":{"eqq":"manual"}}')
        with pytest.raises(InvalidCursorError):
            viewer.list(after="nothing")
    with Client(stack.running.base_url, "nobody") as nobody, pytest.raises(UnauthorizedError):
        nobody.list()
    with Client(f"{stack.running.base_url}x", "nobody") as lost, pytest.raises(InstallsError):
        lost.list()

    assert refused.value.request_id
    assert wrong.value.errors[0].pointer == "/memberPolicy/eqq"
    assert stack.running.tokens["usr_vera"] not in caplog.text
    assert "Request" in caplog.text
