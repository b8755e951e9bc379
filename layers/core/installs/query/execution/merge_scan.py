"""The merge scan: rows of many ordered ranges, merged from a position on, as far as needed.

It reads in rounds; each reads a batch of several ranges at once, so that a round takes the time of
one request. While too few rows are known, ranges are read in the order of their groups. Once the
wanted number is known, only the ranges are read on that may hold rows before the last of them. So
the rows that are read follow the page, not the size of the workspace. Ten newest of two ranges::

    round 1   5 rows of wsp_1, down to March 3; 5 rows of wsp_2, down to January 9
    round 2   rows of wsp_1 from March 3 on, until one is older than the tenth row known
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from math import ceil
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Protocol

from installs.query.execution.keyed_rows import KeyedRow
from installs.query.planning import batches
from installs.query.planning.ordered_ranges import between
from installs.store.sort_keys import sort_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from installs.query.language.order import Order, SortKey, SortValues
    from installs.query.planning.ordered_ranges import OrderedRange
    from installs.store.filters import Filter
    from installs.store.items import Item
    from installs.store.spans import Batch, Span

_KEY: Final = attrgetter("key")


class BatchReader(Protocol):
    """The read of the store that a merge scan needs."""

    def batches(
        self, wanted: Sequence[tuple[Span, int, Item | None]], condition: Filter | None
    ) -> Sequence[Batch]:
        """Return the next items of several spans: each with the number of rows, and the start."""


@dataclass(slots=True)
class _Cursor:
    """The progress in one range."""

    ordered: OrderedRange
    rows_per_match: float
    """The expected number of rows read for each match; doubles with each batch without one."""
    batch: int = 1
    """The number of rows to ask for next."""
    next: Item | None = None
    """The key behind which the next batch begins; ``None``: nothing was read yet."""
    reached: SortKey | None = None
    """The presorted prefix of the last row that was read."""
    done: bool = False


@dataclass(slots=True)
class MergeScan:
    """One scan from ``start`` to ``stop``; rows at these positions are included.

    Rows behind ``stop`` may be returned too, where they tie with it in a range.
    """

    ranges: Sequence[OrderedRange]
    order: Order
    start: SortValues | None
    stop: SortValues | None
    matches: Callable[[Item], SortValues | None]
    """Returns the sort values of an item that matches, or ``None``."""
    reader: BatchReader
    condition: Filter | None
    exhausted: bool = field(default=False, init=False)
    """True if everything between the positions was read."""

    def fetch(self, wanted: int, *, rows_per_match: float = 1.0) -> list[KeyedRow]:
        """Return the first ``wanted`` rows and one row after them; all rows, if there are fewer."""
        rows: dict[str | None, KeyedRow] = {}
        sliced = between(self.ranges, self.start, self.stop)
        groups = [
            [_Cursor(ordered, rows_per_match) for ordered in group]
            for group in batches.prefix_groups(sliced, any_row=not wanted)
        ]
        cursors = [cursor for group in groups for cursor in group]
        margin = rows_per_match
        min_groups = 1
        reading: list[_Cursor] = []
        while True:
            first = sorted(rows.values(), key=_KEY)[:wanted]
            stop = self.stop
            if len(rows) <= wanted:
                if reading and all(cursor.done for cursor in reading):
                    min_groups *= 2  # these groups held fewer rows than estimated
                missing = (wanted + 1 - len(rows)) * margin
                reading = _next_groups(groups, min_groups, missing, rows_per_match)
                margin *= 2  # bounds the number of rounds, however few rows match
            elif first:
                reading = _before_last(cursors, first)
                stop = first[-1].values
            else:
                break
            if not reading:
                break
            self._read(reading, stop, rows)
        self.exhausted = len(rows) <= wanted
        return sorted(rows.values(), key=_KEY)[: wanted + 1]

    def _read(
        self, cursors: Sequence[_Cursor], stop: SortValues | None, rows: dict[str | None, KeyedRow]
    ) -> None:
        """Read the next batch of each range, and add the rows that match, by id."""
        sliced: list[tuple[_Cursor, Span]] = []
        for cursor in cursors:
            span = cursor.ordered.slice(self.start, stop)
            if span is None:
                cursor.done = True
            else:
                sliced.append((cursor, span))
        wanted = [(span, cursor.batch, cursor.next) for cursor, span in sliced]
        start = self.order.position_key(self.start)
        read = self.reader.batches(wanted, self.condition)
        for (cursor, _), batch in zip(sliced, read, strict=True):
            before = len(rows)
            for item in batch.items:
                values = self.matches(item)
                if values is not None:
                    key = self.order.sort_key_of_values(values)
                    if start is None or key >= start:
                        rows[values[-1]] = KeyedRow(key, values, item)
            if len(rows) == before:
                cursor.rows_per_match *= 2
            self._advance(cursor, batch.next)

    def _advance(self, cursor: _Cursor, next_key: Item | None) -> None:
        """Move a cursor behind the batch that was read; ``None``: that was the last one."""
        cursor.next = next_key
        cursor.batch = batches.at_most(2 * cursor.batch)
        if next_key is None:
            cursor.done = True
        else:
            last = sort_key(cursor.ordered.key_range.index, next_key)
            cursor.reached = self.order.sort_key_of_values(cursor.ordered.sort_values(last))


def _before_last(cursors: Sequence[_Cursor], first: Sequence[KeyedRow]) -> list[_Cursor]:
    """Return the ranges to read on, given as many rows as are wanted (``first``).

    They may hold rows before the last of these. Ranges that have only rows tied with it left are
    read to their end, if there are no others.
    """
    last = first[-1].key
    unfinished = [
        (cursor.reached, cursor)
        for cursor in cursors
        if not cursor.done and cursor.reached is not None and cursor.reached < last
    ]
    before = [
        (reached, cursor) for reached, cursor in unfinished if last[: len(reached)] != reached
    ]
    if before:
        return _useful(before, [row.key for row in first])
    for _, cursor in unfinished:
        cursor.batch = batches.MAX_BATCH
    return [cursor for _, cursor in unfinished]


def _useful(before: list[tuple[SortKey, _Cursor]], keys: Sequence[SortKey]) -> list[_Cursor]:
    """Return the ranges to read on, the nearest first, by what they have reached.

    Together they are asked for no more rows than could be of use: of one range, as many as are
    known behind its position (``keys``).
    """
    room = ceil(len(keys) * max(cursor.rows_per_match for _, cursor in before))
    chosen: list[_Cursor] = []
    for reached, cursor in sorted(before, key=lambda pair: pair[0]):
        useful = len(keys) - bisect_right(keys, reached)
        cursor.batch = min(cursor.batch, batches.at_most(useful * cursor.rows_per_match))
        if chosen and cursor.batch > room:
            break
        chosen.append(cursor)
        room -= cursor.batch
    return chosen


def _next_groups(
    groups: Sequence[Sequence[_Cursor]], min_groups: int, wanted: float, rows_per_match: float
) -> list[_Cursor]:
    """Return the ranges to read on, where more rows are wanted; at least ``min_groups`` groups.

    Each group is asked for the rows that earlier groups are not expected to supply; the batch of a
    range without matches is doubled each time.
    """
    left = [
        unfinished
        for group in groups
        if (unfinished := [cursor for cursor in group if not cursor.done])
    ]
    sizes = [[cursor.ordered.rows for cursor in group] for group in left]
    together = max(min_groups, batches.fan_in(sizes, wanted))
    chosen: list[_Cursor] = []
    for group, estimated in zip(left[:together], sizes[:together], strict=True):
        for cursor, share in zip(group, batches.shares(estimated, wanted), strict=True):
            unmatched = cursor.rows_per_match / rows_per_match
            cursor.batch = batches.at_most(max(share, unmatched))
        chosen += group
        wanted = max(1, wanted - sum(estimated))
    return chosen
