"""How a search is run: the cheapest of the ways to all of its rows (docs/adr/0007).

Pure: from the search and the counts to plans. A plan is an access path and one of two ways of
reading it: *stream* the index in order and stop when the page is full, which wants an order that
the index carries and a total that can be counted without reading rows; or *scan* every row and keep
the best. Whatever the plan, the filter is evaluated on each row, so that a plan can be dear, never
wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from installs.query.language.nodes import Leaf
from installs.query.planning.access_paths import AccessPath, access_paths
from installs.query.planning.batches import fan_in, prefix_groups
from installs.query.planning.constraints import conjuncts
from installs.query.planning.key_ranges import between, ordered_range
from installs.query.planning.pushdown import Pushed, pushdown
from installs.query.planning.statistics import (
    DEFAULT_SELECTIVITY,
    EXPECTED_ROWS_PER_UNIT,
    REQUEST_UNITS,
    Estimates,
    Statistics,
)
from installs.store import items, keys
from installs.store.counters import MAX_COUNTERS, counter_items
from installs.store.expressions import Missing
from installs.store.filters import IN_LIMIT, AnyOf, Compare, Filter, OneOf
from installs.store.keys import State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from installs.query.language.nodes import Node
    from installs.query.planning.key_ranges import KeyRange, OrderedRange
    from installs.query.planning.list_request import ListRequest
    from installs.store.counters import LiveCount

BUDGET: Final = 2_560.0
"""Capacity units that a list may use: 20 MB of eventually consistent reads, 8 KB a unit."""
REQUEST_COST: Final = 10
"""What a request costs, in rows that could be read in its time; a counter costs as a row does."""
COUNTED_ROW_COST: Final = 0.3
"""What a row costs that is counted by DynamoDB, in rows that are read."""
MAX_COUNTS_BESIDE: Final = 4
"""So many counts are read beside the page, not ahead of the plan."""


@dataclass(frozen=True, slots=True)
class Total:
    """Where ``total`` comes from: counters, and rows that DynamoDB counts."""

    live_counts: tuple[LiveCount, ...] = ()
    ranges: tuple[KeyRange, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """How to find the page and the total."""

    path: AccessPath
    pushed: Pushed
    cost: float
    """In rows that could be read in the same time."""
    min_units: float
    """Capacity units that it takes for certain, by the counters."""
    expected_units: float
    """Capacity units that it is thought to take, should its filter keep few rows."""
    ordered: tuple[OrderedRange, ...] = ()
    """The path's lanes in the order of the search, where they are streamed."""
    total: Total | None = None
    """``None``: every row is read, and counted on the way."""
    rows_per_match: float = 1.0
    """How many rows are thought to be examined for each that is kept."""

    @property
    def name(self) -> str:
        """What it is called in logs."""
        return f"{'scan' if self.total is None else 'stream'} {self.path.name}"


Planned = tuple[list[Plan], Statistics]
"""Plans, the cheapest first, and the counts by which they were made."""


def choose_plans(
    request: ListRequest, read: Callable[[Collection[LiveCount]], Statistics]
) -> Planned:
    """The plans of a search, by counts that are read for as long as that pays.

    The fewest first, and then those that take less than half of what the best plan so far does.
    What that streams by is read in any case: the counts of its total, and of the platform.
    """
    among = access_paths(request)
    if _obvious(request, among):
        return plans(request, among, {}), {}
    statistics: dict[LiveCount, int] = {}
    found: list[Plan] = []
    sets = [frozenset(request.live_counts or ()), *(_counts_of(path) for path in among)]
    by_number = sorted(dict.fromkeys(sets), key=counter_items)

    def pays(counts: frozenset[LiveCount]) -> bool:
        missing = counts - statistics.keys()
        if not missing or counter_items(counts | statistics.keys()) > MAX_COUNTERS:
            return False
        if not found:
            return True
        total = found[0].total
        own = set() if total is None else {(None, None), *total.live_counts}
        return counter_items(missing - own) * REQUEST_UNITS * 2 <= found[0].expected_units

    while (counts := next(filter(pays, by_number), None)) is not None:
        statistics |= read(counts - statistics.keys())
        found = plans(request, among, statistics)
    return found or plans(request, among, {}), statistics


def _obvious(request: ListRequest, among: Sequence[AccessPath]) -> bool:
    """Whether the cheapest plan is a stream whatever the counts are."""
    if (
        request.states != (State.LIVE,)
        or request.live_counts is None
        or len(request.live_counts) > MAX_COUNTS_BESIDE
    ):
        return False
    known = Estimates.of(request, {})
    return any(
        not _unkeyed(request, path)
        and path.ranges
        and len(_ways(request, path, known)) == len(path.ranges)
        for path in among
    )


def _counts_of(path: AccessPath) -> frozenset[LiveCount]:
    """What counts the rows of a path."""
    if path.name == keys.BY_SHARD.name:
        return frozenset({(None, None)})
    return frozenset(lane.live_count for lane in path.ranges if lane.live_count)


def plans(request: ListRequest, among: Sequence[AccessPath], statistics: Statistics) -> list[Plan]:
    """Every plan that answers the search by one of the paths, the cheapest first.

    What is too much comes behind them; of what is thought to be too much, the least comes first.
    """
    found: list[Plan] = []
    known = Estimates.of(request, statistics)
    spent = counter_items(statistics) * REQUEST_UNITS
    for path in among:
        lanes = tuple(lane for lane in path.ranges if not known.is_empty(lane))
        kept = AccessPath(path.name, lanes, path.ids, path.covered_fields)
        pushed = _pushed(request, path)
        if path.name != keys.BY_LATEST.name:  # which holds what byWorkspace does, no narrower
            found.append(_scan(kept, pushed, known))
        streamed = _stream(request, kept, pushed, known)
        if streamed is not None:
            found.append(streamed)
    return sorted(
        found,
        key=lambda plan: (
            plan.min_units + spent > BUDGET,
            max(plan.expected_units + spent, BUDGET),
            plan.cost,
        ),
    )


def _scan(path: AccessPath, pushed: Pushed, known: Estimates) -> Plan:
    rows = len(path.ids) + sum(map(known.rows, path.ranges))
    requests = len(path.ranges) + (len(path.ids) + 99) // 100 + rows // 700
    least, likely = known.min_units(path.ranges), known.expected_units(path.ranges)
    return Plan(path, pushed, REQUEST_COST * requests + rows, least, likely)


def _stream(
    request: ListRequest, path: AccessPath, pushed: Pushed, known: Estimates
) -> Plan | None:
    ways = _ways(request, path, known)
    total = _total(request, path, pushed)
    if len(ways) < len(path.ranges) or path.ids or total is None:
        return None
    there = sum(map(known.rows, path.ranges))
    per_match = _per_match(request, path, known)
    wanted = (request.query.limit + 2) * per_match
    asked = between(ways, request.start, request.stop)
    groups = prefix_groups(asked)
    together = fan_in([[way.rows for way in group] for group in groups], wanted)
    first = [way for group in groups[:together] for way in group]
    alike = sum(way.rows for way in first if way.tied)
    rows = min(int(wanted) + len(first) + alike, there)
    counted = sum(map(known.rows, total.ranges))
    unread = counter_items(count for count in total.live_counts if count not in known.statistics)
    requests = len(first) + len(total.ranges) + counted // 700 + unread // 100
    cost = REQUEST_COST * requests + rows + unread + COUNTED_ROW_COST * counted
    alone = len({way.group for way in ways}) < 2
    least = REQUEST_UNITS * (len(asked) if alone else 1) + known.min_units(total.ranges)
    walked = REQUEST_UNITS * len(first) + rows / EXPECTED_ROWS_PER_UNIT
    if request.residual or (unread and per_match > 1):
        walked = max(walked, known.expected_units(path.ranges))
    likely = walked + known.expected_units(total.ranges) + REQUEST_UNITS * unread
    return Plan(path, pushed, cost, least, likely, ways, total, per_match)


def _ways(request: ListRequest, path: AccessPath, known: Estimates) -> tuple[OrderedRange, ...]:
    found = (ordered_range(lane, request.order, known.rows(lane)) for lane in path.ranges)
    return tuple(one for one in found if one is not None)


def _total(request: ListRequest, path: AccessPath, pushed: Pushed) -> Total | None:
    """How the rows are counted without reading them; ``None``: not at all."""
    if request.states == (State.LIVE,) and request.live_counts is not None:
        return Total(request.live_counts)
    if not pushed.exact:
        return None
    if request.live_counts is None:
        return Total(ranges=path.ranges)
    deleted = tuple(lane for lane in path.ranges if lane.state is State.DELETED)
    return Total(request.live_counts if State.LIVE in request.states else (), deleted)


def _pushed(request: ListRequest, path: AccessPath) -> Pushed:
    """What DynamoDB checks of the rows of a path, beyond what their keys say."""
    extra: list[Filter] = []
    exact = True
    if request.scope is not None and "workspaceId" not in path.covered_fields:
        workspaces = request.workspaces or ()
        if len(workspaces) <= IN_LIMIT:
            extra.append(OneOf("workspaceId", workspaces))
        else:
            exact = False
    if State.DELETED in request.states:
        soon = int(request.now.timestamp())
        extra.append(AnyOf([Missing(items.PURGE_AT), Compare(items.PURGE_AT, ">", soon)]))
    pushed = pushdown(_unkeyed(request, path), extra)
    return Pushed(pushed.condition, pushed.exact and exact)


def _unkeyed(request: ListRequest, path: AccessPath) -> tuple[Node, ...]:
    """The parts of the filter that are not said by the keys of a path already."""
    return tuple(part for part in conjuncts(request.filter) if not _said(part, path))


def _said(node: Node, path: AccessPath) -> bool:
    if not isinstance(node, Leaf) or node.negated:
        return False
    if node.field == "deletedAt" and node.operator == "isNull":
        return not path.ids
    return node.field in path.covered_fields and node.operator in ("eq", "in")


def _per_match(request: ListRequest, path: AccessPath, known: Estimates) -> float:
    """How many rows are examined for each one that matches."""
    if request.residual:
        return 1 / DEFAULT_SELECTIVITY
    if not _unkeyed(request, path) and (
        request.scope is None or "workspaceId" in path.covered_fields
    ):
        return 1.0
    there = sum(map(known.rows, path.ranges))
    return max(1.0, there / max(1, sum(map(known.live_rows, request.live_counts or ()))))
