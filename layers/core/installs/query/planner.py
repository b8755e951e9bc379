"""How a search is run: the cheapest of the ways to all of its rows (docs/adr/0007).

Pure: from the search and the counts to plans. A plan is an access path and one of two ways of
reading it: *stream* the index in order and stop when the page is full, which wants an order that
the index carries and a total that can be counted without reading rows; or *scan* every row and keep
the best. Whatever the plan, the filter is evaluated on each row, so that a plan can be dear, never
wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from installs.query.lanes import way
from installs.query.necessary import conjuncts
from installs.query.nodes import Leaf
from installs.query.paths import Path, paths
from installs.query.pushdown import Pushed, pushdown
from installs.query.walk import grouped, portion
from installs.store import items, keys
from installs.store.counters import MOST_COUNTERS, counters_in
from installs.store.expressions import Missing
from installs.store.filters import IN_LIMIT, AnyOf, Compare, Filter, OneOf
from installs.store.keys import State

if TYPE_CHECKING:
    from installs.query.lanes import Lane, Way
    from installs.query.nodes import Node
    from installs.query.search import Search
    from installs.store.counters import Count

Statistics = Mapping["Count", int]
"""Counts of live installs, as many of them as were read."""

BUDGET: Final = 2_560.0
"""Capacity units that a list may use: 20 MB of eventually consistent reads, 8 KB a unit."""
REQUEST_UNITS: Final = 0.5
"""What a request, or a counter, takes at the least, in capacity units."""
MOST_ROWS: Final = 16
"""No more rows than these are in a capacity unit: half a KB each is the least they have."""
LIKELY_ROWS: Final = 8
"""So many rows are guessed to be in a capacity unit: of 1 KB each."""
REQUEST: Final = 10
"""What a request costs, in rows that could be read in its time."""
COUNTED: Final = 0.3
"""What a row costs that is counted by DynamoDB, in rows that are read."""
MATCHING: Final = 0.1
"""What part of the rows a filter is guessed to keep."""
HANGING: Final = 20
"""How many add-ons an install, and how many installs a solution, is guessed to have."""
UNCOUNTED: Final = 500
"""How many rows a lane is guessed to have that nothing counts."""
FEW_COUNTS: Final = 4
"""So many counts are read beside the page, not ahead of the plan."""


@dataclass(frozen=True, slots=True)
class Total:
    """Where ``total`` comes from: counters, and rows that DynamoDB counts."""

    counts: tuple[Count, ...] = ()
    lanes: tuple[Lane, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """How to find the page and the total."""

    path: Path
    pushed: Pushed
    cost: float
    """In rows that could be read in the same time."""
    least: float
    """Capacity units that it takes for certain, by the counters."""
    most: int
    """How many rows it is thought to read and to count, should its filter keep few of them."""
    ways: tuple[Way, ...] = ()
    """The path's lanes in the order of the search, where they are streamed."""
    total: Total | None = None
    """``None``: every row is read, and counted on the way."""
    per_match: float = 1.0
    """How many rows are thought to be examined for each that is kept."""

    @property
    def name(self) -> str:
        """What it is called in logs."""
        return f"{'scan' if self.total is None else 'stream'} {self.path.name}"


def obvious(search: Search) -> bool:
    """Whether the cheapest plan is a stream whatever the counts are."""
    if search.states != (State.LIVE,) or search.counts is None or len(search.counts) > FEW_COUNTS:
        return False
    return any(
        not _unkeyed(search, path)
        and path.lanes
        and len(_ways(search, path, {})) == len(path.lanes)
        for path in paths(search)
    )


def counts_wanted(search: Search) -> frozenset[Count]:
    """The counts that help to choose a plan."""
    found = paths(search)
    everywhere = any(path.name == keys.BY_SHARD.name for path in found)
    wanted = set(search.counts or ()) | ({(None, None)} if everywhere else set())
    for path in reversed(found):
        of_path = {lane.count for lane in path.lanes if lane.count}
        if counters_in(wanted | of_path) <= MOST_COUNTERS:
            wanted |= of_path
    return frozenset(wanted)


def plans(search: Search, statistics: Statistics) -> list[Plan]:
    """Every plan that answers the search, the cheapest first; behind them what is too much."""
    found: list[Plan] = []
    spent = counters_in(statistics) * REQUEST_UNITS
    for path in paths(search):
        kept = _inhabited(path, statistics)
        pushed = _pushed(search, path)
        if path.name != keys.BY_LATEST.name:  # which holds what byWorkspace does, no narrower
            found.append(_scan(kept, pushed, statistics))
        streamed = _stream(search, kept, pushed, statistics)
        if streamed is not None:
            found.append(streamed)
    return sorted(
        found,
        key=lambda plan: (
            plan.least + spent > BUDGET,
            plan.most > LIKELY_ROWS * BUDGET,
            plan.cost,
        ),
    )


def _scan(path: Path, pushed: Pushed, statistics: Statistics) -> Plan:
    rows = len(path.ids) + sum(_rows(lane, statistics) for lane in path.lanes)
    requests = len(path.lanes) + (len(path.ids) + 99) // 100 + rows // 700
    return Plan(path, pushed, REQUEST * requests + rows, _least(path.lanes, statistics), rows)


def _stream(search: Search, path: Path, pushed: Pushed, statistics: Statistics) -> Plan | None:
    ways = _ways(search, path, statistics)
    total = _total(search, path, pushed)
    if len(ways) < len(path.lanes) or path.ids or total is None:
        return None
    there = sum(_rows(lane, statistics) for lane in path.lanes)
    per_match = _per_match(search, path, statistics)
    wanted = (search.query.limit + 2) * per_match
    between = [way for way in ways if way.span(search.near, search.far) is not None]
    first = [way for group in portion(grouped(between), wanted)[0] for way in group]
    alike = sum(way.rows for way in first if way.alike)
    rows = min(int(wanted) + len(first) + alike, there)
    counted = sum(_rows(lane, statistics) for lane in total.lanes)
    requests = len(first) + len(total.lanes) + counted // 700
    cost = REQUEST * requests + rows + COUNTED * counted
    together = len({way.group for way in ways}) < 2
    least = REQUEST_UNITS * (len(between) if together else 1) + _least(total.lanes, statistics)
    most = counted + (there if search.residue else rows)
    return Plan(path, pushed, cost, least, most, ways, total, per_match)


def _ways(search: Search, path: Path, statistics: Statistics) -> tuple[Way, ...]:
    found = (way(lane, search.order, _rows(lane, statistics)) for lane in path.lanes)
    return tuple(one for one in found if one is not None)


def _total(search: Search, path: Path, pushed: Pushed) -> Total | None:
    """How the rows are counted without reading them; ``None``: not at all."""
    if search.states == (State.LIVE,) and search.counts is not None:
        return Total(search.counts)
    if not pushed.exact:
        return None
    if search.counts is None:
        return Total(lanes=path.lanes)
    deleted = tuple(lane for lane in path.lanes if lane.state is State.DELETED)
    return Total(search.counts if State.LIVE in search.states else (), deleted)


def _pushed(search: Search, path: Path) -> Pushed:
    """What DynamoDB checks of the rows of a path, beyond what their keys say."""
    extra: list[Filter] = []
    exact = True
    if search.scope is not None and "workspaceId" not in path.keyed:
        workspaces = search.workspaces or ()
        if len(workspaces) <= IN_LIMIT:
            extra.append(OneOf("workspaceId", workspaces))
        else:
            exact = False
    if State.DELETED in search.states:
        soon = int(search.now.timestamp())
        extra.append(AnyOf([Missing(items.PURGE_AT), Compare(items.PURGE_AT, ">", soon)]))
    pushed = pushdown(_unkeyed(search, path), extra)
    return Pushed(pushed.condition, pushed.exact and exact)


def _unkeyed(search: Search, path: Path) -> tuple[Node, ...]:
    """The parts of the filter that are not said by the keys of a path already."""
    return tuple(part for part in conjuncts(search.filter) if not _said(part, path))


def _said(node: Node, path: Path) -> bool:
    if not isinstance(node, Leaf) or node.negated:
        return False
    if node.field == "deletedAt" and node.operator == "isNull":
        return not path.ids
    return node.field in path.keyed and node.operator in ("eq", "in")


def _inhabited(path: Path, statistics: Statistics) -> Path:
    """The path without lanes that are known to be empty."""
    lanes = tuple(lane for lane in path.lanes if not _is_empty(lane, statistics))
    return Path(path.name, lanes, path.ids, path.keyed)


def _is_empty(lane: Lane, statistics: Statistics) -> bool:
    """Whether there were no rows in a lane a moment ago, as one counter by itself can tell.

    A count of many parts is read while they change: they may sum up to nought with rows there.
    """
    count = lane.count
    return count is not None and counters_in([count]) == 1 and statistics.get(count) == 0


def _least(lanes: Sequence[Lane], statistics: Statistics) -> float:
    """The capacity units that reading or counting all of some lanes takes for certain."""
    return sum(
        max(REQUEST_UNITS, _counted(lane, statistics, unknown=0) / MOST_ROWS)
        if lane.whole and lane.state is State.LIVE
        else REQUEST_UNITS
        for lane in lanes
    )


def _rows(lane: Lane, statistics: Statistics) -> int:
    """How many rows a lane is thought to have."""
    if lane.index in (keys.BY_PARENT, keys.BY_SOLUTION):
        return HANGING
    there = _counted(lane, statistics, unknown=UNCOUNTED)
    return there if lane.whole else (there + 1) // 2


def _counted(lane: Lane, statistics: Statistics, *, unknown: int) -> int:
    """How many rows the counters say that there are in a lane's partition or stretch.

    Of a shard it is its part of all that are live, and of its trash as many: a guess.
    """
    if lane.index is keys.BY_SHARD:
        return statistics.get((None, None), unknown * keys.SHARDS) // keys.SHARDS
    return unknown if lane.count is None else statistics.get(lane.count, unknown)


def _per_match(search: Search, path: Path, statistics: Statistics) -> float:
    """How many rows are examined for each one that matches."""
    if search.residue:
        return 1 / MATCHING
    if not _unkeyed(search, path) and (search.scope is None or "workspaceId" in path.keyed):
        return 1.0
    there = sum(_rows(lane, statistics) for lane in path.lanes)
    matching = sum(statistics.get(count, UNCOUNTED) for count in search.counts or ())
    return max(1.0, there / max(1, matching))
