"""The merge scan: rows of many ordered ranges, merged from a position on, as far as needed.

It reads in rounds; each reads a batch of several ranges at once, so that a round takes the time of
one request. While too few rows are known, ranges are read by groups: all rows of a group precede
those of the next one (``batches.prefix_groups``). Once the wanted number is known, only the ranges
that may hold rows before the last of them are read on. So the rows that are read follow the page,
not the size of the workspace. The ten newest of two ranges, and one row that shows that there are
more::

    round 1   6 rows of wsp_1, down to March 3; 6 rows of wsp_2, down to January 9
    round 2   rows of wsp_1 older than March 3, until one is older than the tenth row known
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

    from installs.query.language.order import Order, OrderKey, SortValues
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


@dataclass(slots=True, eq=False)
class _RangeProgress:
    """The progress of reading one range."""

    ordered: OrderedRange
    rows_per_match: float
    """The expected number of rows read for each match; doubles with each batch without one."""
    batch: int = 1
    """The most rows to ask for next, once the wanted number of rows is known."""
    next: Item | None = None
    """The key after which the next batch begins; ``None``: nothing was read yet."""
    reached: OrderKey | None = None
    """The presorted prefix of the last row that was read."""
    done: bool = False


_Request = tuple[_RangeProgress, int]
"""A range to read on, and the number of rows to ask for."""


@dataclass(slots=True)
class MergeScan:
    """One scan from ``start`` to ``stop``; rows at these positions are included.

    Rows after ``stop`` may be returned too, where they tie with it in a range.
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
        """Return the first ``wanted`` rows and one row after them; all rows, if there are fewer.

        With ``wanted`` 0 it is a probe: any row will do, so the largest range is read first.
        """
        rows: dict[str | None, KeyedRow] = {}
        sliced = between(self.ranges, self.start, self.stop)
        groups = [
            [_RangeProgress(ordered, rows_per_match) for ordered in group]
            for group in batches.prefix_groups(sliced, any_row=not wanted)
        ]
        ranges = [progress for group in groups for progress in group]
        search = _Search(groups, rows_per_match)
        while True:
            missing = wanted + 1 - len(rows)
            if missing > 0:
                stop, requests = self.stop, search.next_requests(missing)
            elif wanted:
                first = sorted(rows.values(), key=_KEY)[:wanted]
                stop, requests = first[-1].values, _requests_before_last(ranges, first)
            else:
                break
            if not requests:
                break
            self._read(requests, stop, rows)
        self.exhausted = len(rows) <= wanted
        return sorted(rows.values(), key=_KEY)[: wanted + 1]

    def _read(
        self,
        requests: Sequence[_Request],
        stop: SortValues | None,
        rows: dict[str | None, KeyedRow],
    ) -> None:
        """Read the next batch of each range, and add the rows that match, by id."""
        sliced: list[tuple[_RangeProgress, int, Span]] = []
        for progress, size in requests:
            span = progress.ordered.slice(self.start, stop)
            if span is None:
                progress.done = True
            else:
                sliced.append((progress, size, span))
        wanted = [(span, size, progress.next) for progress, size, span in sliced]
        start = self.order.position_key(self.start)
        read = self.reader.batches(wanted, self.condition)
        for (progress, size, _), batch in zip(sliced, read, strict=True):
            before = len(rows)
            for item in batch.items:
                values = self.matches(item)
                if values is not None:
                    key = self.order.order_key(values)
                    if start is None or key >= start:
                        rows[values[-1]] = KeyedRow(key, values, item)
            if len(rows) == before:
                progress.rows_per_match *= 2
            progress.batch = batches.clamp_batch(2 * size)
            self._advance(progress, batch.next)

    def _advance(self, progress: _RangeProgress, next_key: Item | None) -> None:
        """Note that a range was read up to a key; ``None``: to its end."""
        progress.next = next_key
        if next_key is None:
            progress.done = True
        else:
            last = sort_key(progress.ordered.key_range.index, next_key)
            progress.reached = self.order.order_key(progress.ordered.sort_values(last))


@dataclass(slots=True)
class _Search:
    """The search for rows while too few are known: group by group, with ever larger batches."""

    groups: Sequence[Sequence[_RangeProgress]]
    rows_per_match: float
    """The plan's estimate."""
    margin: float = field(init=False)
    """The rows to read for each that is missing; doubles with each round, so that rounds are few
    however few rows match."""
    min_groups: int = 1
    """The groups to read at once; doubles if the last ones held fewer rows than estimated."""
    reading: Sequence[_RangeProgress] = ()
    """The ranges of the last round."""

    def __post_init__(self) -> None:
        self.margin = self.rows_per_match

    def next_requests(self, missing: int) -> list[_Request]:
        """Return the requests of the next round; none if all ranges were read to their end.

        Each group is asked for the rows that earlier groups are not expected to supply; the batch
        of a range without matches is doubled each time.
        """
        if self.reading and all(progress.done for progress in self.reading):
            self.min_groups *= 2
        wanted = missing * self.margin
        self.margin *= 2
        left = [
            unfinished
            for group in self.groups
            if (unfinished := [progress for progress in group if not progress.done])
        ]
        sizes = [[progress.ordered.rows for progress in group] for group in left]
        together = max(self.min_groups, batches.fan_in(sizes, wanted))
        requests: list[_Request] = []
        for group, estimated in zip(left[:together], sizes[:together], strict=True):
            for progress, share in zip(group, batches.shares(estimated, wanted), strict=True):
                unmatched = progress.rows_per_match / self.rows_per_match
                requests.append((progress, batches.clamp_batch(max(share, unmatched))))
            wanted = max(1, wanted - sum(estimated))
        self.reading = [progress for progress, _ in requests]
        return requests


def _requests_before_last(
    ranges: Sequence[_RangeProgress], first: Sequence[KeyedRow]
) -> list[_Request]:
    """Return the requests for rows that may precede the last of the wanted ones.

    ``first``: as many rows as are wanted, the first of those that are known. If only ties with the
    last row remain, those ranges are read to their end.
    """
    last = first[-1].key
    unfinished = [
        (progress.reached, progress)
        for progress in ranges
        if not progress.done and progress.reached is not None and progress.reached < last
    ]
    before = [
        (reached, progress) for reached, progress in unfinished if last[: len(reached)] != reached
    ]
    if before:
        return _useful_requests(before, [row.key for row in first])
    return [(progress, batches.MAX_BATCH) for _, progress in unfinished]


def _useful_requests(
    before: Sequence[tuple[OrderKey, _RangeProgress]], keys: Sequence[OrderKey]
) -> list[_Request]:
    """Return requests to the ranges, the nearest first by the prefixes that they have reached.

    Per range, they ask for at most as many rows as known rows (``keys``) sort after what it has
    reached. Together they ask for no more rows than as many matches are expected to take.
    """
    room = ceil(len(keys) * max(progress.rows_per_match for _, progress in before))
    requests: list[_Request] = []
    for reached, progress in sorted(before, key=lambda pair: pair[0]):
        useful = len(keys) - bisect_right(keys, reached)
        size = min(progress.batch, batches.clamp_batch(useful * progress.rows_per_match))
        if requests and size > room:
            break
        requests.append((progress, size))
        room -= size
    return requests
