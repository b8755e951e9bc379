"""Rows that come, go and change during a walk cost no other row (CONTRACT.md section 2)."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.listing import ids
from tests.property.list.bounds import Bounds, bounded, bounds
from tests.property.list.lister import Lister, cases
from tests.property.list.memory import Memory
from tests.property.list.world import Stage
from tests.property.query.worlds import DATES, ENUMS, IDS, Row
from tests.property.runs import thorough

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from installs.store.counters import LiveCounter
    from installs.store.filters import Filter
    from installs.store.items import Item
    from installs.store.spans import Batch, Span
    from tests.property.list.queries import Query

FRESH = ("n0", "n1", "n2", "n3")
MOVING = {
    "installedAt": DATES,
    "lastUpgradedAt": (None, *DATES),
    "memberPolicy": ENUMS["memberPolicy"],
    "solutionId": (None, *IDS[:4]),
    "deletedAt": (None, *DATES[1:]),
}


class Moving:
    """A world that changes; what never changed can be told from what did."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage = stage
        self.moved: set[str] = set()
        self._random = Random(seed)  # noqa: S311 - test data
        self._fresh = iter(FRESH)
        # What others name stays, so that no filter on relations changes its mind of a row.
        named = {row["parentInstallId"] for row in stage.world["install"]}
        self._free = {str(r["id"]) for r in stage.world["install"] if r["parentInstallId"] is None}
        self._free -= named

    def change(self) -> None:
        """One row goes, comes, or changes its place."""
        rows = list(self.stage.world["install"])
        here = [at for at, row in enumerate(rows) if row["id"] in self._free]
        fresh = next(self._fresh, None)
        if here and (fresh is None or self._random.random() < 0.7):
            at = self._random.choice(here)
            self.moved.add(str(rows[at]["id"]))
            if self._random.random() < 0.5:
                del rows[at]
            else:
                rows[at] = rows[at] | self._elsewhere()
        elif rows and fresh is not None:
            new: Row = self._random.choice(rows) | {"id": fresh, "parentInstallId": None}
            rows.append(new | self._elsewhere())
            self.moved.add(fresh)
        self.stage = Stage(self.stage.world | {"install": rows}, self.stage.scope)

    def _elsewhere(self) -> Row:
        field = self._random.choice(list(MOVING))
        changed: Row = {field: self._random.choice(MOVING[field])}
        return changed | {"retentionTier": None} if field == "deletedAt" else changed


class Restless(Memory):
    """A table that may change between any two reads, also of one page."""

    def __init__(self, moving: Moving, page: int, chance: float, seed: int) -> None:
        super().__init__(moving.stage.items(), page)
        self._moving = moving
        self._chance = chance
        self._random = Random(seed)  # noqa: S311 - test data

    def change(self) -> None:
        self._moving.change()
        self.items = dict(self._moving.stage.items())

    def live_counts(self, wanted: Iterable[LiveCounter]) -> Mapping[LiveCounter, int]:
        self._perhaps()
        return super().live_counts(wanted)

    def rows(self, entity: str, ids: Iterable[str]) -> Mapping[str, Item]:
        self._perhaps()
        return super().rows(entity, ids)

    def _batch(self, span: Span, limit: int, start: Item | None, condition: Filter | None) -> Batch:
        self._perhaps()
        return super()._batch(span, limit, start, condition)

    def _perhaps(self) -> None:
        if self._random.random() < self._chance:
            self.change()


def walk(
    lister: Lister, memory: Restless, limit: int, cursor: dict[str, str]
) -> Iterator[list[str]]:
    """The pages of a walk from a cursor on, with a change between any two."""
    backward = "before" in cursor
    while True:
        page = lister.page(limit, **cursor)
        yield ids(page)
        end, more = (page.start, page.has_previous) if backward else (page.end, page.has_next)
        if end is None or not more:
            return
        cursor = {"before" if backward else "after": end}
        memory.change()


@pytest.mark.parametrize("forward", [True, False])
@thorough(500)
@given(
    case=cases, limit=st.integers(1, 3), page=st.integers(1, 5),
    first=st.integers(0, 3), seed=st.integers(0, 2**32), within=bounds,
    chance=st.sampled_from([0.0, 0.0, 0.1, 0.3]),
)  # fmt: skip
def test_no_row_that_stayed_is_missed_or_shown_twice(
    case: tuple[Stage, Query],
    limit: int,
    page: int,
    first: int,
    seed: int,
    within: Bounds,
    chance: float,
    forward: bool,
) -> None:
    stage, query = case
    moving = Moving(stage, seed)
    before = query.answer(stage)
    if not before:
        return
    cursor = {}
    if not forward:
        # A walk backward begins at the last row, which is given and not shown.
        still = Lister(stage, query, Memory(stage.items(), page), first)
        cursor["before"] = str(still.page(100).end)
        moving.moved.add(before.pop())
    memory = Restless(moving, page, chance, seed)
    with bounded(within):
        lister = Lister(stage, query, memory, first, still=False)
        pages = list(walk(lister, memory, limit, cursor))
    seen = [one for page in (pages if forward else pages[::-1]) for one in page]

    stayed = [one for one in before if one not in moving.moved]
    assert [one for one in seen if one in set(stayed)] == stayed
