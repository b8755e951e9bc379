"""A scan of a table: the state of its items that is needed to find disagreements.

A scan is not a snapshot, since others write meanwhile: it finds suspects only. It keeps little of
each install, and only the marks of dependents, so that a large table fits in memory.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from installs.store import items, keys
from installs.store.dependents import Dependent
from installs.store.keys import Key

if TYPE_CHECKING:
    from collections.abc import Callable

    from installs.lifecycle import InstallState
    from installs.store.items import Item
    from installs.store.table import Table


class Seen(NamedTuple):
    """Fields of an install that are compared."""

    deletion_id: str | None
    cascaded: bool
    parent: str | None
    solution: str | None
    workspace: str
    integration: str

    @classmethod
    def of(cls, state: InstallState) -> Seen:
        """State of an install as read."""
        row = state.row
        deletion_id = None if state.deletion is None else state.deletion.id
        return cls(
            deletion_id, state.cascaded, row.parent_install_id, row.solution_id,
            row.workspace_id, row.integration_id,
        )  # fmt: skip


@dataclass(slots=True)
class TableScan:
    """Rows that a scan has seen."""

    installs: dict[str, Seen] = field(default_factory=dict)
    marks: defaultdict[str, set[str | None]] = field(default_factory=lambda: defaultdict(set))
    """By install: the deletions that its members follow; ``None`` for live ones."""
    odd: set[str] = field(default_factory=set)
    """Installs whose index keys or members differ from what would be written."""
    add_ons: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By parent: the add-ons that it has pointers to."""
    solution_installs: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    solution_marks: defaultdict[str, set[str | None]] = field(
        default_factory=lambda: defaultdict(set)
    )
    """By solution: the deletions that it and its members follow."""
    counters: dict[Key, int] = field(default_factory=dict)
    pending_work: dict[str, str] = field(default_factory=dict)
    """Due time of each install's pending work."""

    def add(self, item: Item) -> None:
        """Add one item."""
        kind, _, owner = item[keys.PK]["S"].partition("#")
        sort = item[keys.SK]["S"]
        if items.LIVE in item:
            self.counters[Key(item[keys.PK]["S"], sort)] = int(item[items.LIVE]["N"])
        elif kind == "INSTALL":
            self._add_of_install(owner, sort, item)
        elif kind == "SOLUTION":
            self._add_of_solution(owner, sort, item)

    def _add_of_install(self, install_id: str, sort: str, item: Item) -> None:
        if sort == keys.INSTALL_SK:
            state = items.item_to_install(item)
            self.installs[install_id] = Seen.of(state)
            if items.install_to_item(state) != item:
                self.odd.add(install_id)
        elif sort == keys.PENDING_SK:
            self.pending_work[install_id] = item[keys.BY_PENDING.sort]["S"].partition("#")[0]
        elif sort.startswith(keys.ADD_ON_PREFIX):
            self.add_ons[install_id].add(sort.removeprefix(keys.ADD_ON_PREFIX))
        elif sort.startswith(keys.MEMBER_PREFIX):
            member = Dependent(items.decode(item))
            if member.follows:
                self.marks[install_id].add(member.deletion_id)
            if member.deletion_id is not None and member.values["enabled"]:
                self.odd.add(install_id)

    def _add_of_solution(self, solution_id: str, sort: str, item: Item) -> None:
        if sort.startswith(keys.SOLUTION_INSTALL_PREFIX):
            install_id = sort.removeprefix(keys.SOLUTION_INSTALL_PREFIX)
            self.solution_installs[solution_id].add(install_id)
        elif sort == keys.solution(solution_id).sk or sort.startswith(keys.MEMBER_PREFIX):
            row = Dependent(items.decode(item))
            if row.follows:
                self.solution_marks[solution_id].add(row.deletion_id)


def scan_table(table: Table, on_item: Callable[[int], None]) -> TableScan:
    """Scan a table page by page; report the number of items so far to ``on_item``."""
    seen, number = TableScan(), 0
    pages: Any = table.client.get_paginator("scan").paginate(
        TableName=table.name, ConsistentRead=True
    )
    for page in pages:
        for item in page["Items"]:
            seen.add(cast("Item", item))
        number += len(page["Items"])
        on_item(number)
    return seen
