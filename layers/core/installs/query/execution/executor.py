"""Runs a list: looks for the cheapest plan, and makes its page exact (CONTRACT.md section 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from installs.errors import QueryTooExpensiveError
from installs.query.execution.joins import Related
from installs.query.execution.merge_scan import ChunkReader, Found, Walk
from installs.query.execution.semi_joins import Resolver, resolve
from installs.query.execution.top_k import Best, matcher, matching
from installs.query.language import cursor
from installs.query.planning.key_ranges import way as way_of
from installs.query.planning.list_request import Search
from installs.query.planning.planner import BUDGET, Plan, planned
from installs.store.spans import Span
from installs.store.table import TOO_EXPENSIVE

if TYPE_CHECKING:
    from datetime import datetime

    from installs.query.language.order import Order, Values
    from installs.query.language.parameters import ListQuery
    from installs.query.planning.key_ranges import Lane
    from installs.query.planning.planner import Total
    from installs.query.planning.statistics import Statistics
    from installs.store.counters import Count
    from installs.store.filters import Filter
    from installs.store.items import Item

T = TypeVar("T")

Choice = Callable[[Sequence[Plan]], Plan]


class Reader(Related, ChunkReader, Resolver, Protocol):
    """What the list needs of the store."""

    def counts(self, wanted: Iterable[Count]) -> Statistics:
        """How many live installs there are of each workspace, integration, or both."""

    def by_ids(self, ids: Sequence[str]) -> Sequence[Item]:
        """The installs of the ids that are there."""

    def all(self, wanted: Sequence[Span], condition: Filter | None) -> Sequence[Sequence[Item]]:
        """Every item of each span that passes."""

    def count(self, wanted: Sequence[Span], condition: Filter | None) -> int:
        """How many items of all the spans pass."""

    def later(self, task: Callable[[], T]) -> Callable[[], T]:
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

    rows: Sequence[Found]
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
    search = Search.of(query, scope, now)
    if not search.impossible:
        search = resolve(search, reader)
    if search.impossible:
        return _page(search, _Answer((), 0, at_near=False, at_far=False), "nothing to read")
    found, statistics = planned(search, reader.counts)
    plan = choose(found)
    if plan.least > BUDGET:
        raise QueryTooExpensiveError(TOO_EXPENSIVE)
    if plan.total is None:
        answer = _scanned(search, plan, reader)
    else:
        answer = _streamed(search, plan, plan.total, reader, statistics)
    return _page(search, answer, plan.name)


def _scanned(search: Search, plan: Plan, reader: Reader) -> _Answer:
    items: Sequence[Sequence[Item]]
    if plan.path.ids:
        items = [reader.by_ids(plan.path.ids)]
    else:
        items = reader.all(_spans(plan.path.lanes), plan.pushed.condition)
    near, far = (
        None if values is None else search.order.sort_key_of_values(values)
        for values in (search.near, search.far)
    )
    best = Best(search.query.limit + 1, near, far)
    rows = best.of(matching(search, items, reader))
    return _Answer(rows, best.total, best.at_near, best.at_far)


def _streamed(
    search: Search, plan: Plan, total: Total, reader: Reader, statistics: Statistics
) -> _Answer:
    """The first rows of a walk. The row of the cursor itself is read along: it tells of others."""

    def count() -> int:
        known = statistics
        if any(one not in known for one in total.counts):
            known = reader.counts(total.counts)
        counted = reader.count(_spans(total.lanes), plan.pushed.condition) if total.lanes else 0
        return counted + sum(known[one] for one in total.counts)

    limit, near, far = search.query.limit, search.near, search.far
    whole = near is None and far is None
    # Where all that is there fits the page, nothing but the page has to be read.
    counting = None if whole and total.lanes else reader.later(count)
    walk = _walk(search, plan, reader, search.order, near, far)
    found = walk.take(limit + (near is not None), per_match=plan.per_match)
    after, before = (
        None if values is None else search.order.sort_key_of_values(values)
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
        back = _walk(search, plan, reader, search.order.reversed(), near, None)
        at_near = bool(back.take(0, per_match=plan.per_match))
    if far is not None and not at_far and len(rows) <= limit:
        behind = _walk(search, plan, reader, search.order, far, None)
        at_far = bool(behind.take(0, per_match=plan.per_match))
    if counting is None:
        counting = (lambda: len(rows)) if walk.exhausted else count
    # Counters may be a moment behind the rows: what was seen is there.
    return _Answer(rows[: limit + 1], max(len(rows) + at_near, counting()), at_near, at_far)


def _walk(
    search: Search,
    plan: Plan,
    reader: Reader,
    order: Order,
    near: Values | None,
    far: Values | None,
) -> Walk:
    ways = [
        way for way in (way_of(one.lane, order, one.rows) for one in plan.ways) if way is not None
    ]
    row_of = matcher(search, search.filter)

    def matches(item: Item) -> Values | None:
        row = row_of(item)
        return None if row is None else order.values(row)

    return Walk(ways, order, near, far, matches, reader, plan.pushed.condition)


def _spans(lanes: Sequence[Lane]) -> list[Span]:
    return [Span(lane.index, lane.partition, lane.low, lane.high) for lane in lanes]


def _page(search: Search, answer: _Answer, plan: str) -> Page:
    query = search.query
    more = len(answer.rows) > query.limit or answer.at_far
    rows = answer.rows[: query.limit]
    has_next, has_previous = more, answer.at_near
    if search.backward:
        rows = rows[::-1]
        has_next, has_previous = has_previous, has_next
    start, end = (
        (cursor.encode(query.order, row.values, query.binding) for row in (rows[0], rows[-1]))
        if rows
        else (None, None)
    )
    items = [row.item for row in rows]
    return Page(items, answer.total, has_next, has_previous, start, end, plan)
