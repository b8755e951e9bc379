"""The local stack, started once for all tests that drive it over HTTP."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import boto3
import httpx
import pytest

from installs.store import items, keys
from installs_client import Client
from tests import console_rows, rows
from tests.e2e.browser import running_browser
from tests.e2e.bus import bus_of
from tests.e2e.front_ends import FrontEnds, front_ends
from tools.local.dynoxide import CREDENTIALS, REGION, dynamodb_client
from tools.local.paths import ROOT
from tools.local.ports import free_port
from tools.local.processes import Child
from tools.local.state import RunningStack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from playwright.sync_api import Browser

    from tests.e2e.bus import Bus

HERE: Final = Path(__file__).parent
READY_SECONDS: Final = 240
CASCADE_SECONDS: Final = 120
"""Far above the second that it takes: the machine may be busy, and retries pause ever longer."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.e2e)


@dataclass(frozen=True)
class Stack:
    """A running local stack, seen from outside."""

    running: RunningStack
    state: Path
    """The directory of its files."""
    tables: DynamoDBClient
    bus: Bus
    """The bus as the publisher reaches it."""
    front_ends: FrontEnds
    secrets: list[str] = field(default_factory=list)
    """API keys that callers have used."""

    def as_user(self, user: str) -> httpx.Client:
        """Plain HTTP, for tests of what goes over the wire."""
        token = self.running.tokens[user]
        return self.client({"Authorization": f"Bearer {token}"})

    def caller(self, user: str) -> Client:
        """The Python client, as a user."""
        return Client(self.running.base_url, self.running.tokens[user], timeout=60)

    def client(self, headers: dict[str, str] | None = None) -> httpx.Client:
        return httpx.Client(
            base_url=f"{self.running.base_url}/api", headers=headers or {}, timeout=60
        )

    def row(self, key: keys.Key) -> dict[str, Any] | None:
        """An item's plain values, straight from the table."""
        answer = self.tables.get_item(
            TableName=self.running.table_name, Key=items.encode_key(key), ConsistentRead=True
        )
        item = cast("items.Item | None", answer.get("Item"))
        return None if item is None else items.decode(item)

    def eventually(self, holds: Callable[[], bool]) -> bool:
        """Return True if the condition holds within the seconds that a cascade may take."""
        deadline = time.monotonic() + CASCADE_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


@contextmanager
def _serving(
    state: Path, log: Path, *options: str | Path, port: int | None = None, **environment: str
) -> Iterator[tuple[Child, RunningStack]]:
    """A local system of its own, as `make run` starts it; with the demo's rows unless told else."""
    command: list[str | Path] = [sys.executable, "-m", "tools", "run"]
    ports = ["--port", str(port or free_port()), "--pages-port", str(free_port())]
    command += ["--state", state, *ports, *options]
    with Child(command, cwd=ROOT, log=log, environment={**os.environ, **environment}) as child:
        yield child, _wait_until_ready(child, state / "stack.json", log)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A local system with the demo's rows; its state is ``.local`` of the current directory."""
    directory = tmp_path_factory.mktemp("demo")
    with (
        pytest.MonkeyPatch.context() as patch,
        _serving(directory / ".local", directory / "run.log") as (child, running),
    ):
        patch.chdir(directory)
        yield running
        child.stop(grace_seconds=30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for a module: while it runs, the thread has an event loop, and asyncio no other."""
    with running_browser() as running:
        yield running


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The local system of most tests here; it ends with them, since it is never quite idle."""
    directory = tmp_path_factory.mktemp("stack")
    families = ("life", "roles", "gone", "shown", "generated", "sdk")
    data = rows.write(
        directory / "rows.ndjson",
        [
            *rows.base(),
            *(row for name in families for row in rows.family(name)),
            *rows.to_page_through(),
            rows.hostile(),
            *console_rows.lines(),
        ],
    )
    state, port = directory / "state", free_port()
    with (
        front_ends() as pages,
        bus_of(f"127.0.0.1:{port}") as bus,
        _serving(
            state, directory / "run.log", "--data", data,
            "--origin", ",".join(pages.allowed),
            port=port, AWS_ENDPOINT_URL_EVENTBRIDGE=bus.endpoint,
        ) as (child, running),
    ):  # fmt: skip
        tables = dynamodb_client(running.dynamodb_endpoint)
        made = Stack(running, state, tables, bus, pages)
        yield made
        lines = _lines_of_functions(made)
        child.stop(grace_seconds=30)
    assert not _leftovers(state), "the local stack left processes behind"
    files = (path.read_text(errors="replace") for path in (state / "logs").glob("*.log"))
    _nothing_secret_was_logged(made, "\n".join([*lines, *files]))


def _lines_of_functions(stack: Stack) -> list[str]:
    """Return the functions' log lines from the log groups of the stack.

    A last request sees to it that there is a line to wait for, whichever tests have run.
    """
    with stack.as_user("usr_vera") as viewer:
        assert viewer.get("/integration-installs").is_success
    logs: Any = cast("Any", boto3).client(
        "logs",
        endpoint_url=stack.running.aws_endpoint,
        region_name=REGION,
        **{name.lower(): value for name, value in CREDENTIALS.items()},
    )
    lines: list[str] = []

    def are_there() -> bool:
        lines[:] = [
            event["message"]
            for group in logs.describe_log_groups()["logGroups"]
            for page in logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"]
            )
            for event in page["events"]
        ]
        return any('"status": 200' in line for line in lines)

    assert stack.eventually(are_there), "these are not the functions' logs"
    return lines


def _nothing_secret_was_logged(stack: Stack, told: str) -> None:
    """No token, no API key and no value of a variable stands in any log of the whole run."""
    signatures = [token.rpartition(".")[2] for token in stack.running.tokens.values()]
    random_parts = [secret.partition("_")[2] for secret in stack.secrets]
    for secret in (*signatures, *random_parts, rows.VALUE):
        assert secret not in told, "a log holds a secret"


def _wait_until_ready(child: Child, told: Path, log: Path) -> RunningStack:
    deadline = time.monotonic() + READY_SECONDS
    while child.running() and time.monotonic() < deadline:
        if told.exists() and (text := told.read_text()).endswith("}\n"):
            return RunningStack.of(json.loads(text))
        time.sleep(0.1)
    child.stop()
    logs = [log, *sorted((told.parent / "logs").glob("*.log"))]
    tails = (f"--- {path.name}\n{path.read_text()[-3000:]}" for path in logs)
    pytest.fail("The local stack did not become ready.\n" + "\n".join(tails))


def _leftovers(state: Path) -> list[str]:
    """The processes that still work in the stack's directory, by their command lines."""
    if not Path("/proc/self").exists():
        return []
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(state) in command:
            found.append(command)
    return found
