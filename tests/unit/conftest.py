"""AWS's services as moto plays them, in this process, with no socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from tools.local.dynoxide import REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client


@pytest.fixture
def s3(cold_start: None) -> Iterator[S3Client]:
    """S3, empty."""
    with mock_aws():
        yield boto3.client("s3", region_name=REGION)


@pytest.fixture
def bucket(s3: S3Client) -> str:
    """A bucket for dead letters."""
    where = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket="dead-letters", CreateBucketConfiguration=where)  # type: ignore[arg-type]
    return "dead-letters"
