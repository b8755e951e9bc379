"""A DynamoDB stream in memory, and records to put into it."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

ARN = "arn:aws:dynamodb:local:000000000000:table/t/stream/1"
START = 1_800_000_000.0

Image = dict[str, dict[str, Any]]


class FakeStream:
    """The three calls of DynamoDB Streams that a consumer makes, over lists."""

    def __init__(self, page_size: int = 1000) -> None:
        self.parents: dict[str, str | None] = {}
        self.closed: set[str] = set()
        self.records: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.expired_iterators: set[str] = set()
        self.refused_shards: set[str] = set()
        self.described = True
        self.reads = 0
        self._page_size = page_size
        self.add_shard("shard-1")

    def as_client(self) -> DynamoDBStreamsClient:
        return cast("DynamoDBStreamsClient", self)

    def add_shard(self, shard_id: str, parent: str | None = None) -> None:
        self.parents[shard_id] = parent

    def put(
        self,
        sequence_number: str,
        *,
        name: str = "MODIFY",
        key: str = "a",
        old: Image | None = None,
        new: Image | None = None,
        shard: str = "shard-1",
        at: float = START,
    ) -> None:
        change: dict[str, Any] = {
            "ApproximateCreationDateTime": datetime.fromtimestamp(at, UTC),
            "Keys": {"pk": {"S": key}, "sk": {"S": "INSTALL"}},
            "SequenceNumber": sequence_number,
            "SizeBytes": 10,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        }
        if old is not None:
            change["OldImage"] = old
        change["NewImage"] = {"v": {"S": sequence_number}} if new is None else new
        self.records[shard].append(
            {"eventID": f"event-{sequence_number}", "eventName": name, "dynamodb": change}
        )

    def describe_stream(self, **_: object) -> Mapping[str, Any]:
        if not self.described:
            raise _error("LimitExceededException", "DescribeStream")
        shards = [
            {"ShardId": shard} | ({"ParentShardId": parent} if parent else {})
            for shard, parent in self.parents.items()
        ]
        return {"StreamDescription": {"Shards": shards}}

    def get_shard_iterator(self, **request: str) -> Mapping[str, str]:
        shard = request["ShardId"]
        numbers = [record["dynamodb"]["SequenceNumber"] for record in self.records[shard]]
        match request["ShardIteratorType"]:
            case "TRIM_HORIZON":
                place = 0
            case "LATEST":
                place = len(numbers)
            case _:
                if request["SequenceNumber"] not in numbers:
                    raise _error("TrimmedDataAccessException", "GetShardIterator")
                place = numbers.index(request["SequenceNumber"]) + 1
        return {"ShardIterator": f"{shard} {place}"}

    def get_records(self, **request: str) -> Mapping[str, Any]:
        self.reads += 1
        iterator = request["ShardIterator"]
        if iterator in self.expired_iterators:
            self.expired_iterators.discard(iterator)
            raise _error("ExpiredIteratorException", "GetRecords")
        shard, place = iterator.split()
        if shard in self.refused_shards:
            raise _error("ThrottlingException", "GetRecords")
        page = self.records[shard][int(place) : int(place) + self._page_size]
        after = int(place) + len(page)
        answer: dict[str, Any] = {"Records": page}
        if shard not in self.closed or after < len(self.records[shard]):
            answer["NextShardIterator"] = f"{shard} {after}"
        return answer


def _error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, operation)
