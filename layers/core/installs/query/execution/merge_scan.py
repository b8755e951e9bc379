"""Walks an order from a position, over lanes that are merged as far as need be.

In rounds. Each reads the next rows of several lanes at once; then the best rows found so far say
how far the others still have to be read: up to the last row that is wanted, and not beyond. A lane
that has been read that far is left alone, so that what is examined follows the page, not the number
of rows, and a round costs the time of one request.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from math import ceil
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from installs.query.planning.batches import fan_in, prefix_groups
from installs.query.planning.key_ranges import between

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from installs.query.language.order import Order, SortKey, SortValues
    from installs.query.planning.key_ranges import OrderedRange
    from installs.store.filters import Filter
    from installs.store.items import Item
    from installs.store.spans import Batch, Span

_KEY: Final = attrgetter("key")

MAX_BATCH: Final = 1_000
"""The most rows that a lane is asked for at once; a page of 1 MB holds about as many."""


class KeyedRow(NamedTuple):
    """A row that matches, and its place."""

    key: SortKey
    values: SortValues
    item: Item


class BatchReader(Protocol):
    """What a walk needs of the store."""

    def batches(
        self, wanted: Sequence[tuple[Span, int, Item | None]], condition: Filter | None
    ) -> Sequence[Batch]:
        """The next items of several spans at once: of each a span, how many, and the start."""


@dataclass(slots=True)
class _Open:
    """A lane that is being read."""

    way: OrderedRange
    per_match: float
    """How many of its rows are thought to be examined for each that matches."""
    size: int = 1
    """How many rows it is asked for next."""
    start: Item | None = None
    reached: SortKey | None = None
    """How far it has been read: what the last row is sorted by, as far as the lane leads."""
    done: bool = False


@dataclass(slots=True)
class MergeScan:
    """One walk: from ``near`` on, up to ``far``, both included where they are rows.

    Of the rows behind ``far``, those that lie beside it in a lane may be found as well.
    """

    ranges: Sequence[OrderedRange]
    order: Order
    start: SortValues | None
    stop: SortValues | None
    matches: Callable[[Item], SortValues | None]
    """What a row is sorted by, if it is looked for."""
    reader: BatchReader
    condition: Filter | None
    exhausted: bool = field(default=False, init=False)
    """Whether everything between the positions was read."""

    def fetch(self, wanted: int, *, per_match: float = 1.0) -> list[KeyedRow]:
        """The first rows that match, so many of them, and any one of those behind; all, if fewer.

        ``per_match`` is a guess: how many rows are examined for each that matches.
        """
        found: dict[Any, KeyedRow] = {}
        groups = [
            [_Open(way, per_match) for way in group]
            for group in prefix_groups(
                between(self.ranges, self.start, self.stop), any_row=not wanted
            )
        ]
        lanes = [lane for group in groups for lane in group]
        times, least = per_match, 1
        reading: list[_Open] = []
        while True:
            first = sorted(found.values(), key=_KEY)[:wanted]
            if len(found) <= wanted:
                if reading and all(lane.done for lane in reading):
                    least *= 2  # they hold less than is thought
                rows = (wanted + 1 - len(found)) * times
                reading, far = _next(groups, least, rows, per_match), self.stop
                times *= 2  # so that there are few rounds, however little they find
            elif first:
                reading, far = _ahead(lanes, first), first[-1].values
            else:
                break
            if not reading:
                break
            self._round(reading, far, found)
        self.exhausted = len(found) <= wanted
        return sorted(found.values(), key=_KEY)[: wanted + 1]

    def _round(
        self, lanes: Sequence[_Open], far: SortValues | None, found: dict[Any, KeyedRow]
    ) -> None:
        asked: list[tuple[_Open, Span]] = []
        for lane in lanes:
            span = lane.way.span(self.start, far)
            if span is None:
                lane.done = True
            else:
                asked.append((lane, span))
        chunks = self.reader.batches(
            [(span, lane.size, lane.start) for lane, span in asked], self.condition
        )
        begin = None if self.start is None else self.order.sort_key_of_values(self.start)
        for (lane, _), chunk in zip(asked, chunks, strict=True):
            before = len(found)
            for item in chunk.items:
                values = self.matches(item)
                if values is not None:
                    key = self.order.sort_key_of_values(values)
                    if begin is None or key >= begin:
                        found[values[-1]] = KeyedRow(key, values, item)
            if len(found) == before:
                lane.per_match *= 2
            lane.start = chunk.next
            lane.size = min(2 * lane.size, MAX_BATCH)
            if chunk.next is None:
                lane.done = True
            else:
                lane.reached = self.order.sort_key_of_values(lane.way.values(chunk.next))


def _ahead(lanes: Sequence[_Open], first: Sequence[KeyedRow]) -> list[_Open]:
    """The lanes to read next, where as many rows as are wanted are known (``first``).

    Those that may hold rows ahead of the last one: the nearest first, and no more at once than all
    together could use. What of a lane can be of use are as many rows as lie behind it. Where all
    have been read up to rows like the last one, as far as they lead, those are read to their end.
    """
    keys = [row.key for row in first]
    behind = [
        (lane.reached, lane)
        for lane in lanes
        if not lane.done and lane.reached is not None and lane.reached < keys[-1]
    ]
    nearer = [one for one in behind if keys[-1][: len(one[0])] != one[0]]
    if not nearer:
        for _, lane in behind:
            lane.size = MAX_BATCH
        return [lane for _, lane in behind]
    room = ceil(len(first) * max(lane.per_match for _, lane in nearer))
    chosen: list[_Open] = []
    for reached, lane in sorted(nearer, key=lambda one: one[0]):
        useful = len(first) - bisect_right(keys, reached)
        lane.size = min(lane.size, ceil(useful * lane.per_match), MAX_BATCH)
        if chosen and lane.size > room:
            break
        chosen.append(lane)
        room -= lane.size
    return chosen


def _next(
    groups: Sequence[Sequence[_Open]], least: int, wanted: float, per_match: float
) -> list[_Open]:
    """The lanes to read next, of so many groups at least, where more rows are wanted.

    Each group is asked for what those ahead of it are not to have; a lane of which nothing was
    kept, for twice as much each time.
    """
    left = [some for group in groups if (some := [lane for lane in group if not lane.done])]
    sizes = [[lane.way.rows for lane in group] for group in left]
    reading: list[_Open] = []
    together = max(least, fan_in(sizes, wanted))
    for group, its in zip(left[:together], sizes[:together], strict=True):
        for lane, size in zip(group, _likely(its, wanted), strict=True):
            lane.size = min(max(size, ceil(lane.per_match / per_match)), MAX_BATCH)
        reading += group
        wanted = max(1, wanted - sum(its))
    return reading


def _likely(sizes: Sequence[int], wanted: float) -> list[int]:
    """How many of the rows wanted each lane is likely to have, by its size; at least one."""
    part = wanted / max(1, sum(sizes))
    shares = [max(1, round(size * part)) for size in sizes]
    largest = max(range(len(sizes)), key=sizes.__getitem__)
    shares[largest] += max(0, ceil(wanted) - sum(shares))
    return shares
