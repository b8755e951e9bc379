"""The window of a merge scan plan: the page, the rows on either side of it, and the total.

The rows at the cursors are read with the page: they show that rows exist beside it. If one of them
no longer exists, a scan of a single row (an edge probe) decides. With ``after=b`` and ``limit=2``::

    rows a b c d e                 the scan from b reads b c d e; b itself precedes the page
    rows a c d e, b was purged     the scan from b reads c d e; the probe back from b reads a
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from installs.query.execution.keyed_rows import row_filter
from installs.query.execution.merge_scan import MergeScan
from installs.query.execution.page import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from installs.query.execution.keyed_rows import KeyedRow
    from installs.query.execution.reader import Reader
    from installs.query.language.order import Order, SortValues
    from installs.query.planning.list_request import ListRequest
    from installs.query.planning.ordered_ranges import OrderedRange
    from installs.query.planning.plans import MergeScanPlan
    from installs.query.planning.statistics import Statistics
    from installs.store.items import Item


def run_merge_scan(
    request: ListRequest, plan: MergeScanPlan, reader: Reader, statistics: Statistics
) -> Window:
    """Read the first rows of a plan's ranges, and return the window that the request asks for."""
    read = _OrderedRead(request, plan, reader, statistics)
    # Without cursors, a page that holds every row gives the total: DynamoDB may not have to count.
    whole = request.start is None and request.stop is None
    counts_later = whole and bool(plan.total_source.ranges)
    wait_for_total = None if counts_later else read.begin_total()
    scan = read.scan(plan.ranges, request.order, request.start, request.stop)
    limit = request.query.limit
    fetched = scan.fetch(limit + (request.start is not None), rows_per_match=plan.rows_per_match)
    rows, at_or_before_start, at_or_after_stop = _split(request, fetched)
    if request.start is not None and not at_or_before_start:
        at_or_before_start = read.has_rows_before(request.start)
    if request.stop is not None and not at_or_after_stop and len(rows) <= limit:
        at_or_after_stop = read.has_rows_after(request.stop)
    if wait_for_total is not None:
        total = wait_for_total()
    else:
        total = len(rows) if scan.exhausted else read.begin_total()()
    # Counters may be behind the rows by a moment: the rows that were seen exist.
    seen = len(rows) + at_or_before_start
    return Window(rows[: limit + 1], max(seen, total), at_or_before_start, at_or_after_stop)


def _split(request: ListRequest, fetched: Sequence[KeyedRow]) -> tuple[list[KeyedRow], bool, bool]:
    """Return the rows between the positions; True if one is at start; True if at or after stop."""
    order = request.order
    start, stop = (
        order.position_key(request.start),
        order.position_key(request.stop),
    )
    rows = [
        row
        for row in fetched
        if (start is None or row.key > start) and (stop is None or row.key < stop)
    ]
    at_start = bool(fetched) and fetched[0].key == start
    at_or_after_stop = bool(fetched) and stop is not None and fetched[-1].key >= stop
    return rows, at_start, at_or_after_stop


@dataclass(frozen=True, slots=True)
class _OrderedRead:
    """The reads of one merge scan plan."""

    request: ListRequest
    plan: MergeScanPlan
    reader: Reader
    statistics: Statistics

    def scan(
        self,
        ranges: Sequence[OrderedRange],
        order: Order,
        start: SortValues | None,
        stop: SortValues | None,
    ) -> MergeScan:
        """Return a scan of the rows that match, between two positions."""
        return MergeScan(
            ranges, order, start, stop, self._matcher(order), self.reader,
            self.plan.pushed.condition,
        )  # fmt: skip

    def has_rows_before(self, position: SortValues) -> bool:
        """Probe for a row at a position or before it."""
        ranges = [ordered.reversed() for ordered in self.plan.ranges]
        return self._probe(self.scan(ranges, self.request.order.reversed(), position, None))

    def has_rows_after(self, position: SortValues) -> bool:
        """Probe for a row at a position or after it."""
        return self._probe(self.scan(self.plan.ranges, self.request.order, position, None))

    def begin_total(self) -> Callable[[], int]:
        """Begin to count all rows that match: by counters, or by DynamoDB where none counts them.

        The function returned waits for the number.
        """
        source, statistics = self.plan.total_source, self.statistics
        known = [statistics[counter] for counter in source.live_counters if counter in statistics]
        unread = [counter for counter in source.live_counters if counter not in statistics]
        spans = [key_range.span for key_range in source.ranges]
        wait = self.reader.begin_total(unread, spans, self.plan.pushed.condition)
        return lambda: sum(known) + wait()

    def _probe(self, scan: MergeScan) -> bool:
        return bool(scan.fetch(0, rows_per_match=self.plan.rows_per_match))

    def _matcher(self, order: Order) -> Callable[[Item], SortValues | None]:
        row_of = row_filter(self.request, self.request.filter)

        def matches(item: Item) -> SortValues | None:
            row = row_of(item)
            return None if row is None else order.values(row)

        return matches
