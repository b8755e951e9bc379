"""Records that could not be handled, put into S3 and run again from it (CONTRACT.md section 7).

The bucket is moto's; only the function is a stub, which moto would run in Docker.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from installs.store import dead_letters
from tools.operate.redrive import Redrive, Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

RECORD = {"eventID": "e1", "dynamodb": {"Keys": {"pk": {"S": "INSTALL#ins_crm"}}}}
OTHER = {"eventID": "e2", "dynamodb": {}}


@dataclass
class Functions:
    """The cascade: what it is handed, and what it does with that."""

    handle: Callable[[list[Any]], list[dict[str, str]]] = lambda _: []
    handed: list[list[Any]] = field(default_factory=list)

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        assert FunctionName == "cascade"
        records = json.loads(Payload)["Records"]
        self.handed.append(records)
        body = {"batchItemFailures": self.handle(records)}
        return {"Payload": io.BytesIO(json.dumps(body).encode())}


def redrive(s3: S3Client, functions: Functions, bucket: str) -> dict[str, Result]:
    work = Redrive(s3, cast("Any", functions), bucket, "cascade")
    return {key: work.run(key)[0] for key in work.letters()}


def keys(s3: S3Client, bucket: str) -> list[str]:
    return [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def put(s3: S3Client, bucket: str, key: str, body: object) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(body).encode())


def test_a_record_is_kept_whole_with_its_reason(s3: S3Client, bucket: str) -> None:
    dead_letters.put(bucket, RECORD, "no such type")

    (key,) = keys(s3, bucket)
    kept = s3.get_object(Bucket=bucket, Key=key)
    assert key == "dead-letters/e1.json"
    assert json.loads(kept["Body"].read()) == {"reason": "no such type", "record": RECORD}
    assert kept["ContentType"] == "application/json"


def test_the_same_record_again_is_one_object_with_another_mark(s3: S3Client, bucket: str) -> None:
    marks = []
    for _ in range(2):
        dead_letters.put(bucket, RECORD, "why")
        (key,) = keys(s3, bucket)
        marks.append(s3.head_object(Bucket=bucket, Key=key)["Metadata"])

    assert marks[0] != marks[1]


def test_records_without_an_id_do_not_replace_each_other(s3: S3Client, bucket: str) -> None:
    for install in ("a", "b"):
        dead_letters.put(bucket, {"dynamodb": {"Keys": {"pk": {"S": install}}}}, "why")

    assert len(keys(s3, bucket)) == 2


def test_what_is_put_is_run_again_and_gone(s3: S3Client, bucket: str) -> None:
    dead_letters.put(bucket, RECORD, "why")
    functions = Functions()

    assert redrive(s3, functions, bucket) == {"dead-letters/e1.json": Result.DONE}
    assert functions.handed == [[RECORD]]
    assert keys(s3, bucket) == []


def test_what_is_put_again_meanwhile_stays(s3: S3Client, bucket: str) -> None:
    dead_letters.put(bucket, RECORD, "why")

    def hopeless(records: list[Any]) -> list[dict[str, str]]:
        dead_letters.put(bucket, records[0], "still")
        return []

    results = redrive(s3, Functions(hopeless), bucket)

    assert list(results.values()) == [Result.DEAD_LETTERED_AGAIN]
    (key,) = keys(s3, bucket)
    assert json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())["reason"] == "still"


def test_each_kind_of_object(s3: S3Client, bucket: str) -> None:
    put(s3, bucket, "aws/lambda/x", {"payload": json.dumps({"Records": [RECORD, OTHER]})})
    put(s3, bucket, "aws/lambda/y", {"payload": json.dumps({"Records": ["busy"]})})
    put(s3, bucket, "aws/lambda/z", {"no": "records"})
    put(s3, bucket, "elsewhere", {"record": RECORD})

    def busy(records: list[Any]) -> list[dict[str, str]]:
        return [{"itemIdentifier": "1"}] if records == ["busy"] else []

    assert redrive(s3, Functions(busy), bucket) == {
        "aws/lambda/x": Result.DONE,
        "aws/lambda/y": Result.FAILED,
        "aws/lambda/z": Result.UNREADABLE,
    }
    assert keys(s3, bucket) == ["aws/lambda/y", "aws/lambda/z", "elsewhere"]


def test_more_objects_than_one_answer_lists(
    s3: S3Client, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        put(s3, bucket, f"dead-letters/{number}.json", {"record": RECORD})
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    assert s3.list_objects_v2(Bucket=bucket)["IsTruncated"]
    functions = Functions()

    assert set(redrive(s3, functions, bucket).values()) == {Result.DONE}
    assert len(functions.handed) == 5
    assert keys(s3, bucket) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"payload"', b'{"payload": "{}"}', b"\xff"])
def test_an_object_that_holds_no_records_stays(s3: S3Client, bucket: str, body: bytes) -> None:
    s3.put_object(Bucket=bucket, Key="dead-letters/odd.json", Body=body)

    results = redrive(s3, Functions(), bucket)

    assert results == {"dead-letters/odd.json": Result.UNREADABLE}
    assert keys(s3, bucket) == ["dead-letters/odd.json"]
