"""The fault proxy itself: each fault is what it says, and a seed says which calls meet it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from installs.store import retries
from installs.store.connection import Connection, Credentials
from installs.store.retries import CallFailedError
from tests.faults.proxy import BATCH, OF_BATCHES, OF_WRITES, WRITE, Fault, Faults, Proxy, proxied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

KEY: dict[str, Any] = {"pk": {"S": "a"}, "sk": {"S": "b"}}


@pytest.fixture
def proxy(dynamodb_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setattr(retries, "FIRST_SECONDS", 0.2)
    monkeypatch.setattr(retries, "ATTEMPTS", 1)
    with proxied(dynamodb_endpoint) as made:
        made.slow_seconds = 0.6
        yield made


def connection(proxy: Proxy) -> Connection:
    return Connection(proxy.endpoint, "eu-central-1", lambda: Credentials("a", "b", None))


def put(proxy: Proxy, table: str) -> None:
    action = {"Put": {"TableName": table, "Item": KEY | {"n": {"S": "x" * 100}}}}
    connection(proxy).transact_write_items(TransactItems=[action])


CODES = {
    Fault.THROTTLE: "ProvisionedThroughputExceededException",
    Fault.ERROR: "InternalServerError",
    Fault.NOT_DYNAMODB: "503",
    Fault.RESET: "ProtocolError",
    Fault.LOSE: "ProtocolError",
    Fault.IN_PROGRESS: "ProtocolError",
    Fault.HANG: "ReadTimeoutError",
    Fault.SLOW: "ReadTimeoutError",
    Fault.DRIP: "ReadTimeoutError",
    Fault.CUT: "IncompleteRead",
    Fault.GARBLE: "JSONDecodeError",
    Fault.CONFLICT: "TransactionConflict",
}
DONE = {
    Fault.LOSE, Fault.IN_PROGRESS, Fault.SLOW, Fault.DRIP, Fault.CUT, Fault.GARBLE,
}  # fmt: skip
"""Faults of the answer: what was asked for is done."""


@pytest.mark.parametrize("fault", CODES)
def test_a_write_meets_the_fault_and_is_done_or_not(
    fault: Fault, proxy: Proxy, table_name: str, dynamodb: DynamoDBClient
) -> None:
    proxy.faults = Faults([fault], share=1)
    with pytest.raises(CallFailedError) as raised:
        put(proxy, table_name)
    assert raised.value.failure.code in (CODES[fault], "ProtocolError")
    assert proxy.faults.given == {fault: 1}
    # when it is over
    proxy.over.set()
    found = dynamodb.get_item(TableName=table_name, Key=KEY, ConsistentRead=True)
    assert ("Item" in found) is (fault in DONE)


def test_a_transaction_stays_in_progress_for_a_while(
    proxy: Proxy, table_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "ATTEMPTS", 4)
    proxy.faults = Faults([Fault.IN_PROGRESS], share=1, most=1)
    put(proxy, table_name)
    assert proxy.faults.calls == {WRITE: 2}  # and two more were told that it is in progress


def test_a_batch_leaves_a_key(proxy: Proxy, table_name: str) -> None:
    put(proxy, table_name)
    proxy.faults = Faults([Fault.UNPROCESSED], share=1)
    other = {"pk": {"S": "a"}, "sk": {"S": "c"}}
    asked = {table_name: {"Keys": [other, KEY], "ConsistentRead": True}}
    answer = connection(proxy).batch_get_item(RequestItems=asked)
    assert answer["Responses"] == {table_name: []}
    assert answer["UnprocessedKeys"][table_name]["Keys"] == [KEY]


def test_a_seed_says_which_calls_meet_which_fault() -> None:
    def run(seed: int) -> list[Fault | None]:
        faults = Faults([*Fault], share=0.5, seed=seed)
        return [faults.choose(operation) for operation in ("Query", BATCH, WRITE) * 200]

    assert run(1) == run(1) != run(2)
    found = run(1)
    assert {*found} == {None, *Fault}
    assert not OF_WRITES & {*found[0::3], *found[1::3]}
    assert not OF_BATCHES & {*found[0::3], *found[2::3]}
    assert 250 < sum(fault is not None for fault in found) < 350


def test_without_faults_it_is_the_engine(proxy: Proxy, table_name: str) -> None:
    put(proxy, table_name)
    answer = connection(proxy).get_item(TableName=table_name, Key=KEY)
    assert answer["Item"]["n"] == {"S": "x" * 100}
