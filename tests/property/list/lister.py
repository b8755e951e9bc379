"""Pages of one query by the plans that a test chooses, compared with what the oracle has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from installs.query.execution.executor import run
from installs.query.language.parameters import parse
from tests.listing import ids
from tests.property.list.queries import Query, orderings, queries
from tests.property.list.world import NOW, Stage, crowds, stages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.query.execution.page import Page
    from installs.query.execution.reader import Reader
    from installs.query.planning.plans import Plan


cases: Final = st.one_of(st.tuples(stages, queries), st.tuples(crowds, orderings))
"""A few rows that are asked anything, or many that are sorted."""


kinds: Final = st.sampled_from(["", "merge", "merge byLatest", "merge byShard", "top k"])
"""Beginnings of the names of plans."""


class Lister:
    """Asks for pages of one query: by plans of a kind where there are any, else by all in turn."""

    def __init__(
        self,
        stage: Stage,
        query: Query,
        reader: Reader,
        first: int = 0,
        *,
        kind: str = "",
        still: bool = True,
    ) -> None:
        self._stage = stage
        self._query = query
        self._reader = reader
        self._next = first
        self._kind = kind
        self._still = still
        self.plans = 1
        self.names: list[str] = []

    def page(self, limit: int, **cursors: str) -> Page:
        query = parse(self._query.parameters(limit=str(limit), **cursors))
        found = run(query, self._stage.scope, self._reader, NOW, self._choose)
        self.names.append(found.plan)
        if self._still:
            assert found.included == self._query.included(self._stage, ids(found))
        return found

    def _choose(self, found: Sequence[Plan]) -> Plan:
        self.plans = len(found)
        of_kind = [plan for plan in found if plan.name.startswith(self._kind)] or found
        self._next += 1
        return of_kind[(self._next - 1) % len(of_kind)]


def check(page: Page, expected: list[str], start: int, stop: int) -> None:
    """The page is a slice of what the oracle has."""
    assert ids(page) == expected[start:stop]
    assert page.total == len(expected)
    if page.rows:
        assert (page.has_previous, page.has_next) == (start > 0, stop < len(expected))
    else:
        assert (page.start, page.end) == (None, None)
        if not expected:
            assert (page.has_previous, page.has_next) == (False, False)


def paginate_forward(lister: Lister, expected: list[str], limit: int) -> None:
    start = 0
    page = lister.page(limit)
    while True:
        check(page, expected, start, min(start + limit, len(expected)))
        if not page.has_next:
            break
        start += limit
        page = lister.page(limit, after=str(page.end))
    assert start + limit >= len(expected)


def paginate_backward(lister: Lister, expected: list[str], limit: int) -> None:
    """From behind the last row: its own cursor, and the page that ends at it."""
    if not expected:
        return
    page = lister.page(100)
    stop = len(expected)
    page = lister.page(1, after=str(page.end))
    assert (ids(page), page.total, page.has_next, page.has_previous) == ([], stop, False, True)
    last = lister.page(100)
    before = str(last.end)
    stop -= 1
    while True:
        page = lister.page(limit, before=before)
        check(page, expected, max(0, stop - limit), stop)
        if not page.rows:
            assert (page.has_next, page.has_previous) == (True, False)
        if not page.has_previous:
            break
        stop -= limit
        before = str(page.start)
    assert stop - limit <= 0
