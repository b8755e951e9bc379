"""Writes of several lines in one transaction, where they fit and do not meet in an item."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from installs.store import installs
from installs.store.expressions import Check
from installs.store.table import LARGEST_TRANSACTION, TRANSACTION_LIMIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.ingest.decisions import Write
    from installs.store.expressions import Action
    from installs.store.keys import Key


@dataclass(slots=True)
class _Pack:
    """Writes that fit together: by number, by size, and no item twice but in equal checks."""

    numbers: list[int] = field(default_factory=list)
    others: dict[Key, Action] = field(default_factory=dict)
    shared: set[Key] = field(default_factory=set)
    rows: set[Key] = field(default_factory=set)
    size: int = 0

    def fits(self, write: Write) -> bool:
        """Return True if a write may join."""
        shared, rows = _keys_of(write)
        others = {action.key: action for action in write.actions}
        if rows & (self.rows | self.others.keys()) or others.keys() & self.rows:
            return False
        for key, action in others.items():
            present = self.others.get(key)
            if present is not None and not (present == action and isinstance(action, Check)):
                return False
        number = len(self.shared | shared) + len(self.rows | rows) + len(self.others | others)
        return number <= TRANSACTION_LIMIT and self.size + write.size <= LARGEST_TRANSACTION

    def add(self, number: int, write: Write) -> None:
        """Add a write that fits, or the first."""
        shared, rows = _keys_of(write)
        self.numbers.append(number)
        self.shared |= shared
        self.rows |= rows
        self.others |= {action.key: action for action in write.actions}
        self.size += write.size


def packs(writes: Sequence[Write | None]) -> list[list[int]]:
    """Return the numbers of writes, in runs that fit into one transaction each."""
    packed: list[_Pack] = []
    for number, write in enumerate(writes):
        if write is None:
            continue
        if not packed or not packed[-1].fits(write):
            packed.append(_Pack())
        packed[-1].add(number, write)
    return [pack.numbers for pack in packed]


def _keys_of(write: Write) -> tuple[set[Key], set[Key]]:
    """Return the keys that a commit adds up for several writes, and those of one row alone."""
    shared, rows = installs.touched(write.changes, write.solutions)
    return shared, rows
