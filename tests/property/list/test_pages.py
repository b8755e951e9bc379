"""Every page of every plan is the oracle's (CONTRACT.md section 2). ``CASES`` makes a long run."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from hypothesis import given, note
from hypothesis import strategies as st

from installs.store.counters import items_to_read
from tests.listing import ids
from tests.property.list.bounds import Bounds, bounded, bounds
from tests.property.list.lister import (
    Lister,
    cases,
    check,
    kinds,
    paginate_backward,
    paginate_forward,
)
from tests.property.list.memory import Memory
from tests.property.list.queries import Query, queries
from tests.property.list.world import Stage, stages
from tests.property.runs import thorough

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from installs.store.counters import LiveCounter
    from installs.store.items import Item
    from installs.store.keys import Key


@thorough(500)
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

    def live_counts(self, wanted: Iterable[LiveCounter]) -> Mapping[LiveCounter, int]:
        return {
            count: self._random.choice([int(items_to_read([count]) == 1), 1, 3, 1_000])
            for count in wanted
        }


@thorough(500, one_in=4)
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


@thorough(500)
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
        paginate_forward(lister, expected, limit)
        paginate_backward(lister, expected, limit)


@thorough(500)
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
    orphaned = any(row.get("parentInstallId") in gone for row in left.world["install"])
    by_parent = any("parentInstall" in entry for entry in query.order or ())
    if expected != [one for one in everything if one not in gone] or (orphaned and by_parent):
        return  # what is gone was an add-on or a parent that the filter or the order asks about

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
