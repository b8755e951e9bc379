"""The fault proxy itself: each fault is what it says, and a seed says which calls meet it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from installs.store import retries
from installs.store.connection import Connection
from installs.store.retries import CallFailedError
from installs.store.signing import Credentials
from tests.faults.proxy import (
    BATCH,
    ITERATOR,
    OF_BOTH,
    OF_STREAMS,
    OF_TABLES,
    ONLY_OF,
    RECORDS,
    WRITE,
    Fault,
    Faults,
    Proxy,
    proxied,
)
from tools.local.dynoxide import streams_client

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
    Fault.RESET: "DisconnectedError",
    Fault.LOSE: "DisconnectedError",
    Fault.IN_PROGRESS: "DisconnectedError",
    Fault.HANG: "TimeoutError",
    Fault.SLOW: "TimeoutError",
    Fault.DRIP: "TimeoutError",
    Fault.CUT: "DisconnectedError",
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
    assert raised.value.failure.code in (CODES[fault], "ConnectionResetError")
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
    assert {*found} == {None, *OF_TABLES}
    for place, operation in enumerate(("Query", BATCH, WRITE)):
        of_others = {fault for fault, only in ONLY_OF.items() if operation not in only}
        assert not of_others & {*found[place::3]}
    assert 250 < sum(fault is not None for fault in found) < 350
    of_stream = Faults([*Fault], share=1, seed=1)
    met = {of_stream.choose(operation) for operation in (RECORDS, ITERATOR) * 100}
    assert met == {*OF_STREAMS, *OF_BOTH}


def test_a_stream_meets_its_faults(proxy: Proxy, table_name: str, dynamodb: DynamoDBClient) -> None:
    arn = dynamodb.describe_table(TableName=table_name)["Table"]["LatestStreamArn"]
    streams: Any = streams_client(proxy.endpoint, retries={"total_max_attempts": 1})
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    first = {
        "StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"
    }  # fmt: skip
    iterator = streams.get_shard_iterator(**first)["ShardIterator"]

    def read(fault: Fault | None, at: str) -> tuple[list[str], str]:
        proxy.faults = Faults([fault] if fault else [], share=1)
        answer = streams.get_records(ShardIterator=at)
        numbers = [record["dynamodb"]["SequenceNumber"] for record in answer["Records"]]
        return numbers, answer["NextShardIterator"]

    put(proxy, table_name)
    assert read(Fault.LATE, iterator) == ([], iterator)
    one, after = read(None, iterator)
    dynamodb.delete_item(TableName=table_name, Key=KEY)
    two, _ = read(None, after)
    assert len(one) == len(two) == 1
    assert read(Fault.AGAIN, after)[0] == two + two
    for fault in (Fault.EXPIRED, Fault.TRIMMED, Fault.LIMITED):
        with pytest.raises(ClientError, match="as the proxy was told"):
            read(fault, after)


def test_without_faults_it_is_the_engine(proxy: Proxy, table_name: str) -> None:
    put(proxy, table_name)
    answer = connection(proxy).get_item(TableName=table_name, Key=KEY)
    assert answer["Item"]["n"] == {"S": "x" * 100}
