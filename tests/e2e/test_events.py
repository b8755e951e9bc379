"""Each file of events/ driven through its function, on a table that has what it names."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from installs.store import items, keys
from installs.store.bus import Bus
from installs.store.items import PURGE_AT
from tests import rows
from tests.loading import load_file
from tools.local.paths import ROOT
from tools.tokens import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient

EVENTS: Final = ROOT / "events"
INSTALL: Final = "ins_crm"
INSTALLS: Final = {INSTALL, f"{INSTALL}_addon", f"{INSTALL}_addon_addon"}


@dataclass
class Context:
    """The context that Lambda passes to a handler."""

    aws_request_id: str = "request-1"
    function_name: str = "under-test"
    function_version: str = "$LATEST"
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:000000000000:function:under-test"
    memory_limit_in_mb: int = 1024

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def handler(function: str) -> Callable[[dict[str, Any], Context], dict[str, Any]]:
    module = importlib.import_module(f"functions.{function}.handler")
    found: Callable[[dict[str, Any], Context], dict[str, Any]] = module.handler
    return found


def event(function: str, name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((EVENTS / function / f"{name}.json").read_text())
    for record in loaded.get("Records", []):
        # The file's own time of purging will have passed one day.
        for image in ("OldImage", "NewImage"):
            if PURGE_AT in record.get("dynamodb", {}).get(image, {}):
                record["dynamodb"][image][PURGE_AT] = {"N": "4000000000"}
    return loaded


def drive(function: str, name: str, status: int = 200) -> dict[str, Any]:
    answer = handler(function)(event(function, name), Context())
    assert answer["statusCode"] == status, answer["body"]
    body: dict[str, Any] = json.loads(answer["body"])
    return body


@pytest.fixture
def table(
    dynamodb: DynamoDBClient,
    dynamodb_endpoint: str,
    table_name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Table:
    monkeypatch.setenv("DEAD_LETTER_BUCKET", "parked")
    data = rows.write(tmp_path / "rows.ndjson", [*rows.base(), *rows.family("crm")])
    load_file(data, table_name, dynamodb_endpoint)
    return Table(dynamodb, table_name)


@dataclass
class Table:
    client: DynamoDBClient
    name: str

    def member(self) -> dict[str, Any] | None:
        """The member that is enabled while its install lives."""
        key = items.encode_key(keys.member(INSTALL, "mem_crm_on"))
        answer = self.client.get_item(TableName=self.name, Key=key)
        item = cast("items.Item | None", answer.get("Item"))
        return None if item is None else items.decode(item)

    def apply(self, record: dict[str, Any]) -> None:
        """Make the change that a stream record tells of."""
        change = record["dynamodb"]
        if "NewImage" in change:
            self.client.put_item(TableName=self.name, Item=change["NewImage"])
        else:
            self.client.delete_item(TableName=self.name, Key=change["Keys"])


def test_no_file_is_forgotten() -> None:
    found = {f"{path.parent.name}/{path.stem}" for path in EVENTS.glob("*/*.json")}
    assert {name for name in found if not name.startswith("schemas/")} == {
        "authorizer/token",
        "cascade/expiry",
        "cascade/purge",
        "cascade/restore",
        "cascade/uninstall",
        "get_install/get",
        "ingest/queue",
        "ingest/rows",
        "list_installs/filter_and_order",
        "list_installs/page",
        "list_installs/plain",
        "publish/expiry",
        "publish/purge",
        "publish/restore",
        "publish/settled",
        "publish/uninstall",
        "purge_install/purge",
        "repair/schedule",
        "restore_install/restore",
        "uninstall_install/uninstall",
    }


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("name", "found"),
    [("plain", INSTALLS), ("page", INSTALLS), ("filter_and_order", {INSTALL})],
)
def test_list(name: str, found: set[str]) -> None:
    page = drive("list_installs", name)

    assert {row["id"] for row in page["data"]} == found
    assert page["pageInfo"]["total"] == len(found)


@pytest.mark.usefixtures("table")
def test_get_uninstall_restore_and_purge() -> None:
    before = drive("get_install", "get")
    assert before["id"] == INSTALL

    assert drive("uninstall_install", "uninstall") == {"success": True}
    assert drive("get_install", "get")["deletedAt"] is not None
    assert drive("restore_install", "restore") == before
    assert drive("purge_install", "purge", 409)["code"] == "install_not_deleted"
    drive("uninstall_install", "uninstall")
    assert drive("purge_install", "purge") == {"success": True}
    assert drive("get_install", "get", 404)["code"] == "not_found"


def test_the_repair_has_nothing_to_do_where_all_agrees(table: Table) -> None:
    assert handler("repair")(event("repair", "schedule"), Context()) == {"finished": 0, "failed": 0}


@pytest.mark.parametrize("last", ["uninstall", "restore", "purge", "expiry"])
def test_the_cascades_records(table: Table, last: str) -> None:
    before = table.member()
    for name in dict.fromkeys(["uninstall", last]):
        records = event("cascade", name)
        for record in records["Records"]:
            table.apply(record)
        assert handler("cascade")(records, Context()) == {"batchItemFailures": []}

    after = table.member()
    if last == "uninstall":
        assert after is not None
        assert after["enabled"] is False
        assert "deletedAt" in after
    elif last == "restore":
        assert after == before
    else:
        assert after is None


PUBLISHED: Final = {
    "uninstall": "Install Uninstalled",
    "settled": "Install Settled",
    "restore": "Install Restored",
    "purge": "Install Purged",
    "expiry": "Install Purged",
}


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_publishers_records(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []

    class Taking:
        def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:
            sent.extend(Entries)
            return {"FailedEntryCount": 0, "Entries": [{"EventId": "x"} for _ in Entries]}

    monkeypatch.setenv("EVENT_BUS_NAME", "bus")
    taking = Bus("bus", cast("EventBridgeClient", Taking()))
    monkeypatch.setattr(Bus, "of_function", lambda *_: taking)

    answer = handler("publish")(event("publish", name), Context())

    assert answer == {"batchItemFailures": []}
    assert [entry["DetailType"] for entry in sent] == [PUBLISHED[name]]
    assert json.loads(sent[0]["Detail"])["installId"] == INSTALL


def test_rows_come_in_by_a_call_and_once_more_by_the_queue(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROWS_QUEUE_URL", "https://sqs.example/rows.fifo")
    monkeypatch.setenv("ROWS_DEAD_LETTERS_URL", "https://sqs.example/dead-letters.fifo")

    assert handler("ingest")(event("ingest", "rows"), Context()) == {
        "results": [{"result": "changed", "type": "install", "id": INSTALL}]
    }
    answer = handler("ingest")(event("ingest", "queue"), Context())

    assert answer == {"batchItemFailures": []}
    assert drive("get_install", "get")["variables"] == {"region": "us"}


def test_the_authorizers_token_of_nobody_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISSUER", "https://issuer.example")
    monkeypatch.setenv("AUDIENCE", "integration-installs")
    monkeypatch.setenv("JWKS", SigningKey.generate().key_set())

    # To the letter: API Gateway answers 401 to this message alone.
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        handler("authorizer")(event("authorizer", "token"), Context())
