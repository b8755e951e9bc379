"""Pagination of a list, for both clients: the request of the next page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from installs_client import operations
from installs_client.errors import InvalidRequestError, UnexpectedAnswerError
from installs_client.query import MAX_LIMIT, Query

if TYPE_CHECKING:
    from collections.abc import Iterable

    from installs_client.operations import Operation
    from installs_client.rows import Install, Page


class Paginator:
    """Pages behind ``after``, or from the start; with ``before`` alone, backward from there.

    With both cursors it goes forward from the one to the other.
    """

    def __init__(
        self, query: Query, *, max_pages: int | None = None, max_rows: int | None = None
    ) -> None:
        for name, bound in (("max_pages", max_pages), ("max_rows", max_rows)):
            if bound is not None and (isinstance(bound, bool) or bound < 0):
                raise InvalidRequestError(f"{name} is a whole number, not below 0")
        self.backward = bool(query.get("before")) and not query.get("after")
        self._query: Query = {**query}
        self._pages_left = max_pages
        self._rows_left = max_rows
        self._ended = False
        operations.list_page(self._query)  # refuse a bad query before the first page

    def next(self) -> Operation[Page] | None:
        """Return the request of the next page; None at the end."""
        if self._ended or self._pages_left == 0 or self._rows_left == 0:
            return None
        query: Query = {**self._query}
        if self._rows_left is not None:
            query["limit"] = min(query.get("limit") or MAX_LIMIT, self._rows_left)
        return operations.list_page(query)

    def advance(self, page: Page) -> None:
        """Advance past a page.

        Raises
        ------
        UnexpectedAnswerError
            The page says that there are more, but not where: pagination would never end.
        """
        if self._pages_left is not None:
            self._pages_left -= 1
        if self._rows_left is not None:
            self._rows_left = max(0, self._rows_left - len(page.rows))
        info = page.info
        more = info.has_previous_page if self.backward else info.has_next_page
        # Between two cursors there may be no row left though the list goes on.
        self._ended = not more or not page.rows
        if self._ended:
            return
        cursor = info.start_cursor if self.backward else info.end_cursor
        before = self._query.get("before" if self.backward else "after")
        if cursor is None or cursor == before:
            raise UnexpectedAnswerError(
                200, "A page announces more rows, but its cursor makes no progress."
            )
        if self.backward:
            self._query["before"] = cursor
        else:
            self._query["after"] = cursor

    def rows(self, page: Page) -> Iterable[Install]:
        """Return the page's rows in the order of iteration: the nearest first."""
        return reversed(page.rows) if self.backward else page.rows
