"""Faults of the caller's own: its token function, a closed client, another loop, bad settings."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from installs_client import (
    AsyncClient,
    Client,
    InvalidRequestError,
    NotFoundError,
    Retries,
    ThrottledError,
    TokenError,
    UnexpectedAnswerError,
    UnreachableError,
    where,
)
from tests.unit.client.service import BASE, TOKEN, Service, page, problem, row

if TYPE_CHECKING:
    from tests.unit.client.service import Make

IN_A_FUNCTION = [
    OSError("no such file"),
    httpx.ConnectError("the token service is down"),
    httpx.ReadTimeout("the token service is slow"),
    RecursionError(),
]


@pytest.mark.parametrize("error", IN_A_FUNCTION)
def test_an_error_of_the_token_function_is_not_an_error_of_the_api(
    make: Make, waited: list[float], error: Exception
) -> None:
    def token() -> str:
        raise error

    service = Service([page()])
    with pytest.raises(TokenError, match=type(error).__name__) as raised:
        make(service, token).list()

    assert raised.value.__cause__ is error
    assert service.asked == []
    assert waited == []


def test_a_purge_that_was_never_sent_is_just_not_found(make: Make) -> None:
    # given a token function that fails at first, and works then
    answers: list[Any] = [httpx.ReadTimeout("slow"), "token"]

    def token() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    client = make(Service([problem(404, "not_found")]), token)
    with pytest.raises(TokenError):
        client.purge("ins_a")
    with pytest.raises(NotFoundError) as raised:
        client.purge("ins_a")
    assert type(raised.value) is NotFoundError


def test_an_error_of_the_token_function_after_a_401_is_told_as_such(make: Make) -> None:
    answers = iter(["old"])  # then StopIteration
    client = make(Service([problem(401, "unauthorized")]), lambda: next(answers))
    with pytest.raises(TokenError):
        client.list()


def test_a_closed_client_refuses_requests() -> None:
    service = Service([page()])
    client = Client(BASE, TOKEN, transport=httpx.MockTransport(service))
    with client:
        client.list()
    with pytest.raises(InvalidRequestError, match="closed"):
        client.list()

    async def run() -> None:
        async with AsyncClient(BASE, TOKEN, transport=httpx.MockTransport(service)) as other:
            await other.list()
        with pytest.raises(InvalidRequestError, match="closed"):
            await other.list()

    asyncio.run(run())


def test_a_client_that_was_used_may_still_be_entered() -> None:
    client = Client(BASE, TOKEN, transport=httpx.MockTransport(Service([page()])))
    client.list()
    with client:
        client.list()


def test_a_second_event_loop_is_refused() -> None:
    client = AsyncClient(BASE, TOKEN, transport=httpx.MockTransport(Service([page()])))
    asyncio.run(client.list())
    with pytest.raises(InvalidRequestError, match="another event loop"):
        asyncio.run(client.list())


@pytest.mark.parametrize(
    "given",
    [{"attempts": 0}, {"attempts": "3"}, {"attempts": 2.5}, {"attempts": True},
     {"first_seconds": -1}, {"longest_seconds": float("nan")}, {"longest_retry_after": "30"},
     {"longest_retry_after": float("inf")}, {"total_seconds": 0}, {"total_seconds": None}],
)  # fmt: skip
def test_bad_retries_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match=next(iter(given))):
        Retries(**given)


@pytest.mark.parametrize("timeout", ["30", -1, float("nan"), None, True])
def test_a_bad_timeout_is_refused(make: Make, timeout: Any) -> None:  # noqa: ANN401
    with pytest.raises(InvalidRequestError, match="timeout"):
        make(Service([page()]), timeout=timeout)


@pytest.mark.parametrize(
    "header",
    ["Fri, 31 Dec 99999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -9999", "1e5", "٣", "0x10",
     "Mon, 01 Jan 0001 00:00:00 +2359", "Mon, 01 Jan 2024 00:00:00 +99999999999999999999"],
)  # fmt: skip
def test_an_absurd_retry_after_is_an_error_of_the_api_still(make: Make, header: str) -> None:
    answer = httpx.Response(
        429,
        headers=[(b"Retry-After", header.encode()), (b"Content-Type", b"application/problem+json")],
        json={"code": "throttled"},
    )
    with pytest.raises(ThrottledError):
        make(Service([answer])).list()


def test_an_answer_that_is_nested_too_deep_is_not_of_the_api(make: Make) -> None:
    deep = b"[" * 200_000 + b"]" * 200_000
    with pytest.raises(UnexpectedAnswerError):
        make(Service([httpx.Response(200, content=deep)])).get("ins_a")
    kind = {"Content-Type": "application/problem+json"}
    with pytest.raises(UnexpectedAnswerError):
        make(Service([httpx.Response(400, content=deep, headers=kind)])).get("ins_a")


def test_no_attempt_begins_after_the_deadline(
    make: Make, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    # given attempts that take 20 seconds each
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    limits: list[dict[str, float]] = []

    def slow(request: httpx.Request) -> httpx.Response:
        limits.append(dict(request.extensions["timeout"]))
        now[0] += 20
        raise httpx.ReadTimeout("slow")

    service = Service([slow])
    client = make(service, retries=Retries(attempts=10, total_seconds=50), timeout=35)
    with pytest.raises(UnreachableError, match="after 3 attempts"):
        client.get("ins_a")
    # then each waits no longer than is left of the deadline
    assert [limit["read"] for limit in limits] == [35, 30, 10]
    assert len(waited) == 2


def test_concurrent_requests_ask_for_the_token_once() -> None:
    asked: list[int] = []
    together = threading.Barrier(4)

    def token() -> str:
        asked.append(1)
        return TOKEN

    client = Client(BASE, token, transport=httpx.MockTransport(Service([page()])))

    def call(_: int) -> None:
        together.wait()
        client.list()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(call, range(4)))
    assert len(asked) == 1


def test_concurrent_coroutines_await_the_token_once() -> None:
    asked: list[int] = []

    async def token() -> str:
        asked.append(1)
        await asyncio.sleep(0)
        return TOKEN

    async def run() -> None:
        client = AsyncClient(BASE, token, transport=httpx.MockTransport(Service([page()])))
        await asyncio.gather(*(client.list() for _ in range(5)))

    asyncio.run(run())
    assert len(asked) == 1


def test_rows_pages_and_filters_are_hashable(make: Make) -> None:
    rows = make(Service([page("ins_a", "ins_b")])).list()
    again = make(Service([page("ins_a", "ins_b")])).list()
    assert {*rows.rows, *again.rows} == {*rows.rows}
    assert hash(rows) == hash(again)
    assert len({make(Service([httpx.Response(200, json=row())])).get("ins_a"), *rows.rows}) == 2

    install = where.install
    assert len({install.id.eq("a"), install.id.eq("a"), install.id.eq("b")}) == 2
    number, truth = (install.variables.at("a").eq(value) for value in (1, True))
    assert number != truth
    assert (install.id.eq("a") & number) == (install.id.eq("a") & number)
    assert install.id.eq("a") != "a"


def test_a_time_keeps_its_microseconds() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 123_456, UTC)
    asked = where.install.installed_at.gte(moment)
    assert asked.to_json() == '{"installedAt":{"gte":"2026-01-02T03:04:05.123456Z"}}'
