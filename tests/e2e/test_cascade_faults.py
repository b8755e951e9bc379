"""The cascade on the real template while its function is killed, and dead letters (section 7)."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import boto3
import pytest

from installs import clock
from installs.store import keys
from tests import rows
from tests.e2e.system import kill, load, tools
from tools.importer.table import open_table
from tools.local.dynoxide import CREDENTIALS, REGION
from tools.operate.verify import Verifier

if TYPE_CHECKING:
    from tests.e2e.conftest import Stack

INSTALLS: Final = "/integration-installs"
SECONDS: Final = float(os.environ.get("CHAOS_SECONDS", "6"))
"""Seconds of clients and crashes; ``make chaos`` sets more."""
CLIENTS: Final = 4


def is_deleted(stack: Stack, install_id: str) -> bool:
    return "deletionId" in (stack.row(keys.install(install_id)) or {})


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds processes by /proc")
def test_clients_side_by_side_while_the_consumer_is_killed(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given nested add-ons, and a solution that two families share
    shared = rows.install("ins_chaos_c", solutionId="sol_chaos_b")
    members = [rows.member(f"mem_chaos_{n}", "ins_chaos_c", enabled=n % 3 > 0) for n in range(150)]
    families = [*rows.family("chaos_a"), *rows.family("chaos_b")]
    load(stack, tmp_path, [*families, shared, *members])
    ids = [str(row["id"]) for row in [*families, shared] if row["type"] == "install"]
    done = threading.Event()

    def client(seed: int) -> Counter[int]:
        dice = random.Random(seed)  # noqa: S311 - no secret
        seen: Counter[int] = Counter()
        with stack.as_user("usr_ada") as http:
            while not done.is_set():
                roll, one = dice.random(), f"{INSTALLS}/{dice.choice(ids)}"
                if roll < 0.48:
                    answer = http.delete(one)
                elif roll < 0.97:
                    answer = http.post(f"{one}/restore")
                else:  # what is purged is gone for all: one family is left to that
                    answer = http.delete(f"{INSTALLS}/ins_chaos_b/purge")
                seen[answer.status_code] += 1
        return seen

    # when clients change the same installs, and the function is killed at any moment
    dice, deaths = random.Random(5), 0  # noqa: S311 - no secret
    with ThreadPoolExecutor(CLIENTS) as pool:
        busy = [pool.submit(client, seed) for seed in range(CLIENTS)]
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends or not deaths:
            time.sleep(dice.uniform(0.2, 1))
            deaths += kill(stack, "CascadeFunction")
        done.set()
        statuses = sum((one.result() for one in busy), Counter[int]())
    assert statuses[200] > 0
    assert set(statuses) <= {200, 404, 409}, statuses
    # then once the stream is drained all agrees, also what might still be worked on
    table = open_table(stack.running.table_name, stack.running.dynamodb_endpoint)
    with monkeypatch.context() as later:
        now = clock.now
        later.setattr(clock, "now", lambda: now() + timedelta(minutes=10))
        verifier = Verifier(table, repair=False)
        assert stack.eventually(lambda: not list(verifier.run())), list(verifier.run())
    verified = tools(stack, "verify")
    assert verified.returncode == 0, verified
    assert "No disagreements." in verified.stdout
    # and the consumer comes to the end of the stream, once it is let
    load(stack, tmp_path, rows.family("chaos_after"))
    with stack.as_user("usr_ada") as http:
        assert http.delete(f"{INSTALLS}/ins_chaos_after").status_code == 200
    assert stack.eventually(lambda: is_deleted(stack, "ins_chaos_after_addon_addon"))
    # and what Lambda gave up, where deaths outlasted its retries, can be run again
    again = tools(stack, "redrive")
    assert again.returncode == 0, again


def test_what_was_parked_is_run_again_once_its_cause_is_mended(
    stack: Stack, tmp_path: Path
) -> None:
    running = stack.running
    objects: Any = cast("Any", boto3).client(
        "s3",
        endpoint_url=running.aws_endpoint,
        region_name=REGION,
        **{name.lower(): value for name, value in CREDENTIALS.items()},
    )

    def stored(bucket: str = running.dead_letter_bucket) -> list[str]:
        found = objects.list_objects_v2(Bucket=bucket).get("Contents", [])
        return [one["Key"] for one in found]

    # given an install with an add-on whose row nobody can make sense of
    load(stack, tmp_path, rows.family("park"))
    broken: dict[str, Any] = {
        "TableName": running.table_name,
        "Key": {"pk": {"S": "INSTALL#ins_park_addon"}, "sk": {"S": "INSTALL"}},
    }
    stack.tables.update_item(
        **broken,
        UpdateExpression="SET deletedAt = :x",
        ExpressionAttributeValues={":x": {"S": "?"}},
    )
    # when it is uninstalled, the record becomes a dead letter, and stays for as long as that is so
    with stack.as_user("usr_ada") as admin:
        assert admin.delete(f"{INSTALLS}/ins_park").status_code == 200
    assert stack.eventually(lambda: bool(stored()))
    # one for the row itself, and one for the uninstall that has to reach it
    assert stack.eventually(lambda: len(stored()) == 2)
    # and one of the publisher, which cannot make an event of that row
    assert stack.eventually(lambda: len(stored(running.unpublished_bucket)) == 1)
    letters = {
        key: json.loads(
            objects.get_object(Bucket=running.dead_letter_bucket, Key=key)["Body"].read()
        )
        for key in stored()
    }
    bodies = {body["record"]["dynamodb"]["NewImage"]["id"]["S"]: body for body in letters.values()}
    assert bodies.keys() == {"ins_park", "ins_park_addon"}
    body = bodies["ins_park"]
    assert "deletionId" in body["reason"]
    again = tools(stack, "redrive")
    assert again.returncode == 1, again
    assert "3 dead-lettered again" in again.stdout
    assert sorted(stored()) == sorted(letters)
    # and once the row is mended, one command does what was left, of what Lambda gave up too
    stack.tables.update_item(**broken, UpdateExpression="REMOVE deletedAt")
    given_up = {
        "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 21},
        "version": "1.0",
        "DDBStreamBatchInfo": {"batchSize": 2},
        "payload": json.dumps({"Records": [body["record"], body["record"]]}),
    }
    objects.put_object(
        Bucket=running.dead_letter_bucket,
        Key="aws/lambda/mapping/shard/2026/11/25/2026-11-25T01.00.00-one",
        Body=json.dumps(given_up).encode(),
    )
    mended = tools(stack, "redrive")
    assert "2 done" in mended.stdout
    assert stack.eventually(lambda: is_deleted(stack, "ins_park_addon_addon"))
    # the records that hold the broken row itself never make sense: whoever looked deletes them
    for bucket in (running.dead_letter_bucket, running.unpublished_bucket):
        for key in stored(bucket):
            text = objects.get_object(Bucket=bucket, Key=key)["Body"].read()
            assert json.loads(text)["record"]["dynamodb"]["Keys"] == broken["Key"]
            objects.delete_object(Bucket=bucket, Key=key)
    assert "There are no dead letters." in tools(stack, "redrive").stdout
