"""The poller and the sweeper on a real stream."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tools.local.dynoxide import streams_client
from tools.local.stream.checkpoint import Checkpoint
from tools.local.stream.poller import Poller
from tools.local.stream.settings import MappingSettings
from tools.local.stream.sweeper import Sweeper

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient


class Table:
    """A few writes to one table, and its stream."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self.client, self.name = client, name
        self.stream_arn = client.describe_table(TableName=name)["Table"]["LatestStreamArn"]

    def put(self, pk: str, **numbers: int) -> None:
        values = {name: {"N": str(number)} for name, number in numbers.items()}
        item: dict[str, Any] = {"pk": {"S": pk}, "sk": {"S": "INSTALL"}, **values}
        self.client.put_item(TableName=self.name, Item=item)

    def delete(self, pk: str) -> None:
        key: dict[str, Any] = {"pk": {"S": pk}, "sk": {"S": "INSTALL"}}
        self.client.delete_item(TableName=self.name, Key=key)


class Seen:
    """The records that arrived, as short lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.authors: list[str | None] = []

    def __call__(self, event: Mapping[str, Any]) -> object:
        for record in event["Records"]:
            self.lines.append(f"{record['eventName']} {record['dynamodb']['Keys']['pk']['S']}")
            self.authors.append(record.get("userIdentity", {}).get("principalId"))
        return {}


@pytest.fixture
def table(dynamodb: DynamoDBClient, table_name: str) -> Table:
    return Table(dynamodb, table_name)


@pytest.fixture
def streams(dynamodb_endpoint: str) -> DynamoDBStreamsClient:
    return streams_client(dynamodb_endpoint)


def test_every_change_arrives_once_and_in_order(
    table: Table, streams: DynamoDBStreamsClient
) -> None:
    table.put("a", v=1)
    table.put("a", v=2)
    table.put("a", v=2)
    table.put("b", v=1)
    table.delete("a")
    seen = Seen()
    poller = Poller(streams, table.stream_arn, seen)

    poller.drain()
    poller.drain()

    assert seen.lines == ["INSERT a", "MODIFY a", "INSERT b", "REMOVE a"]


def test_a_new_poller_goes_on_at_the_checkpoint(
    table: Table, streams: DynamoDBStreamsClient, tmp_path: Path
) -> None:
    path = tmp_path / "checkpoint.json"
    first, second = Seen(), Seen()
    for pk in ("a", "b", "c"):
        table.put(pk)
    Poller(streams, table.stream_arn, first, checkpoint=Checkpoint(table.stream_arn, path)).drain()
    table.put("d")

    Poller(streams, table.stream_arn, second, checkpoint=Checkpoint(table.stream_arn, path)).drain()

    assert first.lines == ["INSERT a", "INSERT b", "INSERT c"]
    assert second.lines == ["INSERT d"]


def test_a_stream_is_read_past_the_engines_page_of_a_thousand(
    table: Table, streams: DynamoDBStreamsClient
) -> None:
    for number in range(1100):
        table.put(f"i{number}")
    seen = Seen()

    Poller(streams, table.stream_arn, seen, MappingSettings(batch_size=300)).drain()

    assert seen.lines == [f"INSERT i{number}" for number in range(1100)]


def test_a_running_poller_delivers_within_a_second_and_stops(
    table: Table, streams: DynamoDBStreamsClient
) -> None:
    seen, stop = Seen(), threading.Event()
    poller = Poller(streams, table.stream_arn, seen)
    thread = threading.Thread(target=poller.run, args=(stop,))
    thread.start()
    try:
        table.put("a")
        deadline = time.monotonic() + 5
        while not seen.lines and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        stop.set()
        thread.join(5)

    assert seen.lines == ["INSERT a"]
    assert not thread.is_alive()


def test_what_is_past_its_time_is_swept_and_marked_as_dynamodb_marks_it(
    table: Table, streams: DynamoDBStreamsClient
) -> None:
    now = 1_800_000_000
    table.put("expired", purgeAt=now - 1)
    table.put("later", purgeAt=now + 1)
    table.put("never")
    sweeper = Sweeper(table.client, table.name, "purgeAt", clock=lambda: now)
    seen = Seen()

    assert sweeper.sweep() == 1
    assert sweeper.sweep() == 0
    table.delete("later")
    Poller(streams, table.stream_arn, seen, annotate=sweeper.annotate).drain()

    assert seen.lines[-2:] == ["REMOVE expired", "REMOVE later"]
    assert seen.authors[-2:] == ["dynamodb.amazonaws.com", None]
