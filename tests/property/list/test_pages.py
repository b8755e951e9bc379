"""Every page of every plan is the oracle's (CONTRACT.md section 2). ``CASES`` makes a long run."""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING, Final

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from installs.query.execution.executor import run
from installs.query.language.parameters import parse
from installs.store.counters import counters_in
from tests.property.list.bounds import Bounds, bounded, bounds
from tests.property.list.memory import Memory
from tests.property.list.queries import Query, orderings, queries
from tests.property.list.world import NOW, Stage, crowds, stages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from installs.query.execution.executor import Page, Reader
    from installs.query.planning.planner import Plan
    from installs.store.counters import Count
    from installs.store.items import Item
    from installs.store.keys import Key

CASES: Final = int(os.environ.get("CASES", "1000"))

thorough = settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)


cases: Final = st.one_of(st.tuples(stages, queries), st.tuples(crowds, orderings))
"""A few rows that are asked anything, or many that are sorted."""

kinds: Final = st.sampled_from(["", "stream", "stream byLatest", "stream byShard", "scan"])
"""Beginnings of the names of plans."""


class Lister:
    """Asks for pages of one query: by plans of a kind where there are any, else by all in turn."""

    def __init__(
        self, stage: Stage, query: Query, reader: Reader, first: int = 0, *, kind: str = ""
    ) -> None:
        self._stage = stage
        self._query = query
        self._reader = reader
        self._next = first
        self._kind = kind
        self.plans = 1
        self.names: list[str] = []

    def page(self, limit: int, **cursors: str) -> Page:
        query = parse(self._query.parameters(limit=str(limit), **cursors))
        found = run(query, self._stage.scope, self._reader, NOW, self._choose)
        self.names.append(found.plan)
        return found

    def _choose(self, found: Sequence[Plan]) -> Plan:
        self.plans = len(found)
        of_kind = [plan for plan in found if plan.name.startswith(self._kind)] or found
        self._next += 1
        return of_kind[(self._next - 1) % len(of_kind)]


def ids(page: Page) -> list[str]:
    return [item["id"]["S"] for item in page.rows]


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


@thorough
@given(
    stage=stages,
    asked=st.lists(queries, min_size=1, max_size=4),
    limit=st.integers(1, 4),
    page=st.integers(1, 5),
    within=bounds,
)
def test_every_plan_gives_the_oracles_page(
    stage: Stage, asked: list[Query], limit: int, page: int, within: Bounds
) -> None:
    reader = Memory(stage.items(), page)
    for query in asked:
        note(str(query))
        expected = query.answer(stage)
        lister = Lister(stage, query, reader)
        turn = 0
        while turn < lister.plans:
            with bounded(within):
                found = lister.page(limit)
            check(found, expected, 0, min(limit, len(expected)))
            turn += 1


class Misled(Memory):
    """A table whose counters are far behind; those of one item do not say that nothing is there."""

    def __init__(self, items: Mapping[Key, Item], page: int, seed: int) -> None:
        super().__init__(items, page)
        self._random = Random(seed)  # noqa: S311 - test data

    def counts(self, wanted: Iterable[Count]) -> Mapping[Count, int]:
        return {
            count: self._random.choice([int(counters_in([count]) == 1), 1, 3, 1_000])
            for count in wanted
        }


@settings(thorough, max_examples=CASES // 4)
@given(stage=stages, query=queries, limit=st.integers(1, 4), seed=st.integers(0, 2**32),
       within=bounds)  # fmt: skip
def test_counters_that_are_behind_hide_no_row(
    stage: Stage, query: Query, limit: int, seed: int, within: Bounds
) -> None:
    expected = query.answer(stage)
    lister = Lister(stage, query, Misled(stage.items(), 3, seed))
    with bounded(within):
        found = lister.page(limit)
    assert ids(found) == expected[:limit]
    assert found.has_next is (len(expected) > limit)
    assert found.total >= len(expected[: limit + 1])


@thorough
@given(
    case=cases, limit=st.integers(1, 3), page=st.integers(1, 5),
    first=st.integers(0, 3), kind=kinds, within=bounds,
)  # fmt: skip
def test_pages_walked_either_way_by_any_plans_are_the_oracles(
    case: tuple[Stage, Query], limit: int, page: int, first: int, kind: str, within: Bounds
) -> None:
    stage, query = case
    expected = query.answer(stage)
    lister = Lister(stage, query, Memory(stage.items(), page), first, kind=kind)

    with bounded(within):
        walk_forward(lister, expected, limit)
        walk_backward(lister, expected, limit)


def walk_forward(lister: Lister, expected: list[str], limit: int) -> None:
    start = 0
    page = lister.page(limit)
    while True:
        check(page, expected, start, min(start + limit, len(expected)))
        if not page.has_next:
            break
        start += limit
        page = lister.page(limit, after=str(page.end))
    assert start + limit >= len(expected)


def walk_backward(lister: Lister, expected: list[str], limit: int) -> None:
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


@thorough
@given(
    case=cases, limit=st.integers(1, 3), page=st.integers(1, 5),
    first=st.integers(0, 3), data=st.data(), within=bounds,
)  # fmt: skip
def test_between_two_cursors_and_when_their_rows_are_gone(
    case: tuple[Stage, Query],
    limit: int,
    page: int,
    first: int,
    data: st.DataObject,
    within: Bounds,
) -> None:
    stage, query = case
    everything = query.answer(stage)
    if not everything:
        return
    lister = Lister(stage, query, Memory(stage.items(), page), first)
    low = data.draw(st.integers(0, len(everything) - 1))
    high = data.draw(st.integers(0, len(everything) - 1))
    cursors = list(_cursors(lister, len(everything)))
    gone = data.draw(st.sets(st.sampled_from([everything[low], everything[high]])))
    left = Stage(
        stage.world | {"install": [r for r in stage.world["install"] if r["id"] not in gone]},
        stage.scope,
    )
    expected = query.answer(left)
    if set(expected) != set(everything) - gone:
        return  # what is gone was an add-on or a parent that the filter asks about

    lister = Lister(left, query, Memory(left.items(), page), first)
    with bounded(within):
        found = lister.page(limit, after=cursors[low], before=cursors[high])

    place = {one: at for at, one in enumerate(everything)}
    between = [one for one in expected if low < place[one] < high]
    assert ids(found) == between[:limit]
    assert found.total == len(expected)
    if between:
        assert found.has_previous is (place[expected[0]] < place[between[0]])
        assert found.has_next is (between[:limit][-1] != expected[-1])
    else:
        assert found.has_previous is any(place[one] <= low for one in expected)
        assert found.has_next is any(place[one] >= high for one in expected)


def _cursors(lister: Lister, number: int) -> Iterator[str]:
    after: dict[str, str] = {}
    for _ in range(number):
        after = {"after": str(lister.page(1, **after).end)}
        yield after["after"]
