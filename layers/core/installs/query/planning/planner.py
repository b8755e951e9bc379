"""The planner: from a request and statistics to plans, the cheapest first (docs/adr/0007).

It is pure; counters are read by a function that is passed in. Every plan evaluates the full filter
on each row that it returns; totals rely on counters, or on a pushed condition that is exact. So a
wrong estimate costs time, never rows. A caller of two workspaces with 5,000 installs each gets, for
the newest 100::

    stream byWorkspace   wsp_1#live and wsp_2#live merged; total from two counters
    scan byWorkspace     both read whole
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from installs.query.planning.access_paths import IndexScan, KeyLookup, access_paths
from installs.query.planning.cost import BUDGET, merge_scan_cost, top_k_cost
from installs.query.planning.coverage import residual
from installs.query.planning.plans import MergeScanPlan, TopKPlan, Total
from installs.query.planning.pushdown import NOTHING, Pushed, pushdown
from installs.query.planning.statistics import (
    DEFAULT_SELECTIVITY,
    UNITS_PER_REQUEST,
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

    from installs.query.planning.access_paths import AccessPath
    from installs.query.planning.list_request import ListRequest
    from installs.query.planning.plans import Plan
    from installs.store.counters import LiveCount

MAX_COUNTS_BESIDE: Final = 4
"""The most counts that are read in parallel with the page; more are read before planning."""

Planned = tuple[list["Plan"], Statistics]
"""Plans, the cheapest first, and the statistics that they were made with."""


def candidate_plans(
    request: ListRequest, read: Callable[[Collection[LiveCount]], Statistics]
) -> Planned:
    """Return the plans of a request; read statistics while they cost less than they may save.

    The sets of counters are read from the smallest on, as long as reading one takes less than half
    of the units of the best plan so far. Counters of that plan's own total, and of the platform,
    are free: they are needed in any case.
    """
    paths = access_paths(request)
    if _is_obvious(request, paths):
        return plans(request, paths, {}), {}
    statistics: dict[LiveCount, int] = {}
    found: list[Plan] = []
    sets = [frozenset(request.live_counts or ()), *map(_counts_of, paths)]
    by_size = sorted(dict.fromkeys(sets), key=counter_items)

    def pays(counts: frozenset[LiveCount]) -> bool:
        missing = counts - statistics.keys()
        if not missing or counter_items(counts | statistics.keys()) > MAX_COUNTERS:
            return False
        if not found:
            return True
        best = found[0]
        own = {(None, None), *best.total.live_counts} if isinstance(best, MergeScanPlan) else set()
        return counter_items(missing - own) * UNITS_PER_REQUEST * 2 <= best.cost.expected_units

    while (counts := next(filter(pays, by_size), None)) is not None:
        statistics |= read(counts - statistics.keys())
        found = plans(request, paths, statistics)
    return found or plans(request, paths, {}), statistics


def plans(request: ListRequest, paths: Sequence[AccessPath], statistics: Statistics) -> list[Plan]:
    """Return every plan for a request by one of the paths, the cheapest first.

    They are ranked by three criteria: certain to exceed the budget; expected units, as far as they
    are above the budget; time.
    """
    found: list[Plan] = []
    estimates = Estimates.of(request, statistics)
    for path in paths:
        found += _plans_of(request, path, estimates)
    spent = counter_items(statistics) * UNITS_PER_REQUEST

    def rank(plan: Plan) -> tuple[bool, float, float]:
        cost = plan.cost
        too_expensive = cost.min_units + spent > BUDGET
        return too_expensive, max(cost.expected_units + spent, BUDGET), cost.time

    return sorted(found, key=rank)


def _plans_of(request: ListRequest, path: AccessPath, estimates: Estimates) -> list[Plan]:
    """Return the plans by one path; ranges that are known to be empty are left out."""
    if isinstance(path, KeyLookup):
        return [TopKPlan(path, NOTHING, top_k_cost(path, estimates))]
    found: list[Plan] = []
    pushed = _pushed(request, path)
    scan = path.without(estimates.is_empty)
    # A full read of byLatest costs the same as one of byWorkspace.
    if scan.index is not keys.BY_LATEST:
        found.append(TopKPlan(scan, pushed, top_k_cost(scan, estimates)))
    merge_scan = _merge_scan(request, scan, pushed, estimates)
    return found if merge_scan is None else [*found, merge_scan]


def _merge_scan(
    request: ListRequest, path: IndexScan, pushed: Pushed, estimates: Estimates
) -> MergeScanPlan | None:
    """Return the plan that merges a path's ranges; ``None`` without an order or a total."""
    ordered, total = path.merge_ranges, _total(request, path, pushed)
    if ordered is None or total is None:
        return None
    ranges = tuple(each.sized(estimates.rows(each.key_range)) for each in ordered)
    rows_per_match = _rows_per_match(request, path, estimates)
    cost = merge_scan_cost(request, ranges, total, rows_per_match, estimates)
    return MergeScanPlan(path, pushed, cost, ranges, total, rows_per_match)


def _is_obvious(request: ListRequest, paths: Sequence[AccessPath]) -> bool:
    """Return True if a merge scan is the cheapest plan whatever the statistics are."""
    counts = request.live_counts
    if request.states != (State.LIVE,) or counts is None or len(counts) > MAX_COUNTS_BESIDE:
        return False
    return any(
        isinstance(path, IndexScan)
        and not residual(request.filter, path.covered_fields)
        and path.merge_ranges
        for path in paths
    )


def _counts_of(path: AccessPath) -> frozenset[LiveCount]:
    """Return the counters of the rows in the ranges of a path."""
    if isinstance(path, IndexScan) and path.index is keys.BY_SHARD:
        return frozenset({(None, None)})
    return frozenset(each.live_count for each in path.ranges if each.live_count)


def _total(request: ListRequest, path: IndexScan, pushed: Pushed) -> Total | None:
    """Return how the total can be had without reading rows; ``None`` if it cannot."""
    if request.states == (State.LIVE,) and request.live_counts is not None:
        return Total(request.live_counts)
    if not pushed.exact:
        return None
    if request.live_counts is None:
        return Total(ranges=path.ranges)
    deleted = tuple(each for each in path.ranges if each.state is State.DELETED)
    return Total(request.live_counts if State.LIVE in request.states else (), deleted)


def _pushed(request: ListRequest, path: IndexScan) -> Pushed:
    """Return the condition that DynamoDB checks on the rows of a path, beyond their keys."""
    extra: list[Filter] = []
    exact = True
    if request.scope is not None and "workspaceId" not in path.covered_fields:
        workspace_ids = request.workspaces or ()
        if len(workspace_ids) <= IN_LIMIT:
            extra.append(OneOf("workspaceId", workspace_ids))
        else:
            exact = False
    if State.DELETED in request.states:
        now = int(request.now.timestamp())
        extra.append(AnyOf([Missing(items.PURGE_AT), Compare(items.PURGE_AT, ">", now)]))
    pushed = pushdown(residual(request.filter, path.covered_fields), extra)
    return Pushed(pushed.condition, pushed.exact and exact)


def _rows_per_match(request: ListRequest, path: IndexScan, estimates: Estimates) -> float:
    """Estimate the number of rows that are read for each one that matches."""
    if request.residual:
        return 1 / DEFAULT_SELECTIVITY
    in_scope = request.scope is None or "workspaceId" in path.covered_fields
    if in_scope and not residual(request.filter, path.covered_fields):
        return 1.0
    rows = sum(map(estimates.rows, path.ranges))
    matches = sum(map(estimates.live_rows, request.live_counts or ()))
    return max(1.0, rows / max(1, matches))
