"""The whole local system: engines, stack, rows and the stream's consumer, started and ended."""

from __future__ import annotations

import logging
import os
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.demo import demo_lines
from tools.importer import import_file
from tools.importer.errors import ImporterError
from tools.local import deploy, dynoxide
from tools.local.deploy import Emulator
from tools.local.errors import LocalSystemError
from tools.local.ministack import running_ministack
from tools.local.ports import require_free
from tools.local.state import RunningStack
from tools.local.stream.checkpoint import Checkpoint
from tools.local.stream.destination import s3_destination
from tools.local.stream.functions import deployed
from tools.local.stream.poller import Poller
from tools.local.stream.sweeper import Sweeper
from tools.tokens import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

    from tools.local.deploy import DeployedStack
    from tools.local.processes import Child
    from tools.local.state import StateDirectory

    Progress = Callable[[str], None]
    """Told what begins, in a few words."""


@dataclass(frozen=True, slots=True)
class LocalSystem:
    """A system that serves."""

    stack: RunningStack
    key: SigningKey
    sample_install: str | None
    """The id of an install to show requests with."""
    engines: tuple[Child, ...]

    def healthy(self) -> bool:
        """Whether everything that it consists of still runs."""
        return all(engine.running() for engine in self.engines)


@contextmanager
def local_system(
    state: StateDirectory,
    *,
    port: int,
    data: Path | None = None,
    keep_rows: bool = False,
    progress: Progress,
) -> Iterator[LocalSystem]:
    """Start the system on ``port`` with the rows of ``data`` (the demo's without it)."""
    with ExitStack() as stack:
        stack.enter_context(state.locked())
        require_free(port)
        state.prepare(keep_rows=keep_rows)
        key = SigningKey.of_machine(state.signing_key)
        progress("Starting Dynoxide and ministack")
        tables_endpoint = stack.enter_context(
            dynoxide.running_dynoxide(database=state.database, log=state.logs / "dynoxide.log")
        )
        aws_endpoint, ministack = stack.enter_context(
            running_ministack(port, state, tables_endpoint)
        )
        progress("Building the functions and the layers (sam build)")
        deploy.build(state.logs / "sam.log")
        progress("Deploying template.yaml (sam deploy)")
        deploy.deploy(aws_endpoint, key.key_set(), state.logs / "sam.log")
        emulator = Emulator(aws_endpoint)
        description = emulator.read_stack()
        tables = dynoxide.dynamodb_client(tables_endpoint)
        kept = _make_table(tables, description)
        if not kept or data:
            progress("Importing rows")
            rows = data or _write_demo(state)
            add_rows(rows, description.table_name, tables_endpoint, lambda *_: None)
        progress("Following the stream")
        _follow_stream(stack, state, tables_endpoint, emulator, description)
        running = RunningStack(
            base_url=description.base_url,
            tokens={user: key.token(user) for user in ids(tables, description.table_name, "USER")},
            table_name=description.table_name,
            dynamodb_endpoint=tables_endpoint,
            aws_endpoint=aws_endpoint,
            parking_bucket=description.parking_bucket,
            cascade_function=description.cascade_function,
            pid=os.getpid(),
        )
        stack.callback(state.stack.unlink, missing_ok=True)
        state.stack.write_text(running.as_json())
        installs = ids(tables, description.table_name, "INSTALL", live=True)
        yield LocalSystem(running, key, next(iter(installs), None), (ministack,))


def add_rows(
    path: Path, table_name: str, tables_endpoint: str, on_progress: Callable[[int, int], None]
) -> None:
    """Import a file into the table; a file with a wrong line is refused whole."""
    try:
        import_file(path, table_name, tables_endpoint, on_progress)
    except ImporterError as error:
        raise LocalSystemError(str(error)) from error


def ids(tables: DynamoDBClient, table_name: str, sort_key: str, *, live: bool = False) -> list[str]:
    """The ids of all rows of a kind; of those alone that are not deleted, if so asked."""
    condition = "sk = :kind" + (" AND attribute_not_exists(deletedAt)" if live else "")
    pages = tables.get_paginator("scan").paginate(
        TableName=table_name,
        FilterExpression=condition,
        ExpressionAttributeValues={":kind": {"S": sort_key}},
        ProjectionExpression="id",
    )
    return sorted(item["id"]["S"] for page in pages for item in page["Items"])


def _make_table(tables: DynamoDBClient, description: DeployedStack) -> bool:
    """Make the stack's table in Dynoxide; whether it was there already, with its rows."""
    if description.table_name in tables.list_tables()["TableNames"]:
        return True
    description.table.create(tables, description.table_name)
    return False


def _write_demo(state: StateDirectory) -> Path:
    path = state.path / "demo.ndjson"
    path.write_text("".join(line.rstrip("\n") + "\n" for line in demo_lines()))
    return path


def _follow_stream(
    stack: ExitStack,
    state: StateDirectory,
    tables_endpoint: str,
    emulator: Emulator,
    description: DeployedStack,
) -> None:
    """Run the poller and the sweeper in threads that end before the engines do."""
    tables = dynoxide.dynamodb_client(tables_endpoint)
    table: dict[str, Any] = dict(tables.describe_table(TableName=description.table_name)["Table"])
    stream_arn = table["LatestStreamArn"]
    sweeper = Sweeper(tables, description.table_name, description.table.ttl_attribute or "purgeAt")
    settings = description.mapping
    poller = Poller(
        dynoxide.streams_client(tables_endpoint),
        stream_arn,
        deployed(emulator.functions(), settings.function_arn),
        settings,
        checkpoint=Checkpoint(stream_arn, state.checkpoint),
        discard=s3_destination(emulator.objects(), settings),
        annotate=sweeper.annotate,
    )
    log = logging.FileHandler(state.logs / "poller.log")
    stack.callback(log.close)
    poller_log = logging.getLogger("tools.local.stream")
    poller_log.addHandler(log)
    stack.callback(poller_log.removeHandler, log)
    stop = threading.Event()
    for work in (poller.run, sweeper.run):
        thread = threading.Thread(target=work, args=(stop,), daemon=True)
        thread.start()
        stack.callback(thread.join, 5)
    stack.callback(stop.set)
