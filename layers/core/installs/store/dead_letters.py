"""Dead letters: stream records that no retry can handle, kept whole in S3.

The event source mapping puts the batches that it gives up into the same bucket.
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client

_SECONDS: Final = 3
"""The time of an attempt at S3: two of them fit into a step of the cascade (deadline.py)."""


@cache
def _client() -> S3Client:
    import boto3  # imported here, since dead letters are rare
    from botocore.config import Config

    config = Config(
        connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"total_max_attempts": 2}
    )
    return boto3.session.Session().client("s3", config=config)


def put(bucket: str, record: Mapping[str, Any], reason: str) -> None:
    """Store a record and the reason; the same record always has the same key.

    The metadata ``attempt`` differs each time, also for the same record.
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
