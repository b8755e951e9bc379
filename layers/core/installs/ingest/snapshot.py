"""The items that decisions need: read in batches, each item once.

A decision asks for items as if all were there. What is not there yet ends the decision with
``UnreadError``; the missing items of all decisions are read together, and they are made again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from installs.store import items, keys
from installs.store.pending import deletion_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from installs.lifecycle import Deletion, InstallState
    from installs.store.items import Fields
    from installs.store.keys import Key
    from installs.store.table import Table

T = TypeVar("T")
R = TypeVar("R")


class UnreadError(Exception):
    """A decision needs items that have not been read."""

    def __init__(self, wanted: Iterable[Key]) -> None:
        super().__init__("items have to be read first")
        self.wanted = tuple(wanted)


class Snapshot:
    """Items of the table, consistent each by itself, at one time ``now``.

    ``leaving``: ids of rows that leave their places in the transaction that is decided.
    """

    def __init__(self, now: datetime, leaving: frozenset[str] = frozenset()) -> None:
        self.now = now
        self.leaving = leaving
        self._items: dict[Key, Fields | None] = {}

    def need(self, *wanted: Key) -> None:
        """Say which items a decision will ask for, so that they are read in one batch.

        Raises
        ------
        UnreadError
            Some have not been read.
        """
        if unread := [key for key in wanted if key not in self._items]:
            raise UnreadError(unread)

    def get(self, key: Key) -> Fields | None:
        """Return the values of an item; ``None``: there is no such item.

        Raises
        ------
        UnreadError
            It has not been read.
        """
        self.need(key)
        return self._items[key]

    def install(self, install_id: str) -> InstallState | None:
        """Return an install."""
        values = self.get(keys.install(install_id))
        return None if values is None else items.fields_to_install(values)

    def deletion_being_purged(self, install_id: str) -> Deletion | None:
        """Return the deletion of an install that is gone and whose cascade has not finished."""
        values = self.get(keys.pending_work(install_id))
        return None if values is None else deletion_of(values)

    def decide(self, table: Table, lines: Sequence[T], decide: Callable[[T], R]) -> list[R]:
        """Return the decision of each; what they need is read from the table, for all at once."""
        decided: dict[int, R] = {}
        while len(decided) < len(lines):
            wanted: dict[Key, None] = {}
            for number, line in enumerate(lines):
                if number not in decided:
                    try:
                        decided[number] = decide(line)
                    except UnreadError as unread:
                        wanted.update(dict.fromkeys(unread.wanted))
            if wanted:
                fetched = table.get_many(wanted)
                self._items.update(
                    (key, items.decode(fetched[key]) if key in fetched else None) for key in wanted
                )
        return [decided[number] for number in range(len(lines))]
