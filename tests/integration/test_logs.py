"""Log lines of the functions: the caller, and the metrics and fields that operators use.

Alarms, dashboard and the queries of docs/operations.md are held to lines that were really written.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

import pytest

from functions.cascade.handler import handler as cascade
from functions.ingest.handler import handler as ingest
from functions.list_installs.handler import handler as list_installs
from functions.publish.handler import handler as publish
from functions.purge_install.handler import handler as purge
from functions.repair.handler import handler as repair
from functions.restore_install.handler import handler as restore
from functions.uninstall_install.handler import handler as uninstall
from installs import clock
from installs.errors import UnavailableError
from installs.log import logger
from installs.store import bus, pending, table
from installs.store.bus import Bus, Delivery
from installs.store.row_queue import RowQueue
from tests import rows
from tests.loading import load_file
from tests.monitoring import OURS, RUNBOOK, WATCHED, access_line
from tests.template import transformed
from tools.importer.table import open_table
from tools.local.dynoxide import streams_client
from tools.local.paths import ROOT, TEMPLATE
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

    aws_request_id = "invocation-1"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class Log:
    """The lines that were logged since the last look."""

    def __init__(self) -> None:
        self.stream = StringIO()

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def lines(self, message: str) -> list[dict[str, Any]]:
        found = self.all()
        self.stream.seek(0)
        self.stream.truncate()
        return [line for line in found if line["message"] == message]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    made = Log()
    monkeypatch.setattr(logger.registered_handler, "stream", made.stream)
    return made


@pytest.fixture
def world(table_name: str, dynamodb_endpoint: str, tmp_path: Path) -> Table:
    data = rows.write(tmp_path / "rows.ndjson", [*rows.base(), *rows.family("gone")])
    load_file(data, table_name, dynamodb_endpoint)
    return open_table(table_name, dynamodb_endpoint)


@pytest.fixture
def stream(
    world: Table, dynamodb: DynamoDBClient, dynamodb_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> Poller:
    monkeypatch.setenv("DEAD_LETTER_BUCKET", "no-bucket")
    arn = dynamodb.describe_table(TableName=world.name)["Table"]["LatestStreamArn"]
    return Poller(
        streams_client(dynamodb_endpoint),
        arn,
        in_process(cascade, Context()),
        MappingSettings.from_template(TEMPLATE),
        checkpoint=Checkpoint(arn),
    )


def ask(handler: Callable[..., Any], request_id: str) -> None:
    context = {"requestId": request_id, "authorizer": {"principal": "usr_ada", "kind": "user"}}
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
    pending_work = pending.get(world, "ins_gone")
    assert pending_work is not None
    assert pending_work.origin.request_id == "request-1"
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
    monkeypatch.setattr("functions.cascade.handler.dead_letters.put", lambda *_: None)
    ask(uninstall, "request-1")
    stream.drain()
    log.lines("")

    cascade({"Records": [{"eventID": "x", "dynamodb": {"SequenceNumber": "1"}}]}, Context())

    (dead_lettered,) = log.lines("record dead-lettered")
    assert "install_id" not in dead_lettered
    assert "request_id" not in dead_lettered


UNREADABLE: Final = {"eventID": "x", "dynamodb": {"SequenceNumber": "1"}}


def run_all(stream: Poller, patch: pytest.MonkeyPatch) -> None:
    """All that functions do that is worth a line, each under the name of its resource."""

    def under(name: str, work: Callable[[], object]) -> None:
        patch.setenv("AWS_LAMBDA_FUNCTION_NAME", f"${{{name}Function}}")
        work()

    patch.setattr("functions.cascade.handler.dead_letters.put", lambda *_: None)
    under("UninstallInstall", lambda: ask(uninstall, "request-1"))
    under("Cascade", stream.drain)
    under("RestoreInstall", lambda: ask(restore, "request-2"))
    under("Cascade", stream.drain)
    context = {"authorizer": {"principal": "usr_ada", "kind": "user"}}
    under("ListInstalls", lambda: list_installs({"requestContext": context}, None))
    under("ListInstalls", lambda: list_installs({"requestContext": {"requestId": []}}, None))
    with patch.context() as busy:
        busy.setattr(table.Table, "reading_batch", _throttled)
        busy.setattr(table.Table, "reading_page", _throttled)
        under("ListInstalls", lambda: list_installs({"requestContext": context}, None))
    under("UninstallInstall", lambda: ask(uninstall, "request-3"))
    under("Ingest", lambda: take_rows(patch))
    under("Publish", lambda: publish_changes(patch))
    started = clock.now()
    with patch.context() as later:
        later.setattr(clock, "now", lambda: started + timedelta(minutes=6))
        with patch.context() as busy:
            busy.setattr(table.Table, "transact", _throttled)
            under("Repair", lambda: repair({}, Context()))
        under("Repair", lambda: repair({}, Context()))
    under("PurgeInstall", lambda: ask(purge, "request-4"))
    with patch.context() as stubborn:
        # a write that finds something else than what was read, once
        transact, failing = table.Table.transact, iter([True])

        def once(self: Table, actions: list[Any], **given: Any) -> None:  # noqa: ANN401
            if next(failing, False):
                raise table.ConditionFailedError([])
            transact(self, actions, **given)

        stubborn.setattr(table.Table, "transact", _throttled)
        under("Cascade", lambda: cascade({"Records": [REMOVED]}, Context()))
        stubborn.setattr(table.Table, "transact", once)
        under("Cascade", lambda: cascade({"Records": [REMOVED, UNREADABLE]}, Context()))
    under("Cascade", stream.drain)


def take_rows(patch: pytest.MonkeyPatch) -> None:
    """Messages of the queue that are applied, rejected, deferred, and that fail."""
    patch.setenv("ROWS_QUEUE_URL", "https://sqs.example/rows.fifo")
    patch.setenv("ROWS_DEAD_LETTERS_URL", "https://sqs.example/dead-letters.fifo")
    patch.setattr(RowQueue, "delay", lambda *_, **__: None)
    (message,) = json.loads((ROOT / "events" / "ingest" / "queue.json").read_text())["Records"]

    def take(*lines: object, body: str | None = None) -> None:
        text = json.dumps({"rows": lines}) if body is None else body
        ingest({"Records": [message | {"body": text}]}, Context())

    known = rows.workspace(rows.WORKSPACE, "acme")
    ghost = rows.install("ins_ghost", workspaceId="wsp_ghost")
    with patch.context() as kept:
        kept.setattr(RowQueue, "dead_letter", lambda *_, **__: None)
        take(known, ghost)
        take(body="{not json")
    with patch.context() as busy:
        busy.setattr(table.Table, "transact", _throttled)
        take(rows.workspace(rows.WORKSPACE, "renamed"))
    with patch.context() as refusing:
        refusing.setattr(RowQueue, "dead_letter", _throttled)
        take(ghost)


class BusyBus:
    """EventBridge, which takes no entry."""

    def put_events(self, Entries: list[object]) -> dict[str, Any]:
        failed = {"ErrorCode": "ThrottlingException"}
        return {"FailedEntryCount": len(Entries), "Entries": [failed for _ in Entries]}


def publish_changes(patch: pytest.MonkeyPatch) -> None:
    """Records that are published, refused for good, left for later, and not to be read."""
    patch.setenv("EVENT_BUS_NAME", "bus")
    patch.setattr("functions.publish.handler.dead_letters.put", lambda *_: None)
    records = json.loads((ROOT / "events" / "publish" / "uninstall.json").read_text())["Records"]
    for delivery in (
        Delivery(),
        Delivery(refused={0: "MalformedDetail"}, failures=1),
        Delivery(unsent=[0], failures=8),
    ):
        with patch.context() as answering:
            answering.setattr(Bus, "send", lambda *_, answer=delivery: answer)
            publish({"Records": [*records, UNREADABLE]}, Context())
    with patch.context() as busy:
        busy.setattr(bus, "_client", BusyBus)
        busy.setattr(bus, "ATTEMPTS", 1)
        publish({"Records": records}, Context())
    with patch.context() as failing:
        failing.setattr(Bus, "send", lambda *_: Delivery())
        failing.setattr("functions.publish.handler.dead_letters.put", _throttled)
        publish({"Records": [UNREADABLE]}, Context())


REMOVED: Final = json.loads(
    (ROOT / "events" / "cascade" / "purge.json").read_text().replace("ins_crm", "ins_gone")
)["Records"][0]


def _throttled(*_: object, **__: object) -> None:
    cause = {"operation": "Query", "code": "ThrottlingException", "attempts": 8, "seconds": 1.5}
    raise UnavailableError(cause=cause)


@pytest.fixture
def told(
    world: Table, stream: Poller, log: Log, monkeypatch: pytest.MonkeyPatch
) -> list[dict[str, Any]]:
    """Every line of a run through everything."""
    variables = transformed()["Resources"]["CascadeFunction"]["Properties"]["Environment"]
    service = variables["Variables"]["POWERTOOLS_SERVICE_NAME"]
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", service)
    run_all(stream, monkeypatch)
    return log.all()


def emitted(line: dict[str, Any]) -> Iterator[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """The metrics that CloudWatch reads from a line (AWS: embedded metric format)."""
    for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
        for names in directive["Dimensions"]:
            dimensions = tuple((name, line[name]) for name in sorted(names))
            for metric in directive["Metrics"]:
                assert metric["Name"] in line
                yield directive["Namespace"], metric["Name"], dimensions


def test_alarms_and_dashboard_watch_metrics_that_functions_emit(told: list[dict[str, Any]]) -> None:
    known = {metric for line in told for metric in emitted(line)}

    watched = {
        (one.namespace, one.name, tuple(sorted(one.dimensions)))
        for one in WATCHED
        if one.namespace == OURS
    }

    assert watched
    assert not watched - known


QUERIES: Final = re.findall(r"```logs-insights (\w+)\n(.*?)```", RUNBOOK.read_text(), re.DOTALL)
WORDS: Final = {
    "fields", "filter", "sort", "limit", "stats", "by", "desc", "asc", "like", "and", "or", "not",
    "in", "as", "count", "avg", "max", "min", "sum", "pct", "bin", "ispresent",
}  # fmt: skip


def fields_of(line: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """The fields as Logs Insights names them: what is nested, with dots."""
    for name, value in line.items():
        yield prefix + name
        if isinstance(value, dict):
            yield from fields_of(value, f"{prefix}{name}.")


def test_queries_of_the_runbook_name_what_lines_hold(told: list[dict[str, Any]]) -> None:
    of_functions = {name for line in told for name in fields_of(line)}
    messages = {line.get("message") for line in told}
    assert QUERIES
    for group, query in QUERIES:
        bare = re.sub(r'"[^"]*"|/[^/\n]*/|\b\d+\w*', "", query)
        made = set(re.findall(r"\bas (\w+)", bare))
        names = set(re.findall(r"@?[A-Za-z_][\w.]*", bare)) - WORDS - made
        known = {"api": set(access_line()), "functions": of_functions}[group]
        assert names
        assert not names - known - {"@timestamp", "@message", "@logStream"}, query
        assert set(re.findall(r'message = "([^"]*)"', query)) <= messages, query
