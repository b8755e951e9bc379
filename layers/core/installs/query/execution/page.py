"""The page: rows in the order of the query, and ``pageInfo`` about the rows beside it.

A window of a backward request, with ``limit`` 2::

    window  rows d, c, b (read backward from the cursor); at_or_before_start is False
    page    rows c, d; has_previous, since b precedes them; has_next is at_or_before_start
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from installs.query.language import cursor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.query.execution.included import Included
    from installs.query.execution.keyed_rows import KeyedRow
    from installs.query.planning.list_request import ListRequest
    from installs.store.items import Item


@dataclass(frozen=True, slots=True)
class Window:
    """The rows between the positions of a request, in reading order."""

    rows: Sequence[KeyedRow]
    """At most one more than the page holds; that one shows that there is a next page."""
    total: int
    at_or_before_start: bool
    """True if a row is at the start position or before it."""
    at_or_after_stop: bool
    """True if a row is at the stop position or after it."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows, and the values of ``pageInfo``."""

    rows: Sequence[Item]
    total: int
    has_next: bool
    has_previous: bool
    start: str | None
    """The cursor of the first row."""
    end: str | None
    """The cursor of the last row."""
    plan: str
    """The name of the plan that found it."""
    included: Included | None = None
    """Related rows, if the query asks for them."""


NO_ROWS = Window((), 0, at_or_before_start=False, at_or_after_stop=False)


def page_of(request: ListRequest, window: Window, plan: str) -> Page:
    """Return the page of a window."""
    query = request.query
    rows = window.rows[: query.limit]
    has_next = len(window.rows) > query.limit or window.at_or_after_stop
    has_previous = window.at_or_before_start
    if request.backward:
        rows = rows[::-1]
        has_next, has_previous = has_previous, has_next
    start, end = (
        (
            cursor.encode(query.order, row.values, query.canonical_query)
            for row in (rows[0], rows[-1])
        )
        if rows
        else (None, None)
    )
    items = [row.item for row in rows]
    return Page(items, window.total, has_next, has_previous, start, end, plan)
