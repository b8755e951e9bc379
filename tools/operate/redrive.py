"""Dead letters, run again: records that the cascade or the publisher could not handle.

Always safe, also beside live traffic. A record only tells the cascade which install to reconcile,
and the publisher's event has the same id and revision as ever. An object is deleted once its
records are done. One that fails again stays, and so does one that is written anew.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

PREFIXES: Final = ("dead-letters/", "aws/lambda/")
"""Key prefixes of dead letters: of the function, and of Lambda's mapping."""


class Result(StrEnum):
    """Outcome of an object."""

    DONE = "done"
    DEAD_LETTERED_AGAIN = "dead-lettered again"
    FAILED = "failed again"
    UNREADABLE = "holds no records"


@dataclass(frozen=True, slots=True)
class Redrive:
    """The bucket, and the function that is handed what is in it."""

    objects: S3Client
    functions: LambdaClient
    bucket: str
    function: str

    def letters(self) -> Iterator[str]:
        """The objects that hold records, the oldest key of each kind first."""
        for prefix in PREFIXES:
            pages = self.objects.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                yield from (entry["Key"] for entry in page.get("Contents", []))

    def run(self, key: str) -> tuple[Result, str]:
        """Run the records of one object again; what became of it, and why."""
        letter = self.objects.get_object(Bucket=self.bucket, Key=key)
        try:
            records = records_of(json.loads(letter["Body"].read()))
        except (LookupError, TypeError, ValueError) as error:
            return Result.UNREADABLE, repr(error)
        payload = json.dumps({"Records": records}).encode()
        answer = self.functions.invoke(FunctionName=self.function, Payload=payload)
        body = answer["Payload"].read().decode(errors="replace")
        if "FunctionError" in answer or json.loads(body).get("batchItemFailures") != []:
            return Result.FAILED, body[:500]
        if self._mark(key) != letter.get("Metadata", {}):
            return (
                Result.DEAD_LETTERED_AGAIN,
                "it still cannot be handled: see the reason in the object",
            )
        self.objects.delete_object(Bucket=self.bucket, Key=key)
        return Result.DONE, f"{len(records)} records"

    def _mark(self, key: str) -> dict[str, str]:
        """Return the metadata of an object's writer: different for each write."""
        return self.objects.head_object(Bucket=self.bucket, Key=key).get("Metadata", {})


def records_of(document: Any) -> list[Any]:  # noqa: ANN401 - a JSON document
    """Return the records of an object of either writer.

    Raises
    ------
    LookupError, TypeError, ValueError
        It has none.
    """
    if "record" in document:
        return [document["record"]]
    payload = document["payload"]
    records = (json.loads(payload) if isinstance(payload, str) else payload)["Records"]
    if not isinstance(records, list) or not records:
        raise ValueError("there are no records in it")
    return records
