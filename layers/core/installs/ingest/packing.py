"""Writes of several lines in one transaction, where they fit and do not meet in an item."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from installs.store import installs
from installs.store.expressions import Check
from installs.store.table import LARGEST_TRANSACTION, TRANSACTION_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from installs.ingest.decisions import Write
    from installs.store.expressions import Action
    from installs.store.keys import Key


@dataclass(slots=True)
class _Pack:
    """Writes that fit together: by number, by size, and no item twice but in equal checks."""

    numbers: list[int] = field(default_factory=list)
    others: dict[Key, Action] = field(default_factory=dict)
    """The actions beside those of the changes of installs."""
    shared: set[Key] = field(default_factory=set)
    """The keys of items that several changes add to, such as counters."""
    rows: set[Key] = field(default_factory=set)
    """The keys of items that one change writes."""
    size: int = 0

    def add(self, number: int, write: Write) -> bool:
        """Add a write if it fits, or is the first; return True if it was added."""
        shared, rows = installs.written_keys(write.changes, write.solutions)
        others = {action.key: action for action in write.actions}
        if self.numbers and (
            self._meets(rows, others)
            or len(self.shared | shared) + len(self.rows | rows) + len(self.others | others)
            > TRANSACTION_LIMIT
            or self.size + write.size > LARGEST_TRANSACTION
        ):
            return False
        self.numbers.append(number)
        self.shared |= shared
        self.rows |= rows
        self.others |= others
        self.size += write.size
        return True

    def _meets(self, rows: set[Key], others: Mapping[Key, Action]) -> bool:
        """Return True if the pack has one of the items already, but in equal checks."""
        if rows & (self.rows | self.others.keys()) or others.keys() & self.rows:
            return True
        return any(
            self.others[key] != action or not isinstance(action, Check)
            for key, action in others.items()
            if key in self.others
        )


def packs(writes: Sequence[Write | None]) -> list[list[int]]:
    """Return the numbers of writes, in runs that fit into one transaction each."""
    packed: list[_Pack] = []
    for number, write in enumerate(writes):
        if write is not None and not (packed and packed[-1].add(number, write)):
            packed.append(_Pack())
            packed[-1].add(number, write)
    return [pack.numbers for pack in packed]
