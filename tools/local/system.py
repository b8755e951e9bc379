"""The whole local system: engines, stack, rows and the stream's consumers, started and ended."""

from __future__ import annotations

import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from installs.ingest.decisions import Options
from tools import demo
from tools.importer.errors import ImporterError
from tools.importer.run import import_file
from tools.importer.table import open_table
from tools.local import deploy, dynoxide, pages, people
from tools.local.deploy import Emulator
from tools.local.errors import LocalSystemError
from tools.local.events import EventLog
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

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LocalSystem:
    """A system that serves."""

    stack: RunningStack
    key: SigningKey
    sample: tuple[str, str] | None
    """A user and an install that the user may uninstall, to show requests with."""
    engines: tuple[Child, ...]

    def healthy(self) -> bool:
        """Return True if all parts of the system run."""
        return all(engine.running() for engine in self.engines)


@contextmanager
def local_system(
    state: StateDirectory,
    *,
    port: int,
    pages_port: int,
    data: Path | None = None,
    keep_rows: bool = False,
    origin: str | None = None,
    progress: Progress,
) -> Iterator[LocalSystem]:
    """Start the system on ``port``, its pages on ``pages_port``.

    It has the rows of ``data``, or the demo's without it. Its own pages may call the API, and those
    of ``origin``: several by commas, or ``*``.
    """
    with ExitStack() as stack:
        stack.enter_context(state.locked())
        require_free(port)
        require_free(pages_port)
        state.prepare(keep_rows=keep_rows)
        key = SigningKey.of_machine(state.signing_key)
        progress("Starting Dynoxide and ministack")
        tables_endpoint, engine = stack.enter_context(
            dynoxide.running_dynoxide(database=state.database, log=state.logs / "dynoxide.log")
        )
        aws_endpoint, ministack = stack.enter_context(
            running_ministack(port, state, tables_endpoint)
        )
        progress("Building the functions and the layers (sam build)")
        deploy.build(state.logs / "sam.log")
        progress("Deploying template.yaml (sam deploy)")
        page_origin = pages.origin(pages_port)
        origins = origin if origin == "*" else ",".join(filter(None, (page_origin, origin)))
        deploy.deploy(aws_endpoint, key.key_set(), origins, state.logs / "sam.log")
        emulator = Emulator(aws_endpoint)
        emulator.put_gateway_responses()
        description = emulator.read_stack()
        tables = dynoxide.dynamodb_client(tables_endpoint)
        kept = _make_table(tables, description)
        if not kept or data:
            progress("Importing rows")
            name = description.table_name
            import_rows = partial(add_rows, table_name=name, tables_endpoint=tables_endpoint)
            if data is None:
                demo.load(state.demo, open_table(name, tables_endpoint), import_rows)
            else:
                import_rows(data)
        progress("Following the stream")
        _follow_stream(stack, state, tables_endpoint, emulator, description)
        users = people.users(tables, description.table_name)
        running = RunningStack(
            base_url=description.base_url,
            pages_url=page_origin,
            tokens={user.id: key.token(user.id) for user in users},
            table_name=description.table_name,
            dynamodb_endpoint=tables_endpoint,
            aws_endpoint=aws_endpoint,
            dead_letter_bucket=description.dead_letter_bucket,
            cascade_function=description.cascade_function,
            event_bus=description.event_bus,
            publish_function=description.publish_function,
            unpublished_bucket=description.unpublished_bucket,
            ingest_function=description.ingest_function,
            rows_queue=description.rows_queue,
            rows_dead_letters=description.rows_dead_letters,
            pid=os.getpid(),
        )
        progress("Warming up the functions")
        _warm_up(emulator)
        progress("Serving the pages")
        workspaces = people.workspace_names(tables, description.table_name)
        settings = partial(people.page_settings, description.base_url, users, workspaces, key)
        stack.enter_context(pages.serving_pages(pages_port, aws_endpoint, settings))
        sample = people.sample(tables, description.table_name)
        stack.callback(state.stack.unlink, missing_ok=True)
        state.stack.write_text(running.as_json())
        yield LocalSystem(running, key, sample, (engine, ministack))


def add_rows(path: Path, table_name: str, tables_endpoint: str) -> None:
    """Load a file into the empty table, as a backup is; a file with a wrong line is refused."""
    options = Options(lifecycle_from_file=True)
    try:
        report = import_file(path, table_name, tables_endpoint, lambda *_: None, options=options)
    except ImporterError as error:
        raise LocalSystemError(str(error)) from error
    if report.rejected.count:
        problems = "\n".join(report.rejected.lines())
        raise LocalSystemError(f"{path.name} has rows that cannot be:\n{problems}")


def _make_table(tables: DynamoDBClient, description: DeployedStack) -> bool:
    """Create the stack's table in Dynoxide; return True if it existed with its rows."""
    if description.table_name in tables.list_tables()["TableNames"]:
        return True
    description.table.create(tables, description.table_name)
    return False


def _warm_up(emulator: Emulator) -> None:
    """Start every function, so that no first request waits for it.

    What they answer is of no matter: an empty event is an error to most of them.
    """
    with ThreadPoolExecutor() as pool:
        functions = emulator.functions()
        names = [function["FunctionName"] for function in functions.list_functions()["Functions"]]
        calls = [
            pool.submit(
                functions.invoke, FunctionName=name, Qualifier="live", Payload=b'{"Records":[]}'
            )
            for name in names
        ]
    for call in calls:
        if error := call.exception():
            logger.warning("A function did not start: %s", error)


def _follow_stream(
    stack: ExitStack,
    state: StateDirectory,
    tables_endpoint: str,
    emulator: Emulator,
    description: DeployedStack,
) -> None:
    """Run the stream's consumers, the sweeper and the log of events, in threads.

    The threads end before the engines do.
    """
    tables = dynoxide.dynamodb_client(tables_endpoint)
    table: dict[str, Any] = dict(tables.describe_table(TableName=description.table_name)["Table"])
    stream_arn = table["LatestStreamArn"]
    sweeper = Sweeper(tables, description.table_name, description.table.ttl_attribute or "purgeAt")
    pollers = [
        Poller(
            dynoxide.streams_client(tables_endpoint),
            stream_arn,
            deployed(emulator.functions(), settings.function_arn),
            settings,
            checkpoint=Checkpoint(stream_arn, state.checkpoint(consumer)),
            discard=s3_destination(emulator.objects(), settings),
            annotate=sweeper.annotate,
        )
        for consumer, settings in description.mappings.items()
    ]
    published = EventLog(emulator.queues(), state.events)
    published.subscribe(emulator.events(), description.event_bus)
    log = logging.FileHandler(state.logs / "poller.log")
    stack.callback(log.close)
    poller_log = logging.getLogger("tools.local.stream")
    poller_log.addHandler(log)
    stack.callback(poller_log.removeHandler, log)
    stop = threading.Event()
    for work in (*(poller.run for poller in pollers), sweeper.run, published.run):
        thread = threading.Thread(target=work, args=(stop,), daemon=True)
        thread.start()
        stack.callback(thread.join, 5)
    stack.callback(stop.set)
