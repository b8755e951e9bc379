"""The same on a DynamoDB engine, whose pages end anywhere (CONTRACT.md section 2)."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from installs.store.reader import TableReader
from installs.store.table import Table
from tests.property.list.bounds import Bounds, bounded, bounds
from tests.property.list.lister import (
    Lister,
    check,
    kinds,
    paginate_backward,
    paginate_forward,
)
from tests.property.list.queries import Query, orderings, queries
from tests.property.list.world import Stage, crowds, stages
from tests.property.runs import thorough
from tests.rows_on_table import connected, replace_items

if TYPE_CHECKING:
    from collections.abc import Callable

    from installs.store.parallel import Read


@pytest.fixture
def table(table_name: str, dynamodb_endpoint: str) -> Table:
    return Table(table_name, boto3.client("dynamodb", endpoint_url=dynamodb_endpoint))


@pytest.fixture
def functions_table(table_name: str, dynamodb_endpoint: str) -> Table:
    return connected(dynamodb_endpoint, table_name)


@pytest.fixture
def paged(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes every page of a query end after so many items."""
    whole = Table.reading_page
    most = 1

    def reading_page(self: Table, request: dict[str, Any]) -> Read[Any]:
        return whole(self, request | {"Limit": min(request.get("Limit", most), most)})

    monkeypatch.setattr(Table, "reading_page", reading_page)

    def set_to(number: int) -> None:
        nonlocal most
        most = number

    return set_to


@thorough(500, one_in=10)
@given(
    asked=st.one_of(
        st.tuples(stages, st.lists(queries, min_size=4, max_size=8)),
        st.tuples(crowds, st.lists(orderings, min_size=1, max_size=2)),
    ),
    limit=st.integers(1, 3),
    page=st.integers(1, 5),
    first=st.integers(0, 3),
    kind=kinds,
    within=bounds,
)
def test_every_plan_on_a_real_engine_gives_the_oracles_pages(
    asked: tuple[Stage, list[Query]],
    limit: int,
    page: int,
    first: int,
    kind: str,
    within: Bounds,
    table: Table,
    functions_table: Table,
    paged: Callable[[int], None],
) -> None:
    stage, some = asked
    with bounded(within):
        paged(page)
        replace_items(table, stage.items().values())
        for query in some:
            note(str(query))
            expected = query.answer(stage)
            lister = Lister(stage, query, TableReader(functions_table, inf), first, kind=kind)
            for _ in range(4):
                check(lister.page(limit), expected, 0, min(limit, len(expected)))
            paginate_forward(lister, expected, limit)
            paginate_backward(lister, expected, limit)
