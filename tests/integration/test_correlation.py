"""From a line of the log to the request that began it, through the cascade and the repair."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

import pytest

from functions.cascade.handler import handler as cascade
from functions.purge_install.handler import handler as purge
from functions.repair.handler import handler as repair
from functions.restore_install.handler import handler as restore
from functions.uninstall_install.handler import handler as uninstall
from installs import access, clock
from installs.log import logger
from installs.store import due, table
from tests import rows
from tools.importer import import_file
from tools.importer.table import open_table
from tools.local.dynoxide import streams_client
from tools.local.paths import TEMPLATE
from tools.local.stream.checkpoint import Checkpoint
from tools.local.stream.functions import in_process
from tools.local.stream.poller import Poller
from tools.local.stream.settings import MappingSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

    from installs.store.table import Table

FAMILY: Final = {"ins_gone", "ins_gone_addon", "ins_gone_addon_addon"}


class Context:
    """Lambda's, with a minute left."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class Log:
    """The lines that were logged since the last look."""

    def __init__(self) -> None:
        self.stream = StringIO()

    def lines(self, message: str) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        self.stream.seek(0)
        self.stream.truncate()
        return [line for line in found if line["message"] == message]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    made = Log()
    monkeypatch.setattr(logger.registered_handler, "stream", made.stream)
    return made


@pytest.fixture
def world(table_name: str, dynamodb_endpoint: str, tmp_path: Path) -> Iterator[Table]:
    table.client.cache_clear()
    access._seen.clear()
    data = rows.write(tmp_path / "rows.ndjson", [*rows.base(), *rows.family("gone")])
    import_file(data, table_name, dynamodb_endpoint, lambda *_: None)
    yield open_table(table_name, dynamodb_endpoint)
    table.client.cache_clear()


@pytest.fixture
def stream(
    world: Table, dynamodb: DynamoDBClient, dynamodb_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> Poller:
    monkeypatch.setenv("PARKING_BUCKET", "no-bucket")
    arn = dynamodb.describe_table(TableName=world.name)["Table"]["LatestStreamArn"]
    return Poller(
        streams_client(dynamodb_endpoint),
        arn,
        in_process(cascade, Context()),
        MappingSettings.from_template(TEMPLATE),
        checkpoint=Checkpoint(arn),
    )


def ask(handler: Callable[..., Any], request_id: str, user: str = "usr_ada") -> None:
    context = {"requestId": request_id, "authorizer": {"principal": user, "kind": "user"}}
    answer = handler({"requestContext": context, "pathParameters": {"id": "ins_gone"}}, None)
    assert answer["statusCode"] == 200


@pytest.mark.parametrize("before", [(), (restore,), (purge,)])
def test_the_cascade_names_the_request_that_began_it(
    before: tuple[Callable[..., Any], ...], stream: Poller, log: Log
) -> None:
    stream.drain()
    for number, handler in enumerate((uninstall, *before)):
        log.lines("")
        # when somebody changes an install, and the cascade goes down to its add-ons' add-on
        ask(handler, f"request-{number}")
        (line,) = log.lines("request")
        assert (line["request_id"], line["install_id"]) == (f"request-{number}", "ins_gone")
        stream.drain()
        # then each line of each level names that request
        finished = log.lines("cascade finished")
        assert {line["install_id"] for line in finished} == FAMILY
        assert {line["request_id"] for line in finished} == {f"request-{number}"}


def test_the_repair_names_it_too(world: Table, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(uninstall, "request-1")
    reminder = due.get(world, "ins_gone")
    assert reminder is not None
    assert reminder.request_id == "request-1"
    started = clock.now()
    for minutes in (6, 12, 18):
        later = started + timedelta(minutes=minutes)
        monkeypatch.setattr(clock, "now", lambda later=later: later)
        repair({}, Context())

    finished = log.lines("cascade finished")
    assert {line["install_id"] for line in finished} == FAMILY
    assert {line["request_id"] for line in finished} == {"request-1"}


def test_a_line_about_no_install_names_none(
    world: Table, stream: Poller, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.cascade.handler.parking.park", lambda *_: None)
    ask(uninstall, "request-1")
    stream.drain()
    log.lines("")

    cascade({"Records": [{"eventID": "x", "dynamodb": {"SequenceNumber": "1"}}]}, Context())

    (parked,) = log.lines("record parked")
    assert "install_id" not in parked
    assert "request_id" not in parked
