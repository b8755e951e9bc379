"""A large uninstall, timed: ``python -m tools.bench.cascade MEMBERS [ADDONS [DEPTH]]``.

One install with so many members, so many add-ons, and a chain of add-ons so deep is uninstalled,
restored, uninstalled again and purged, on Dynoxide with the stream on; the records go
through the mapping's poller into the handler, whose invocations are as short as the template says.
"""

from __future__ import annotations

import io
import os
import resource
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from functions.cascade import handler as cascade
from installs import commands, model
from installs.access import Principal
from installs.lifecycle import InstallState
from installs.log import logger
from installs.origin import INGEST
from installs.store import installs, items, keys
from installs.store.installs import Change
from installs.store.table import Table
from tools.bench import world
from tools.local import dynoxide
from tools.local.paths import TEMPLATE
from tools.local.stream.functions import in_process
from tools.local.stream.poller import Poller
from tools.local.stream.settings import MappingSettings
from tools.local.tables import TableDefinition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from installs.store.expressions import Action

ROOT: Final = Principal("usr_root")
AT: Final = "2026-11-01T10:00:00.000Z"
INSTALL: Final = "ins_large"
SECONDS: Final = 300
"""Timeout of an invocation of the cascade (template.yaml)."""


class Invocation:
    """Lambda's context: how much time is left of an invocation."""

    def __init__(self) -> None:
        self._ends = time.monotonic() + SECONDS

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation would end."""
        return int((self._ends - time.monotonic()) * 1000)


class Counting(Table):
    """A table that counts what is written to it."""

    transactions = 0
    actions = 0
    seconds = 0.0

    def transact(self, actions: Sequence[Action]) -> None:
        """Write, and count."""
        began = time.perf_counter()
        super().transact(actions)
        Counting.seconds += time.perf_counter() - began
        Counting.transactions += 1
        Counting.actions += len(actions)


class Working:
    """The handler of the cascade, with the CPU time of its invocations."""

    cpu = 0.0

    def __call__(self, event: Mapping[str, Any]) -> object:
        """Handle the event, and add what it took."""
        began = time.process_time()
        try:
            return in_process(cascade.handler, Invocation())(event)
        finally:
            Working.cpu += time.process_time() - began


@dataclass(frozen=True)
class Size:
    """Dependents of the install."""

    members: int
    add_ons: int = 0
    depth: int = 0

    @property
    def rows(self) -> int:
        """All that a change of the install has to reach."""
        return self.members + self.add_ons + self.depth


def fill(table: Table, size: Size) -> None:
    """Write the install and its dependents."""
    root = model.User("usr_root", "Root", "r@example.org", "root", "admin", AT)
    world.put(table, [items.row_to_item(keys.user(root.id), root)])
    chain = [INSTALL, *(f"ins_deep_{n:03}" for n in range(size.depth))]
    states = [_install(INSTALL, None)]
    states += [_install(f"ins_wide_{n:06}", INSTALL) for n in range(size.add_ons)]
    states += [_install(below, above) for above, below in pairwise(chain)]
    for start in range(0, len(states), 10):
        batch = states[start : start + 10]
        installs.commit(table, [Change(None, state) for state in batch], origin=INGEST)
    rows = [
        model.IntegrationMember(
            f"mem_{n:06}", INSTALL, "wsp_x", f"ent_{n:06}", None, f"slug-{n}", False, None, False,
            n % 3 > 0, '{"scopes":["read","write"]}', "usr_root", AT, None, None,
        )
        for n in range(size.members)
    ]  # fmt: skip
    world.put(table, (items.row_to_item(keys.member(INSTALL, row.id), row) for row in rows))


def _install(install_id: str, parent_id: str | None) -> InstallState:
    return InstallState(
        model.Install(
            install_id, "itg_x", "ver_x", "wsp_x", "{}", None, "auto_all", parent_id, None,
            "usr_root", AT, None, None, None,
        )
    )  # fmt: skip


def measure(name: str, rows: int, drain: Callable[[], None]) -> None:
    """Drain the stream, and print what it took."""
    Counting.transactions, Counting.actions, Counting.seconds, Working.cpu = 0, 0, 0.0, 0.0
    began = time.perf_counter()
    with patch.object(logger.registered_handler, "stream", io.StringIO()):
        drain()
    seconds = time.perf_counter() - began
    writes = Counting.actions / rows
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:10} {seconds:7.2f} s  {1000 * seconds / rows:6.3f} s per 1,000  "
        f"{100 * Counting.seconds / seconds:3.0f} % of it waiting for writes  "
        f"{1000 * Working.cpu / rows:5.3f} s of CPU per 1,000  "
        f"{Counting.transactions:5} transactions  {writes:5.3f} writes per row  "
        f"{memory:4.0f} MB at most"
    )


def main() -> None:
    """Measure with as many members, add-ons and levels as the arguments say."""
    size = Size(*map(int, sys.argv[1:] or ["10000"]))
    with (
        TemporaryDirectory() as folder,
        dynoxide.running_dynoxide(log=Path(folder) / "dynoxide.log") as (endpoint, _),
    ):
        client = dynoxide.dynamodb_client(endpoint)
        TableDefinition.from_template(TEMPLATE).create(client, "bench")
        os.environ |= dynoxide.CREDENTIALS | {"AWS_DEFAULT_REGION": dynoxide.REGION}
        os.environ |= {"AWS_ENDPOINT_URL_DYNAMODB": endpoint, "TABLE_NAME": "bench"}
        os.environ |= {"DEAD_LETTER_BUCKET": "none", "POWERTOOLS_METRICS_DISABLED": "true"}
        cascade.__dict__["Table"] = Counting
        table = Table("bench", client)
        fill(table, size)
        described: Any = client.describe_table(TableName="bench")["Table"]
        poller = Poller(
            dynoxide.streams_client(endpoint),
            described["LatestStreamArn"],
            Working(),
            MappingSettings.from_template(TEMPLATE),
        )
        poller.drain()
        for name, act in (
            ("uninstall", lambda: commands.uninstall(table, ROOT, INSTALL, stack_tier="medium")),
            ("restore", lambda: commands.restore(table, ROOT, INSTALL)),
            ("uninstall", lambda: commands.uninstall(table, ROOT, INSTALL, stack_tier="medium")),
            ("purge", lambda: commands.purge(table, ROOT, INSTALL)),
        ):
            act()
            measure(name, size.rows, poller.drain)


if __name__ == "__main__":
    main()
