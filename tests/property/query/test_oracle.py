"""The engine answers as sqlite does (CONTRACT.md section 2). ``CASES=20000`` makes a long run."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, note
from hypothesis import strategies as st

from installs.query.language.order_by import parse_order_by
from tests.property.query.engine import Engine
from tests.property.query.filters import filters, orders
from tests.property.query.oracle import Oracle
from tests.property.query.worlds import World, worlds
from tests.property.runs import thorough


@thorough(1_000)
@given(
    world=worlds,
    wanted=st.lists(filters, min_size=1, max_size=3),
    order=orders,
    trash=st.booleans(),
)
def test_filter_and_order_answer_as_sql_does(
    world: World, wanted: list[object], order: list[dict[str, Any]], trash: bool
) -> None:
    parsed = parse_order_by(json.dumps(order))
    with Oracle(world) as oracle:
        for one in wanted:
            note(json.dumps(one))

            found = Engine(world, one, parsed, trash=trash).ids()

            assert found == oracle.ids(one, order)


@thorough(1_000)
@given(world=worlds, wanted=filters, order=orders, limit=st.integers(1, 4))
def test_pages_walked_either_way_show_every_row_once_and_in_order(
    world: World, wanted: object, order: list[dict[str, Any]], limit: int
) -> None:
    wider = {"OR": [wanted, {"NOT": {"workspaceId": "a"}}]}
    with Oracle(world) as oracle:
        expected = oracle.ids(wider, order)
    engine = Engine(world, wider, parse_order_by(json.dumps(order)))

    forward: list[str] = []
    page = engine.page(limit, after=None)
    while page and len(forward) <= len(expected):
        forward += map(engine.id_of, page)
        page = engine.page(limit, after=page[-1])
    backward: list[str] = []
    page = engine.page_before(limit, before=None)
    while page and len(backward) <= len(expected):
        backward = [*map(engine.id_of, page), *backward]
        page = engine.page_before(limit, before=page[0])

    assert forward == expected
    assert backward == expected
