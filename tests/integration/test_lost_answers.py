"""Writes whose answer is lost are settled, not guessed (CONTRACT.md sections 4 to 6).

The fault lies between the store's connection and the engine, so that all that retries is in play.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import pytest

from functions.purge_install.handler import handler as purge
from functions.restore_install.handler import handler as restore
from functions.uninstall_install.handler import handler as uninstall
from installs.store import installs
from installs.store.connection import WRITE
from installs.store.http_pool import HttpPool
from tests import rows
from tests.loading import load_file
from tools.importer.table import open_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from installs.store.table import Table

    Handler = Callable[..., dict[str, Any]]

IN_PROGRESS: Final = (
    400,
    b'{"__type":"com.amazonaws.dynamodb.v20120810#TransactionInProgressException"}',
)
BROKEN: Final = ConnectionResetError("Connection reset by peer")
LOST: Final = "the answer is lost"
DROPPED: Final = "the request is lost"


@pytest.fixture
def world(
    table_name: str, dynamodb_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Table:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_endpoint)
    monkeypatch.setenv("TABLE_NAME", table_name)
    monkeypatch.setattr("time.sleep", lambda _: None)
    data = rows.write(tmp_path / "rows.ndjson", [*rows.base(), *rows.family("crm")])
    load_file(data, table_name, dynamodb_endpoint)
    return open_table(table_name, dynamodb_endpoint)


class Way:
    """The way to the table; ``faults`` are those of the next writes, the last one for ever."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.faults: list[Any] = []
        self.writes: list[str] = []
        send = HttpPool.send

        def faulty(pool: HttpPool, headers: Any, body: bytes, *, seconds: float) -> Any:  # noqa: ANN401
            if not writes(headers) or not self.faults:
                return send(pool, headers, body, seconds=seconds)
            self.writes.append(json.loads(body)["ClientRequestToken"])
            fault = self.faults.pop(0) if len(self.faults) > 1 else self.faults[0]
            if fault is DROPPED:
                raise BROKEN
            if fault is LOST:
                send(pool, headers, body, seconds=seconds).receive()
                raise BROKEN
            if fault is None:
                return send(pool, headers, body, seconds=seconds)
            return Refused(fault)

        monkeypatch.setattr(HttpPool, "send", faulty)


class Refused:
    """An exchange that the service ends with an answer of the test."""

    def __init__(self, answer: tuple[int, bytes]) -> None:
        self.receive = lambda: answer


def writes(headers: Mapping[str, str]) -> bool:
    return headers["x-amz-target"].endswith(WRITE)


@pytest.fixture
def way(world: Table, monkeypatch: pytest.MonkeyPatch) -> Way:
    return Way(monkeypatch)


def call(handler: Handler) -> tuple[int, dict[str, Any]]:
    event = {
        "requestContext": {
            "requestId": "req",
            "authorizer": {"principal": "usr_ada", "kind": "user"},
        },
        "pathParameters": {"id": "ins_crm"},
    }
    answer = handler(event, None)
    return answer["statusCode"], answer


WRITES: Final = [([], uninstall), ([uninstall], restore), ([uninstall], purge)]


@pytest.mark.parametrize(("before", "write"), WRITES)
@pytest.mark.parametrize(
    "faults",
    [
        [LOST, None],
        [LOST, IN_PROGRESS, IN_PROGRESS, None],
        [DROPPED, IN_PROGRESS, None],
        [LOST, IN_PROGRESS],
        [LOST, (503, b"")],
        [LOST, LOST],
        [LOST, DROPPED],
    ],
)
def test_a_write_that_was_done_is_told_as_done(
    world: Table, way: Way, before: list[Handler], write: Handler, faults: list[Any]
) -> None:
    for handler in before:
        assert call(handler)[0] == 200
    counted = counters(world)
    way.faults = [*faults]

    assert call(write)[0] == 200

    # then it was one transaction, however often it was sent
    assert len(way.writes) > 1
    assert len(set(way.writes)) == 1
    # and it was written once
    state = installs.get(world, "ins_crm")
    assert (state is None) is (write is purge)
    assert state is None or state.live is (write is restore)
    moved = {uninstall: -1, restore: 1, purge: 0}[write]
    assert {after - counted[key] for key, after in counters(world).items()} <= {moved, 0}
    assert sum(counters(world).values()) - sum(counted.values()) == 4 * moved


@pytest.mark.parametrize(("before", "write"), WRITES)
@pytest.mark.parametrize("fault", [DROPPED, (500, b""), IN_PROGRESS])
def test_a_write_of_which_nobody_knows_is_neither_told_as_done_nor_as_refused(
    world: Table,
    way: Way,
    before: list[Handler],
    write: Handler,
    fault: Any,  # noqa: ANN401
) -> None:
    for handler in before:
        assert call(handler)[0] == 200
    way.faults = [fault]

    status, answer = call(write)

    assert (status, json.loads(answer["body"])["code"]) == (503, "unavailable")
    assert answer["headers"]["Retry-After"] == "1"
    # and it may be asked for again
    way.faults = []
    assert call(write)[0] == 200


def test_an_uninstall_that_was_overtaken_after_its_answer_was_lost_is_not_claimed(
    world: Table, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given an uninstall whose request is lost, and another one that is done meanwhile
    send = HttpPool.send
    begun: list[bytes] = []

    def overtaken(pool: HttpPool, headers: Any, body: bytes, *, seconds: float) -> Any:  # noqa: ANN401
        if writes(headers) and not begun:
            begun.append(body)
            assert call(uninstall)[0] == 200
            raise BROKEN
        return send(pool, headers, body, seconds=seconds)

    monkeypatch.setattr(HttpPool, "send", overtaken)
    counted = counters(world)
    # when it is sent again, and its condition does not hold: what was asked for is so, once
    assert call(uninstall)[0] == 200
    assert sum(counters(world).values()) == sum(counted.values()) - 4


def counters(world: Table) -> Counter[str]:
    found: Counter[str] = Counter()
    for page in world.client.get_paginator("scan").paginate(TableName=world.name):
        for item in page["Items"]:
            if "live" in item:
                found[f"{item['pk']['S']} {item['sk']['S']}"] += int(item["live"]["N"])
    return found
