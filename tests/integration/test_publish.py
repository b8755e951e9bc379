"""The publisher on a real engine and its stream (CONTRACT.md section 11).

The bus refuses half of the entries, at random. In the end a consumer has what the table has.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, cast

import pytest

from functions.publish.handler import handler as publish
from functions.purge_install.handler import handler as purge
from functions.restore_install.handler import handler as restore
from functions.uninstall_install.handler import handler as uninstall
from installs.rows import row_to_json
from installs.store import installs, scans
from installs.store.bus import Bus
from installs.store.items import item_to_install
from tests import rows
from tests.integration.consumer import consumer
from tests.loading import load_file
from tools.importer.table import open_table
from tools.local.dynoxide import streams_client
from tools.local.paths import TEMPLATE
from tools.local.stream.checkpoint import Checkpoint
from tools.local.stream.functions import in_process
from tools.local.stream.poller import Poller
from tools.local.stream.settings import PUBLISH, MappingSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient

    from installs.store.table import Table


class Invocation:
    """Lambda's context, with two minutes left."""

    def get_remaining_time_in_millis(self) -> int:
        return 120_000


class HalfOfThem:
    """EventBridge, refusing half of the entries."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.refused = 0
        self._dice = random.Random(7)  # noqa: S311 - no secret

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        results: list[dict[str, str]] = []
        for entry in Entries:
            if self._dice.random() < 0.5:
                self.refused += 1
                results.append({"ErrorCode": "InternalFailure"})
            else:
                self.taken.append((entry["DetailType"], json.loads(entry["Detail"])))
                results.append({"EventId": "x"})
        return {"Entries": results}


@pytest.fixture
def table(
    tmp_path: Path, table_name: str, dynamodb_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> Table:
    families = ("kept", "back", "gone")
    lines = [*rows.base(), *(row for name in families for row in rows.family(name))]
    load_file(rows.write(tmp_path / "r.ndjson", lines), table_name, dynamodb_endpoint)
    monkeypatch.setenv("DEAD_LETTER_BUCKET", "none")
    monkeypatch.setenv("EVENT_BUS_NAME", "bus")
    return open_table(table_name, dynamodb_endpoint)


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> HalfOfThem:
    made = HalfOfThem()
    bus = Bus("bus", cast("EventBridgeClient", made))
    monkeypatch.setattr(Bus, "of_function", lambda *_: bus)
    monkeypatch.setattr("installs.store.bus.time.sleep", lambda _: None)
    return made


def ask(handler: Callable[..., Any], install: str) -> None:
    context = {"authorizer": {"principal": "usr_ada", "kind": "user"}}
    answer = handler({"requestContext": context, "pathParameters": {"id": install}}, None)
    assert answer["statusCode"] == 200


def test_section_11_a_consumer_has_the_table_although_the_bus_refuses_half(
    table: Table,
    dynamodb: DynamoDBClient,
    dynamodb_endpoint: str,
    events: HalfOfThem,
    tmp_path: Path,
) -> None:
    cascade = consumer(dynamodb_endpoint, table.name, tmp_path / "cascade.json")
    arn = dynamodb.describe_table(TableName=table.name)["Table"]["LatestStreamArn"]
    # given two consumers of one stream, each with a checkpoint of its own
    publisher = Poller(
        streams_client(dynamodb_endpoint),
        arn,
        in_process(publish, Invocation()),
        MappingSettings.from_template(TEMPLATE, PUBLISH),
        checkpoint=Checkpoint(arn, tmp_path / "publish.json"),
    )
    # when installs live their lives, and the publisher falls behind the cascade
    for steps in (
        [(uninstall, "ins_back"), (uninstall, "ins_gone")],
        [(restore, "ins_back"), (purge, "ins_gone")],
        [(uninstall, "ins_back")],
    ):
        for handler, install in steps:
            ask(handler, install)
        cascade.drain()
    publisher.drain()
    # then each install's events are in order, and the last one is the table's row
    assert events.refused > 10
    copy: dict[str, Any] = {}
    seen: dict[str, int] = {}
    for kind, detail in events.taken:
        if kind == "Install Settled":
            continue
        install_id = detail["installId"]
        assert detail["revision"] > seen.get(install_id, 0)
        seen[install_id] = detail["revision"]
        copy[install_id] = None if kind == "Install Purged" else detail["install"]
    states = [item_to_install(item) for item in scans.with_sort_key(table, "INSTALL")]
    there = {
        state.row.id: row_to_json(state.row) | {"variables": json.loads(state.row.variables)}
        for state in states
    }
    assert {name: row for name, row in copy.items() if row is not None} == there
    assert {name for name, row in copy.items() if row is None} == {
        "ins_gone", "ins_gone_addon", "ins_gone_addon_addon",
    }  # fmt: skip
    assert installs.get(table, "ins_gone") is None
