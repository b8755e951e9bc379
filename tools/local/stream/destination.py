"""The failure destination of an event source mapping, for abandoned batches.

The shape of the document and the object's key are those of "Capturing discarded batches" in the AWS
Lambda developer guide (services-dynamodb-errors). Only S3 is served: it alone keeps the records.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from tools.local.errors import LocalSystemError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mypy_boto3_s3 import S3Client

    from tools.local.stream.records import StreamRecord
    from tools.local.stream.settings import MappingSettings

_S3_ARN: Final = "arn:aws:s3:::"


class Condition(StrEnum):
    """Reason that a batch was abandoned."""

    RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
    TOO_OLD = "RecordAgeExceeded"


@dataclass(frozen=True, slots=True)
class DiscardedBatch:
    """Records that will not be tried again."""

    condition: Condition
    shard_id: str
    stream_arn: str
    records: Sequence[StreamRecord]
    invocations: int
    discarded_at: float


def invocation_record(batch: DiscardedBatch, settings: MappingSettings) -> dict[str, Any]:
    """The document that Lambda writes about a discarded batch, with the records themselves."""
    first, last = batch.records[0], batch.records[-1]
    payload = {"Records": [record.event for record in batch.records]}
    document: dict[str, Any] = {
        "requestContext": {
            "requestId": str(uuid4()),
            "functionArn": settings.function_arn,
            "condition": batch.condition.value,
            "approximateInvokeCount": batch.invocations,
        },
        "version": "1.0",
        "timestamp": _timestamp(batch.discarded_at),
        "DDBStreamBatchInfo": {
            "shardId": batch.shard_id,
            "startSequenceNumber": first.sequence_number,
            "endSequenceNumber": last.sequence_number,
            "approximateArrivalOfFirstRecord": _timestamp(first.created),
            "approximateArrivalOfLastRecord": _timestamp(last.created),
            "batchSize": len(batch.records),
            "streamArn": batch.stream_arn,
        },
        "payload": json.dumps(payload, ensure_ascii=False),
    }
    if batch.invocations:
        document["responseContext"] = {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        }
    return document


def s3_destination(
    client: S3Client, settings: MappingSettings
) -> Callable[[DiscardedBatch], None] | None:
    """Write discarded batches to the mapping's bucket; None where it names no destination."""
    if settings.on_failure is None:
        return None
    if not settings.on_failure.startswith(_S3_ARN):
        raise LocalSystemError(f"Only S3 is served as a destination, not {settings.on_failure}.")
    bucket = settings.on_failure.removeprefix(_S3_ARN)

    def write(batch: DiscardedBatch) -> None:
        document = invocation_record(batch, settings)
        client.put_object(Bucket=bucket, Key=_object_key(batch, settings), Body=_text(document))

    return write


def _object_key(batch: DiscardedBatch, settings: MappingSettings) -> str:
    at = datetime.fromtimestamp(batch.discarded_at, UTC)
    folder = f"aws/lambda/{settings.uuid}/{batch.shard_id}/{at:%Y/%m/%d}"
    return f"{folder}/{at:%Y-%m-%dT%H.%M.%S}-{uuid4()}"


def _text(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _timestamp(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
