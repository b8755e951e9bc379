"""Writes of several lines in one transaction, where they fit and do not meet in an item."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from installs.store import installs
from installs.store.expressions import Check
from installs.store.table import TRANSACTION_LIMIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.ingest.decisions import Write
    from installs.store.expressions import Action
    from installs.store.keys import Key

LARGEST_TRANSACTION: Final = 3_000_000
"""In bytes of the items written, with room below DynamoDB's 4 MB (AWS: TransactWriteItems)."""


@dataclass(slots=True)
class _Pack:
    """Writes that fit together: by number, by size, and no item twice but in equal checks."""

    places: list[int] = field(default_factory=list)
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
            there = self.others.get(key)
            if there is not None and not (there == action and isinstance(action, Check)):
                return False
        number = len(self.shared | shared) + len(self.rows | rows) + len(self.others | others)
        return number <= TRANSACTION_LIMIT and self.size + write.size <= LARGEST_TRANSACTION

    def add(self, place: int, write: Write) -> None:
        """Add a write that fits, or the first."""
        shared, rows = _keys_of(write)
        self.places.append(place)
        self.shared |= shared
        self.rows |= rows
        self.others |= {action.key: action for action in write.actions}
        self.size += write.size


def packs(writes: Sequence[Write | None]) -> list[list[int]]:
    """Return the places of writes, in runs that fit into one transaction each."""
    found: list[_Pack] = []
    for place, write in enumerate(writes):
        if write is None:
            continue
        if not found or not found[-1].fits(write):
            found.append(_Pack())
        found[-1].add(place, write)
    return [pack.places for pack in found]


def _keys_of(write: Write) -> tuple[set[Key], set[Key]]:
    """Return the keys that a commit adds up for several writes, and those of one row alone."""
    shared, rows = installs.touched(write.changes, write.solutions)
    return shared, rows
