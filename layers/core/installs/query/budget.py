"""The budget of a list: whatever it reads is counted, and too much of it is refused (section 2)."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Protocol

from installs.errors import QueryTooExpensiveError
from installs.query.relations import Related

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from installs.query.relations import Fields
    from installs.store.table import Range

MAX_READ: Final = 20_000
"""What a query may read, in rows of 1 KB: some 20 MB."""

CALL: Final = 8
"""What a call of the table costs beside its rows: the time in which 8 rows are read."""

AT_ONCE: Final = 100
"""Ids that are read between two looks at the budget."""


class Reader(Related, Protocol):
    """What the list needs of the store."""

    def by_ids(self, ids: Iterable[str]) -> Iterable[Fields]:
        """The installs of the ids that are there."""

    def by_range(self, wanted: Range) -> Iterable[Fields]:
        """The installs of a range."""


class Budgeted:
    """A reader that refuses to read on when the budget is spent.

    Raises ``QueryTooExpensiveError``.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._spent = 0

    def by_ids(self, ids: Iterable[str]) -> Iterator[Fields]:
        """The installs of the ids that are there."""
        self._spend(CALL)
        return map(self._paid, self._reader.by_ids(ids))

    def by_range(self, wanted: Range) -> Iterator[Fields]:
        """The installs of a range."""
        self._spend(CALL)
        return map(self._paid, self._reader.by_range(wanted))

    def rows(self, entity: str, ids: Iterable[str]) -> Mapping[str, Fields]:
        """Rows of an entity by id."""
        found: dict[str, Fields] = {}
        for some in _runs(ids):
            self._spend(CALL)
            read = self._reader.rows(entity, some)
            found.update((row_id, self._paid(row)) for row_id, row in read.items())
        return found

    def members(self, install_ids: Iterable[str]) -> Mapping[str, Sequence[Fields]]:
        """The members of installs, by install."""
        return self._many(self._reader.members, install_ids)

    def add_ons(self, install_ids: Iterable[str]) -> Mapping[str, Sequence[Fields]]:
        """The add-ons of installs, by parent."""
        return self._many(self._reader.add_ons, install_ids)

    def _many(
        self,
        read: Callable[[Iterable[str]], Mapping[str, Sequence[Fields]]],
        install_ids: Iterable[str],
    ) -> Mapping[str, Sequence[Fields]]:
        found: dict[str, Sequence[Fields]] = {}
        for some in _runs(install_ids):
            self._spend(CALL * len(some))
            for install_id, rows in read(some).items():
                found[install_id] = [self._paid(row) for row in rows]
        return found

    def _paid(self, row: Fields) -> Fields:
        self._spend(1 + (_length(row, "variables") + _length(row, "permissions")) // 1024)
        return row

    def _spend(self, cost: int) -> None:
        self._spent += cost
        if self._spent > MAX_READ:
            raise QueryTooExpensiveError(
                f"The query would read more than some {MAX_READ:,} rows; narrow it by "
                "workspace_id, integration_id, solution_id, parent_install_id or ids, "
                "or ask for fewer relations."
            )


def _length(row: Mapping[str, Any], field: str) -> int:
    return len(row.get(field, ""))


def _runs(ids: Iterable[str]) -> Iterator[list[str]]:
    left = iter(ids)
    while some := list(islice(left, AT_ONCE)):
        yield some
