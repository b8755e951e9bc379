"""A scan of a table: the state of its items that is needed to find disagreements.

A scan is not a snapshot, since others write meanwhile: it finds suspects only. It keeps little of
each install, and only the marks of dependents, so that a large table fits in memory.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from installs.store import items, keys, scans
from installs.store.dependents import Dependent, Marks
from installs.store.table import key_of
from tools.exporter.rows import row_type
from tools.operate import row_faults
from tools.operate.places import Places
from tools.operate.references import References
from tools.operate.row_faults import Suspect
from tools.operate.secret_pointers import Secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from installs.lifecycle import Deletion, InstallState
    from installs.model import Row
    from installs.store.items import Item
    from installs.store.keys import Key
    from installs.store.table import Table


class ScannedInstall(NamedTuple):
    """Fields of an install that are compared."""

    deletion: Deletion | None
    cascaded: bool
    parent: str | None
    solution: str | None
    workspace: str
    integration: str

    @classmethod
    def of(cls, state: InstallState) -> ScannedInstall:
        """State of an install as read."""
        row = state.row
        return cls(
            state.deletion, state.cascaded, row.parent_install_id, row.solution_id,
            row.workspace_id, row.integration_id,
        )  # fmt: skip


@dataclass(slots=True)
class TableScan:
    """Rows that a scan has seen."""

    items: int = 0
    """Items: rows, and what is beside them (history, counters, pointers, pending work)."""
    rows: int = 0
    installs: dict[str, ScannedInstall] = field(default_factory=dict)
    marks: defaultdict[str, set[Marks]] = field(default_factory=lambda: defaultdict(set))
    """By install: the deletions that its members follow."""
    odd: set[str] = field(default_factory=set)
    """Installs whose index keys or members differ from what would be written."""
    add_ons: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By parent: the add-ons that it has pointers to."""
    solution_installs: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    solution_marks: defaultdict[str, set[Marks]] = field(default_factory=lambda: defaultdict(set))
    """By solution: the deletions that it and its members follow."""
    counters: dict[Key, int] = field(default_factory=dict)
    pending_work: dict[str, str] = field(default_factory=dict)
    """Due time of each install's pending work."""
    places: Places = field(default_factory=Places)
    references: References = field(default_factory=References)
    secrets: Secrets = field(default_factory=Secrets)
    suspects: list[Suspect] = field(default_factory=list)
    """Rows with a fault of their own."""
    unreadable: dict[Key, str] = field(default_factory=dict)
    """Items that cannot be read, and why."""

    def add(self, item: Item) -> None:
        """Add one item."""
        key = key_of(item)
        kind, owner_id = keys.owner_of(key)
        found = row_type(item)
        self.items += 1
        self.rows += found is not None
        if found is not None and (lacks := row_faults.missing(found, item)):
            self.unreadable[key] = f"lacks {', '.join(lacks)}"
            return
        try:
            if found is not None:
                self._add_row(found, key, item)
            self._add_state(kind, owner_id, key, item)
        except KeyError as lacking:
            self.unreadable[key] = f"lacks {lacking.args[0]}"
        except ValueError as wrong:
            self.unreadable[key] = f"has a wrong value: {wrong}"

    def _add_row(self, row_type: type[Row], key: Key, item: Item) -> None:
        if row_faults.faults(row_type, key, item):
            self.suspects.append(Suspect(row_type, key))
        self.places.add_row(row_type, key, item)
        self.references.add(row_type, key, item)

    def _add_state(self, kind: str, owner_id: str, key: Key, item: Item) -> None:
        if items.LIVE in item:
            self.counters[key] = items.decode(item)[items.LIVE]
        elif kind == "INSTALL":
            self._add_of_install(owner_id, key, item)
        elif kind == "SOLUTION":
            self._add_of_solution(owner_id, key, item)
        elif kind == "LOCATOR":
            self.places.add_locator(key, item)
        elif kind in ("KEY", "SECRET"):
            self.secrets.add(kind, owner_id, item)

    def _add_of_install(self, install_id: str, key: Key, item: Item) -> None:
        if key.sk == keys.INSTALL_SK:
            state = items.item_to_install(item)
            self.installs[install_id] = ScannedInstall.of(state)
            if items.install_to_item(state) != item:
                self.odd.add(install_id)
        elif key.sk == keys.PENDING_SK:
            time = keys.time_of(items.decode(item)[keys.BY_PENDING.sort])
            self.pending_work[install_id] = time
        elif key.sk.startswith(keys.ADD_ON_PREFIX):
            self.add_ons[install_id].add(keys.target_of(key))
        elif key.sk.startswith(keys.MEMBER_PREFIX):
            member = Dependent(items.decode(item))
            if member.managed:
                self.marks[install_id].add(member.marks)
            if member.deletion_id is not None and member.values["enabled"]:
                self.odd.add(install_id)

    def _add_of_solution(self, solution_id: str, key: Key, item: Item) -> None:
        if key.sk.startswith(keys.SOLUTION_INSTALL_PREFIX):
            self.solution_installs[solution_id].add(keys.target_of(key))
        elif key == keys.solution(solution_id) or key.sk.startswith(keys.MEMBER_PREFIX):
            row = Dependent(items.decode(item))
            if row.managed:
                self.solution_marks[solution_id].add(row.marks)


def scan_table(table: Table, on_item: Callable[[int], None]) -> TableScan:
    """Scan a table page by page; report the number of items so far to ``on_item``."""
    scan = TableScan()
    for page in scans.pages(table):
        for item in page:
            scan.add(item)
        on_item(scan.items)
    return scan
