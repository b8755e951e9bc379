"""The planner: from a request and statistics to plans, the cheapest first (docs/adr/0007).

It is pure; counters are read by a function that is passed in. Every plan evaluates the full filter
on each row that it returns; totals rely on counters, or on a pushed condition that is exact. So a
wrong estimate costs time, never rows. A caller of two workspaces with 5,000 installs each gets, for
the newest 100::

    merge byWorkspace   wsp_1#live and wsp_2#live merged; total from two counters
    top k byWorkspace   both read whole
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from installs.query.planning.access_paths import IndexPath, KeyLookup, access_paths
from installs.query.planning.cost import BUDGET, merge_scan_cost, top_k_cost
from installs.query.planning.coverage import residual
from installs.query.planning.plans import MergeScanPlan, TopKPlan, TotalSource
from installs.query.planning.pushdown import NO_CONDITION, Pushed, pushdown
from installs.query.planning.statistics import (
    DEFAULT_SELECTIVITY,
    UNITS_PER_REQUEST,
    Estimates,
    Statistics,
)
from installs.store import items, keys
from installs.store.counters import MAX_COUNTERS, items_to_read
from installs.store.expressions import Missing
from installs.store.filters import IN_LIMIT, AnyOf, Compare, Filter, OneOf
from installs.store.keys import State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from installs.query.planning.access_paths import AccessPath
    from installs.query.planning.list_request import ListRequest
    from installs.query.planning.plans import Plan
    from installs.store.counters import LiveCounter

MAX_PARALLEL_COUNTERS: Final = 4
"""The most counters that are read in parallel with the page; more are read before planning."""

MAX_STATISTICS_SHARE: Final = 0.5
"""The most units that further statistics may take, as a share of those of the best plan so far."""

Planned = tuple[list["Plan"], Statistics]
"""Plans, the cheapest first, and the statistics that they were made with."""


def candidate_plans(
    request: ListRequest, read: Callable[[Collection[LiveCounter]], Statistics]
) -> Planned:
    """Return the plans of a request; read statistics while they cost less than they may save.

    The counters of the total and of each path are sets, of which the smallest is read first. After
    each set the plans are made anew, and the best of them decides if another one is worth reading.
    """
    paths = access_paths(request)
    if _is_obvious(request, paths):
        return ranked_plans(request, paths, {}), {}
    sets = [frozenset(request.live_counters or ()), *map(_counters_of, paths)]
    by_size = sorted(dict.fromkeys(sets), key=items_to_read)
    statistics: dict[LiveCounter, int] = {}
    candidates: list[Plan] = []
    while missing := _next_counters(by_size, statistics, candidates):
        statistics |= read(missing)
        candidates = ranked_plans(request, paths, statistics)
    return (candidates or ranked_plans(request, paths, {})), statistics


def _next_counters(
    sets: Iterable[frozenset[LiveCounter]], statistics: Statistics, candidates: Sequence[Plan]
) -> frozenset[LiveCounter]:
    """Return the unread counters of the first set that is worth reading; empty if none is."""
    best = candidates[0] if candidates else None
    for counters in sets:
        missing = counters - statistics.keys()
        if missing and _are_worth_reading(missing, statistics, best):
            return missing
    return frozenset()


def _are_worth_reading(
    counters: frozenset[LiveCounter], statistics: Statistics, best: Plan | None
) -> bool:
    """Return True if unread counters take at most ``MAX_STATISTICS_SHARE`` of the best plan.

    Two kinds do not count if that plan is a merge scan: the counters of its total, which it reads
    in any case, and the platform's, by which shares of integrations are estimated (docs/adr/0019).
    """
    if items_to_read(counters | statistics.keys()) > MAX_COUNTERS:
        return False
    if best is None:
        return True
    already_needed: set[LiveCounter] = set()
    if isinstance(best, MergeScanPlan):
        already_needed = {(None, None), *best.total_source.live_counters}
    units = items_to_read(counters - already_needed) * UNITS_PER_REQUEST
    return units <= best.cost.expected_units * MAX_STATISTICS_SHARE


def ranked_plans(
    request: ListRequest, paths: Iterable[AccessPath], statistics: Statistics
) -> list[Plan]:
    """Return every plan for a request by one of the paths, the cheapest first.

    They are ranked by three criteria: certain to exceed the budget; expected units, as far as they
    are above the budget; time.
    """
    estimates = Estimates.of(request, statistics)
    plans = [plan for path in paths for plan in _plans_of(request, path, estimates)]
    spent = items_to_read(statistics) * UNITS_PER_REQUEST

    def rank(plan: Plan) -> tuple[bool, float, float]:
        cost = plan.cost
        too_expensive = cost.min_units + spent > BUDGET
        return too_expensive, max(cost.expected_units + spent, BUDGET), cost.time

    return sorted(plans, key=rank)


def _plans_of(request: ListRequest, path: AccessPath, estimates: Estimates) -> list[Plan]:
    """Return the plans by one path; ranges that are known to be empty are left out."""
    if isinstance(path, KeyLookup):
        return [TopKPlan(path, NO_CONDITION, top_k_cost(path, estimates))]
    plans: list[Plan] = []
    pushed = _pushed(request, path)
    path = path.without(estimates.is_empty)
    # Reading all of byLatest costs the same as all of byWorkspace, which is a path as well.
    if path.index is not keys.BY_LATEST:
        plans.append(TopKPlan(path, pushed, top_k_cost(path, estimates)))
    merge_scan = _merge_scan(request, path, pushed, estimates)
    return plans if merge_scan is None else [*plans, merge_scan]


def _merge_scan(
    request: ListRequest, path: IndexPath, pushed: Pushed, estimates: Estimates
) -> MergeScanPlan | None:
    """Return the plan that merges a path's ranges; ``None`` without an order or a total."""
    merge_ranges, total_source = path.merge_ranges, _total_source(request, path, pushed)
    if merge_ranges is None or total_source is None:
        return None
    ranges = tuple(ordered.sized(estimates.rows(ordered.key_range)) for ordered in merge_ranges)
    rows_per_match = _rows_per_match(request, path, estimates)
    cost = merge_scan_cost(request, ranges, total_source, rows_per_match, estimates)
    return MergeScanPlan(path, pushed, cost, ranges, total_source, rows_per_match)


def _is_obvious(request: ListRequest, paths: Sequence[AccessPath]) -> bool:
    """Return True if a merge scan is the cheapest plan whatever the statistics are.

    Its ranges hold just the matching rows, in order, and few counters have their number.
    """
    counters = request.live_counters
    if request.states != (State.LIVE,) or counters is None or len(counters) > MAX_PARALLEL_COUNTERS:
        return False
    return any(
        isinstance(path, IndexPath)
        and not residual(request.filter, path.covered_fields)
        and path.merge_ranges
        for path in paths
    )


def _counters_of(path: AccessPath) -> frozenset[LiveCounter]:
    """Return the counters of the rows in the ranges of a path."""
    if isinstance(path, IndexPath) and path.index is keys.BY_SHARD:
        return frozenset({(None, None)})
    counters = (key_range.live_counter for key_range in path.ranges)
    return frozenset(counter for counter in counters if counter is not None)


def _total_source(request: ListRequest, path: IndexPath, pushed: Pushed) -> TotalSource | None:
    """Return how the total can be had without reading rows; ``None`` if it cannot."""
    if request.states == (State.LIVE,) and request.live_counters is not None:
        return TotalSource(request.live_counters)
    if not pushed.exact:
        return None
    if request.live_counters is None:
        return TotalSource(ranges=path.ranges)
    deleted = tuple(key_range for key_range in path.ranges if key_range.state is State.DELETED)
    return TotalSource(request.live_counters if State.LIVE in request.states else (), deleted)


def _pushed(request: ListRequest, path: IndexPath) -> Pushed:
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


def _rows_per_match(request: ListRequest, path: IndexPath, estimates: Estimates) -> float:
    """Estimate the number of rows that are read for each one that matches."""
    if request.uncounted_conjuncts:
        return 1 / DEFAULT_SELECTIVITY
    in_scope = request.scope is None or "workspaceId" in path.covered_fields
    if in_scope and not residual(request.filter, path.covered_fields):
        return 1.0
    rows = sum(map(estimates.rows, path.ranges))
    matches = sum(map(estimates.live_rows, request.live_counters or ()))
    return max(1.0, rows / max(1, matches))
