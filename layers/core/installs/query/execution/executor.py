"""Runs a list: looks for the cheapest plan, and makes its page exact (CONTRACT.md section 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from installs.errors import QueryTooExpensiveError
from installs.query.execution.joins import RelatedReader
from installs.query.execution.merge_scan import BatchReader, KeyedRow, MergeScan
from installs.query.execution.semi_joins import SemiJoinReader, reduce_semi_joins
from installs.query.execution.top_k import TopK, matching_rows, row_filter
from installs.query.language import cursor
from installs.query.planning.key_ranges import ordered_range as way_of
from installs.query.planning.list_request import ListRequest
from installs.query.planning.planner import BUDGET, Plan, choose_plans
from installs.store.spans import Span
from installs.store.table import TOO_EXPENSIVE

if TYPE_CHECKING:
    from datetime import datetime

    from installs.query.language.order import Order, SortValues
    from installs.query.language.parameters import ListQuery
    from installs.query.planning.key_ranges import KeyRange
    from installs.query.planning.planner import Total
    from installs.query.planning.statistics import Statistics
    from installs.store.counters import LiveCount
    from installs.store.filters import Filter
    from installs.store.items import Item

T = TypeVar("T")

Choice = Callable[[Sequence[Plan]], Plan]


class Reader(RelatedReader, BatchReader, SemiJoinReader, Protocol):
    """What the list needs of the store."""

    def live_counts(self, wanted: Iterable[LiveCount]) -> Statistics:
        """How many live installs there are of each workspace, integration, or both."""

    def by_ids(self, ids: Sequence[str]) -> Sequence[Item]:
        """The installs of the ids that are there."""

    def read_all(
        self, wanted: Sequence[Span], condition: Filter | None
    ) -> Sequence[Sequence[Item]]:
        """Every item of each span that passes."""

    def count(self, wanted: Sequence[Span], condition: Filter | None) -> int:
        """How many items of all the spans pass."""

    def start(self, task: Callable[[], T]) -> Callable[[], T]:
        """Begin a task of this reader's; what is returned waits for its result."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows, and what ``pageInfo`` says of it."""

    rows: Sequence[Item]
    total: int
    has_next: bool
    has_previous: bool
    start: str | None
    end: str | None
    plan: str
    """How it was found."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a plan has found, in the order of the search."""

    rows: Sequence[KeyedRow]
    """One more than the page holds, if there are more."""
    total: int
    at_near: bool
    at_far: bool


def cheapest(found: Sequence[Plan]) -> Plan:
    """The plan that costs the least."""
    return found[0]


def run(
    query: ListQuery,
    scope: frozenset[str] | None,
    reader: Reader,
    now: datetime,
    choose: Choice = cheapest,
) -> Page:
    """The page that a query asks for, of what a caller of ``scope`` sees (``None``: everything).

    ``choose`` takes one of the plans, which come the cheapest first; all give the same page.

    Raises
    ------
    QueryTooExpensiveError
        What has to be read is more than the budget.
    """
    request = ListRequest.of(query, scope, now)
    if not request.unsatisfiable:
        request = reduce_semi_joins(request, reader)
    if request.unsatisfiable:
        return _page(request, _Answer((), 0, at_near=False, at_far=False), "nothing to read")
    found, statistics = choose_plans(request, reader.live_counts)
    plan = choose(found)
    if plan.min_units > BUDGET:
        raise QueryTooExpensiveError(TOO_EXPENSIVE)
    if plan.total is None:
        answer = _scanned(request, plan, reader)
    else:
        answer = _streamed(request, plan, plan.total, reader, statistics)
    return _page(request, answer, plan.name)


def _scanned(request: ListRequest, plan: Plan, reader: Reader) -> _Answer:
    items: Sequence[Sequence[Item]]
    if plan.path.ids:
        items = [reader.by_ids(plan.path.ids)]
    else:
        items = reader.read_all(_spans(plan.path.ranges), plan.pushed.condition)
    near, far = (
        None if values is None else request.order.sort_key_of_values(values)
        for values in (request.start, request.stop)
    )
    best = TopK(request.query.limit + 1, near, far)
    rows = best.select(matching_rows(request, items, reader))
    return _Answer(rows, best.total, best.before_start, best.after_stop)


def _streamed(
    request: ListRequest, plan: Plan, total: Total, reader: Reader, statistics: Statistics
) -> _Answer:
    """The first rows of a walk. The row of the cursor itself is read along: it tells of others."""

    def count() -> int:
        known = statistics
        if any(one not in known for one in total.live_counts):
            known = reader.live_counts(total.live_counts)
        counted = reader.count(_spans(total.ranges), plan.pushed.condition) if total.ranges else 0
        return counted + sum(known[one] for one in total.live_counts)

    limit, near, far = request.query.limit, request.start, request.stop
    whole = near is None and far is None
    # Where all that is there fits the page, nothing but the page has to be read.
    counting = None if whole and total.ranges else reader.start(count)
    walk = _walk(request, plan, reader, request.order, near, far)
    found = walk.fetch(limit + (near is not None), per_match=plan.rows_per_match)
    after, before = (
        None if values is None else request.order.sort_key_of_values(values)
        for values in (near, far)
    )
    rows = [
        row
        for row in found
        if (after is None or row.key > after) and (before is None or row.key < before)
    ]
    at_near = bool(found) and found[0].key == after
    at_far = bool(found) and before is not None and found[-1].key >= before
    if near is not None and not at_near:
        back = _walk(request, plan, reader, request.order.reversed(), near, None)
        at_near = bool(back.fetch(0, per_match=plan.rows_per_match))
    if far is not None and not at_far and len(rows) <= limit:
        behind = _walk(request, plan, reader, request.order, far, None)
        at_far = bool(behind.fetch(0, per_match=plan.rows_per_match))
    if counting is None:
        counting = (lambda: len(rows)) if walk.exhausted else count
    # Counters may be a moment behind the rows: what was seen is there.
    return _Answer(rows[: limit + 1], max(len(rows) + at_near, counting()), at_near, at_far)


def _walk(
    request: ListRequest,
    plan: Plan,
    reader: Reader,
    order: Order,
    near: SortValues | None,
    far: SortValues | None,
) -> MergeScan:
    ways = [
        way
        for way in (way_of(one.key_range, order, one.rows) for one in plan.ordered)
        if way is not None
    ]
    row_of = row_filter(request, request.filter)

    def matches(item: Item) -> SortValues | None:
        row = row_of(item)
        return None if row is None else order.values(row)

    return MergeScan(ways, order, near, far, matches, reader, plan.pushed.condition)


def _spans(lanes: Sequence[KeyRange]) -> list[Span]:
    return [Span(lane.index, lane.partition, lane.lower, lane.upper) for lane in lanes]


def _page(request: ListRequest, answer: _Answer, plan: str) -> Page:
    query = request.query
    more = len(answer.rows) > query.limit or answer.at_far
    rows = answer.rows[: query.limit]
    has_next, has_previous = more, answer.at_near
    if request.backward:
        rows = rows[::-1]
        has_next, has_previous = has_previous, has_next
    start, end = (
        (cursor.encode(query.order, row.values, query.binding) for row in (rows[0], rows[-1]))
        if rows
        else (None, None)
    )
    items = [row.item for row in rows]
    return Page(items, answer.total, has_next, has_previous, start, end, plan)
