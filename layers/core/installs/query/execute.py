"""Runs a list: reads the plan's candidates, filters and sorts them, and cuts the page out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from installs.lifecycle import is_past
from installs.query import cursor
from installs.query.budget import Budgeted, Reader
from installs.query.evaluate import compile_filter
from installs.query.nodes import And, Node, conjunction, relations_needed
from installs.query.parameters import Deleted, ListQuery
from installs.query.planner import ById, plan
from installs.query.relations import attach

if TYPE_CHECKING:
    from datetime import datetime

    from installs.store.table import Range

FAN_OUT: Final = 16

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows, and what ``pageInfo`` says of it."""

    rows: Sequence[Fields]
    total: int
    has_next: bool
    has_previous: bool
    start: str | None
    end: str | None


def run(query: ListQuery, scope: frozenset[str] | None, reader: Reader, now: datetime) -> Page:
    """The page that a query asks for, of what a caller of ``scope`` sees.

    Raises
    ------
    QueryTooExpensiveError
        What has to be read is more than the budget.
    """
    budgeted = Budgeted(reader)
    may_see = _visible(query, scope, now)
    rows = [row for row in _candidates(query, scope, budgeted) if may_see(row)]
    needed = relations_needed(query.filter)
    if needed:
        may_match = compile_filter(_without_relations(query.filter))
        rows = attach(filter(may_match, rows), needed, budgeted, scope, now)
    keep = compile_filter(query.filter)
    order = query.order
    sorted_rows = sorted(((order.key(row), row) for row in rows if keep(row)), key=lambda at: at[0])
    after, before = (
        None if values is None else order.sort_key_of_values(values)
        for values in (query.after, query.before)
    )
    places = [
        place
        for place, (key, _) in enumerate(sorted_rows)
        if (after is None or key > after) and (before is None or key < before)
    ]
    backward = after is None and before is not None
    chosen = places[-query.limit :] if backward else places[: query.limit]
    page = [sorted_rows[place][1] for place in chosen]
    start, end = (_cursor(query, page[0]), _cursor(query, page[-1])) if page else (None, None)
    if chosen:
        has_previous, has_next = chosen[0] > 0, chosen[-1] < len(sorted_rows) - 1
    else:
        has_previous = after is not None and any(key <= after for key, _ in sorted_rows)
        has_next = before is not None and any(key >= before for key, _ in sorted_rows)
    return Page(page, len(sorted_rows), has_next, has_previous, start, end)


def _without_relations(node: Node) -> Node:
    """What a row must be like for the filter to be true, as far as the row itself can tell."""
    parts = node.children if isinstance(node, And) else (node,)
    return conjunction(*(part for part in parts if not relations_needed(part)))


def _visible(
    query: ListQuery, scope: frozenset[str] | None, now: datetime
) -> Callable[[Fields], bool]:
    """Whether a candidate is the caller's, of the asked state, and within its retention."""

    def visible(row: Fields) -> bool:
        deleted = "deletedAt" in row
        if query.deleted is not Deleted.INCLUDED and deleted is (query.deleted is Deleted.EXCLUDED):
            return False
        in_reach = scope is None or row["workspaceId"] in scope
        return in_reach and not is_past(row.get("purgeAt"), now)

    return visible


def _candidates(
    query: ListQuery, scope: frozenset[str] | None, reader: Reader
) -> Iterable[dict[str, Any]]:
    """Every row that the plan finds, once."""
    way = plan(query, scope)
    if isinstance(way, ById):
        return [dict(row) for row in reader.by_ids(way.ids)]

    def read_range(wanted: Range) -> list[Fields]:
        return list(reader.by_range(wanted))

    found: dict[str, dict[str, Any]] = {}
    with ThreadPoolExecutor(FAN_OUT) as pool:
        for rows in pool.map(read_range, way.ranges):
            found.update((row["id"], dict(row)) for row in rows)
    return found.values()


def _cursor(query: ListQuery, row: Fields) -> str:
    return cursor.encode(query.order, query.order.values(row), query.binding)
