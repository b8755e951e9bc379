"""Abandoned batches go to S3 whole, in the shape that Lambda documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.streams import ARN, START, FakeStream
from tools.local.errors import LocalSystemError
from tools.local.stream.destination import s3_destination
from tools.local.stream.poller import Poller
from tools.local.stream.settings import MappingSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client


def fails(_event: Mapping[str, Any]) -> object:
    raise ValueError


def test_the_invocation_record(s3: S3Client, bucket: str) -> None:
    stream = FakeStream()
    stream.put("1", at=START)
    stream.put("2", at=START + 1.5)
    settings = MappingSettings(
        uuid="mapping-1",
        function_arn="arn:aws:lambda:eu-central-1:000000000000:function:cascade",
        retry_attempts=1,
        on_failure=f"arn:aws:s3:::{bucket}",
    )
    discard = s3_destination(s3, settings)

    Poller(
        stream.as_client(), ARN, fails, settings, discard=discard, clock=lambda: START + 60
    ).drain()

    (key,) = (one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"])
    assert key.startswith("aws/lambda/mapping-1/shard-1/2027/01/15/2027-01-15T08.01.00-")
    document = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    request = document["requestContext"]
    assert request["functionArn"] == settings.function_arn
    assert request["condition"] == "RetryAttemptsExhausted"
    assert request["approximateInvokeCount"] == 2
    assert document["responseContext"]["functionError"] == "Unhandled"
    assert document["version"] == "1.0"
    assert document["timestamp"] == "2027-01-15T08:01:00.000Z"
    assert document["DDBStreamBatchInfo"] == {
        "shardId": "shard-1",
        "startSequenceNumber": "1",
        "endSequenceNumber": "2",
        "approximateArrivalOfFirstRecord": "2027-01-15T08:00:00.000Z",
        "approximateArrivalOfLastRecord": "2027-01-15T08:00:01.500Z",
        "batchSize": 2,
        "streamArn": ARN,
    }
    records = json.loads(document["payload"])["Records"]
    assert [record["eventID"] for record in records] == ["event-1", "event-2"]


def test_a_mapping_without_a_destination_has_none(s3: S3Client) -> None:
    assert s3_destination(s3, MappingSettings()) is None


def test_a_destination_that_keeps_no_records_is_refused(s3: S3Client) -> None:
    settings = MappingSettings(on_failure="arn:aws:sqs:eu-central-1:000000000000:q")

    with pytest.raises(LocalSystemError, match="S3"):
        s3_destination(s3, settings)


def test_the_settings_of_a_described_mapping() -> None:
    described = {
        "UUID": "u",
        "FunctionArn": "f",
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 2,
        "StartingPosition": "LATEST",
        "FilterCriteria": {"Filters": [{"Pattern": '{"eventName":["REMOVE"]}'}]},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": 3,
        "MaximumRecordAgeInSeconds": 60,
        "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::parked"}},
    }

    settings = MappingSettings.from_description(described)

    assert len(settings.patterns) == 1
    assert settings == MappingSettings(
        "u", "f", 10, 2, "LATEST", settings.patterns, True, True, 3, 60, "arn:aws:s3:::parked"
    )
    assert MappingSettings.from_description({"UUID": "u", "FunctionArn": "f"}) == MappingSettings(
        "u", "f"
    )
