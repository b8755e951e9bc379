"""One shard of a stream: its records read in order, and the position of the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tools.local.stream.records import StreamRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient


class ShardReader:
    """Reads a shard from a position to its end, over iterators that may expire."""

    def __init__(
        self,
        client: DynamoDBStreamsClient,
        stream_arn: str,
        shard_id: str,
        position: str | None,
        beginning: str,
    ) -> None:
        """Begin behind ``position``; without one at ``beginning``, TRIM_HORIZON or LATEST."""
        self.shard_id = shard_id
        self.position = position
        self.ended = False
        self._client = client
        self._stream_arn = stream_arn
        self._iterator: str | None = self._open(beginning)

    def read(self) -> list[StreamRecord]:
        """The next records, none if there are no more at this moment."""
        if self._iterator is None:
            return []
        try:
            answer = self._client.get_records(ShardIterator=self._iterator)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {
                "ExpiredIteratorException",
                "TrimmedDataAccessException",
            }:
                raise
            self._iterator = self._open("TRIM_HORIZON")
            return []
        self._iterator = answer.get("NextShardIterator")
        self.ended = self._iterator is None
        records = [StreamRecord.of(source, self._stream_arn) for source in answer["Records"]]
        if records:
            self.position = records[-1].sequence_number
        return records

    def _open(self, beginning: str) -> str:
        request: dict[str, Any] = {"StreamArn": self._stream_arn, "ShardId": self.shard_id}
        if self.position is None:
            return self._ask(request | {"ShardIteratorType": beginning})
        try:
            return self._ask(
                request
                | {
                    "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                    "SequenceNumber": self.position,
                }
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "TrimmedDataAccessException":
                raise
            # What was read last is older than the stream keeps: go on at the oldest that is left.
            return self._ask(request | {"ShardIteratorType": "TRIM_HORIZON"})

    def _ask(self, request: dict[str, Any]) -> str:
        return self._client.get_shard_iterator(**request)["ShardIterator"]
