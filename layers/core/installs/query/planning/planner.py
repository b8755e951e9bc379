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
from installs.query.planning.access_paths import Path, paths
from installs.query.planning.batches import grouped, portion
from installs.query.planning.constraints import conjuncts
from installs.query.planning.key_ranges import between, way
from installs.query.planning.pushdown import Pushed, pushdown
from installs.query.planning.statistics import (
    LIKELY_ROWS,
    MATCHING,
    REQUEST_UNITS,
    Estimates,
    Statistics,
)
from installs.store import items, keys
from installs.store.counters import MOST_COUNTERS, counters_in
from installs.store.expressions import Missing
from installs.store.filters import IN_LIMIT, AnyOf, Compare, Filter, OneOf
from installs.store.keys import State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from installs.query.language.nodes import Node
    from installs.query.planning.key_ranges import Lane, Way
    from installs.query.planning.list_request import Search
    from installs.store.counters import Count

BUDGET: Final = 2_560.0
"""Capacity units that a list may use: 20 MB of eventually consistent reads, 8 KB a unit."""
REQUEST: Final = 10
"""What a request costs, in rows that could be read in its time; a counter costs as a row does."""
COUNTED: Final = 0.3
"""What a row costs that is counted by DynamoDB, in rows that are read."""
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
    likely: float
    """Capacity units that it is thought to take, should its filter keep few rows."""
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


Planned = tuple[list[Plan], Statistics]
"""Plans, the cheapest first, and the counts by which they were made."""


def planned(search: Search, read: Callable[[Collection[Count]], Statistics]) -> Planned:
    """The plans of a search, by counts that are read for as long as that pays.

    The fewest first, and then those that take less than half of what the best plan so far does.
    What that streams by is read in any case: the counts of its total, and of the platform.
    """
    among = paths(search)
    if _obvious(search, among):
        return plans(search, among, {}), {}
    statistics: dict[Count, int] = {}
    found: list[Plan] = []
    sets = [frozenset(search.counts or ()), *(_counts_of(path) for path in among)]
    by_number = sorted(dict.fromkeys(sets), key=counters_in)

    def pays(counts: frozenset[Count]) -> bool:
        missing = counts - statistics.keys()
        if not missing or counters_in(counts | statistics.keys()) > MOST_COUNTERS:
            return False
        if not found:
            return True
        total = found[0].total
        own = set() if total is None else {(None, None), *total.counts}
        return counters_in(missing - own) * REQUEST_UNITS * 2 <= found[0].likely

    while (counts := next(filter(pays, by_number), None)) is not None:
        statistics |= read(counts - statistics.keys())
        found = plans(search, among, statistics)
    return found or plans(search, among, {}), statistics


def _obvious(search: Search, among: Sequence[Path]) -> bool:
    """Whether the cheapest plan is a stream whatever the counts are."""
    if search.states != (State.LIVE,) or search.counts is None or len(search.counts) > FEW_COUNTS:
        return False
    known = Estimates.of(search, {})
    return any(
        not _unkeyed(search, path)
        and path.lanes
        and len(_ways(search, path, known)) == len(path.lanes)
        for path in among
    )


def _counts_of(path: Path) -> frozenset[Count]:
    """What counts the rows of a path."""
    if path.name == keys.BY_SHARD.name:
        return frozenset({(None, None)})
    return frozenset(lane.count for lane in path.lanes if lane.count)


def plans(search: Search, among: Sequence[Path], statistics: Statistics) -> list[Plan]:
    """Every plan that answers the search by one of the paths, the cheapest first.

    What is too much comes behind them; of what is thought to be too much, the least comes first.
    """
    found: list[Plan] = []
    known = Estimates.of(search, statistics)
    spent = counters_in(statistics) * REQUEST_UNITS
    for path in among:
        lanes = tuple(lane for lane in path.lanes if not known.is_empty(lane))
        kept = Path(path.name, lanes, path.ids, path.keyed)
        pushed = _pushed(search, path)
        if path.name != keys.BY_LATEST.name:  # which holds what byWorkspace does, no narrower
            found.append(_scan(kept, pushed, known))
        streamed = _stream(search, kept, pushed, known)
        if streamed is not None:
            found.append(streamed)
    return sorted(
        found,
        key=lambda plan: (
            plan.least + spent > BUDGET,
            max(plan.likely + spent, BUDGET),
            plan.cost,
        ),
    )


def _scan(path: Path, pushed: Pushed, known: Estimates) -> Plan:
    rows = len(path.ids) + sum(map(known.rows, path.lanes))
    requests = len(path.lanes) + (len(path.ids) + 99) // 100 + rows // 700
    least, likely = known.least(path.lanes), known.likely(path.lanes)
    return Plan(path, pushed, REQUEST * requests + rows, least, likely)


def _stream(search: Search, path: Path, pushed: Pushed, known: Estimates) -> Plan | None:
    ways = _ways(search, path, known)
    total = _total(search, path, pushed)
    if len(ways) < len(path.lanes) or path.ids or total is None:
        return None
    there = sum(map(known.rows, path.lanes))
    per_match = _per_match(search, path, known)
    wanted = (search.query.limit + 2) * per_match
    asked = between(ways, search.near, search.far)
    groups = grouped(asked)
    together = portion([[way.rows for way in group] for group in groups], wanted)
    first = [way for group in groups[:together] for way in group]
    alike = sum(way.rows for way in first if way.alike)
    rows = min(int(wanted) + len(first) + alike, there)
    counted = sum(map(known.rows, total.lanes))
    unread = counters_in(count for count in total.counts if count not in known.statistics)
    requests = len(first) + len(total.lanes) + counted // 700 + unread // 100
    cost = REQUEST * requests + rows + unread + COUNTED * counted
    alone = len({way.group for way in ways}) < 2
    least = REQUEST_UNITS * (len(asked) if alone else 1) + known.least(total.lanes)
    walked = REQUEST_UNITS * len(first) + rows / LIKELY_ROWS
    if search.residue or (unread and per_match > 1):
        walked = max(walked, known.likely(path.lanes))
    likely = walked + known.likely(total.lanes) + REQUEST_UNITS * unread
    return Plan(path, pushed, cost, least, likely, ways, total, per_match)


def _ways(search: Search, path: Path, known: Estimates) -> tuple[Way, ...]:
    found = (way(lane, search.order, known.rows(lane)) for lane in path.lanes)
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


def _per_match(search: Search, path: Path, known: Estimates) -> float:
    """How many rows are examined for each one that matches."""
    if search.residue:
        return 1 / MATCHING
    if not _unkeyed(search, path) and (search.scope is None or "workspaceId" in path.keyed):
        return 1.0
    there = sum(map(known.rows, path.lanes))
    return max(1.0, there / max(1, sum(map(known.live, search.counts or ()))))
