"""Where records go that can never be handled: whole, to S3, beside the mapping's own failures."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client


@cache
def _client() -> S3Client:
    import boto3  # here, since hardly any record is parked

    return boto3.session.Session().client("s3")


def put(bucket: str, record: Mapping[str, Any], reason: str) -> None:
    """Keep a record with the reason; the same record parks in the same place.

    ``parked`` beside it tells one parking from the next, also of the same record.
    """
    body = json.dumps({"reason": reason, "record": record}).encode()
    key = f"dead-letters/{record.get('eventID') or sha256(body).hexdigest()}.json"
    _client().put_object(
        Bucket=bucket,
        Key=key,
        Body=body,
        ContentType="application/json",
        Metadata={"attempt": uuid4().hex},
    )
