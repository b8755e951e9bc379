"""Cost of a list on a DynamoDB engine: requests, rows, capacity units (docs/adr/0007).

An eventually consistent read takes half a unit for each
begun 4 KB of all that a request examines (AWS: read consistency and capacity).
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest

from installs.errors import QueryTooExpensiveError
from installs.query.execution.executor import run
from installs.query.language.parameters import parse
from installs.query.planning.cost import BUDGET
from installs.store import keys
from installs.store.items import encode_key
from installs.store.reader import TableReader
from installs.store.table import Table
from installs.store.usage import Usage
from tests.listing import ids, install, nothing
from tests.property.list.world import Stage
from tests.rows_on_table import connected, put_items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from installs.query.execution.page import Page

NOW: Final = datetime(2026, 11, 23, 10, tzinfo=UTC)
ROWS: Final = 1_200
WORKSPACES: Final = 20
BIG: Final = "wsp_big"


def text(number: int, size: int = 500) -> str:
    return json.dumps({"n": number, "text": "x" * size})


def rows() -> Iterator[dict[str, Any]]:
    for n in range(ROWS):
        at = f"2026-01-{1 + n // 500:02}T{n % 500 // 60:02}:{n % 60:02}:00.{n % 1000:03}Z"
        yield install(
            f"ins_{n:05}", installedAt=at, variables=text(n), workspaceId=f"wsp_{n % WORKSPACES}",
            integrationId=f"itg_{n % 3}", memberPolicy="manual" if n % 4 else "auto_all",
        )  # fmt: skip
        yield install(
            f"big_{n:05}", installedAt=at, variables=text(n), workspaceId=BIG,
            integrationId=f"itg_{n % 3}", memberPolicy="manual" if n % 4 else "auto_all",
        )  # fmt: skip
    for n in range(120):
        yield install(f"fat_{n:03}", workspaceId="wsp_fat", variables=text(n, 30_000))


@pytest.fixture(scope="module")
def world(dynamodb_endpoint: str, table_definition: Any) -> Iterator[Table]:  # noqa: ANN401
    client = boto3.client(
        "dynamodb", endpoint_url=dynamodb_endpoint, region_name="eu-central-1",
        aws_access_key_id="local", aws_secret_access_key="local",  # noqa: S106 - no secret
    )  # fmt: skip
    table_definition.create(client, "installs-reads")
    items = Stage(nothing() | {"install": list(rows())}, None).items().values()
    part = encode_key(keys.integration_live_count("itg_new", 5))
    put_items(Table("installs-reads", client), [*items, {**part, "live": {"N": "-1"}}])
    yield connected(dynamodb_endpoint, "installs-reads")
    client.delete_table(TableName="installs-reads")


def listed(world: Table, scope: set[str] | None, **query: str) -> tuple[Page, Usage]:
    usage = Usage()
    reader = TableReader(Table(world.name, world.client, usage), BUDGET)
    given = parse({name: [value] for name, value in query.items()})
    return run(given, None if scope is None else frozenset(scope), reader, NOW), usage


def units(items: int, requests: int, item_bytes: int) -> float:
    """Return the cost of queries that examine a number of items, each rounded up by itself."""
    return math.ceil(items * item_bytes / 4096) * 0.5 + requests * 0.5


def item_bytes(world: Table) -> int:
    item: Any = world.get(keys.install("big_00001"))
    return sum(len(name) + len(next(iter(value.values()))) for name, value in item.items())


MANY: Final = {f"wsp_{n}" for n in range(WORKSPACES)}


def test_a_page_of_a_workspace_takes_two_requests_and_a_page_of_rows(world: Table) -> None:
    first, usage = listed(world, {BIG})
    assert (len(first.rows), first.total, usage.calls) == (100, ROWS, 2)
    assert usage.items <= 101 + 1 + 1  # the counter; the engine counts one too many
    assert usage.capacity <= units(101, 2, item_bytes(world))
    # and a later page: the row of the cursor beside
    later, usage = listed(world, {BIG}, after=str(first.end))
    assert (later.has_previous, later.has_next, usage.calls) == (True, True, 2)
    assert usage.items <= 102 + 1 + 1
    # and back
    back, usage = listed(world, {BIG}, before=str(later.start))
    assert ids(back) == ids(first)
    assert usage.calls == 2
    assert usage.items <= 102 + 1 + 1


def test_a_page_is_as_cheap_wherever_it_lies_and_one_of_an_integration_too(world: Table) -> None:
    page, usage = listed(world, {BIG}, integration_id="itg_1", limit="50")
    assert (len(page.rows), page.total, usage.calls) == (50, ROWS // 3, 2)
    assert usage.items <= 51 + 1 + 1


def test_twenty_workspaces_are_merged_with_few_rows_too_many(world: Table) -> None:
    page, usage = listed(world, MANY, limit="25")
    assert (len(page.rows), page.total) == (25, ROWS)
    counters = WORKSPACES
    assert usage.items - counters <= 3 * 25 + usage.calls  # one too many a request, as above
    assert usage.calls <= 3 * WORKSPACES


def test_ids_take_one_request(world: Table) -> None:
    wanted = ",".join(f"big_{n:05}" for n in range(25))
    page, usage = listed(world, {BIG}, ids=wanted)
    assert (len(page.rows), usage.calls, usage.items) == (25, 1, 25)
    assert usage.capacity == 25 * 0.5


def test_rows_to_include_take_one_batch_and_a_row_on_the_page_none(world: Table) -> None:
    _, without = listed(world, {BIG}, limit="10")
    page, usage = listed(world, {BIG}, limit="10", include="integration,workspace,installer")
    assert len(page.rows) == 10
    assert usage.calls == without.calls + 1
    # and what a filter has read is not read again
    by_name = '{"installer":{"name":{"isNull":true}}}'
    _, without = listed(world, {BIG}, ids="big_00001,big_00002", filter=by_name)
    _, usage = listed(world, {BIG}, ids="big_00001,big_00002", filter=by_name, include="installer")
    assert usage.calls == without.calls


def test_live_add_ons_take_one_request_each_and_the_deleted_another(world: Table) -> None:
    two = "big_00001,big_00002"
    live, usage = listed(world, {BIG}, ids=two, filter='{"addOns":{"none":{"solutionId":"s"}}}')
    assert (len(live.rows), usage.calls) == (2, 1 + 2)
    deleted = '{"addOns":{"none":{"deletedAt":{"isNull":false}}}}'
    also, usage = listed(world, {BIG}, ids=two, filter=deleted)
    assert (len(also.rows), usage.calls) == (2, 1 + 4)


def test_parts_of_a_count_that_are_read_while_they_change_are_no_less_than_nought(
    world: Table,
) -> None:
    # given an uninstall that is seen, and its install in another part that is not yet
    assert TableReader(world, BUDGET).live_counts([(None, "itg_new")]) == {(None, "itg_new"): 0}


def test_what_dynamodb_can_check_is_counted_and_does_not_travel(world: Table) -> None:
    page, usage = listed(world, {BIG}, filter='{"memberPolicy":"auto_all"}', limit="10")
    assert (len(page.rows), page.total) == (10, ROWS // 4)
    pages = math.ceil(ROWS * item_bytes(world) / 1_000_000) + 1
    assert usage.capacity <= units(ROWS, pages, item_bytes(world)) + units(130, 3, 1400)


def test_a_foreign_order_reads_every_row_once(world: Table) -> None:
    page, usage = listed(world, {BIG}, orderBy='[{"memberPolicy":"asc"},{"id":"desc"}]')
    assert (ids(page)[0], page.total) == ("big_01196", ROWS)
    assert usage.items <= ROWS + 4
    assert usage.capacity <= units(ROWS, 4, item_bytes(world))


def test_an_order_by_related_rows_reads_every_row_once_and_theirs_in_a_batch(
    world: Table,
) -> None:
    foreign = '[{"memberPolicy":"asc"},{"installedAt":"desc"}]'
    _, own = listed(world, {BIG}, orderBy=foreign)
    related = '[{"installer":{"name":"asc"}},{"installedAt":"desc"}]'
    page, usage = listed(world, {BIG}, orderBy=related)
    assert (ids(page)[0], page.total) == ("big_01199", ROWS)
    assert usage.calls == own.calls + 1
    # and what a filter or include reads too is not read again
    _, usage = listed(world, {BIG}, orderBy=related, include="installer",
                      filter='{"installer":{"handle":{"isNull":true}}}')  # fmt: skip
    assert usage.calls == own.calls + 1


@pytest.mark.parametrize(
    "then", ['{"memberPolicy":"asc"}', '{"id":"asc"}', '{"workspaceId":"asc"}']
)
def test_what_an_index_leads_in_is_read_as_far_as_rows_are_alike(world: Table, then: str) -> None:
    order = f'[{{"installedAt":"desc"}},{then}]'
    first, usage = listed(world, {BIG}, orderBy=order)
    assert (len(first.rows), first.total, usage.calls) == (100, ROWS, 2)
    assert usage.items <= 101 + 1 + 1
    # and twenty workspaces, of which no row was installed with another at one moment
    merged, usage = listed(world, MANY, orderBy=order, limit="25")
    assert (len(merged.rows), merged.total) == (25, ROWS)
    assert usage.items - WORKSPACES <= 3 * 25 + usage.calls
    # and rows that were, a page of 1 MB at a time: 120 of 30 KB
    alike, usage = listed(world, {"wsp_fat"}, orderBy=order, limit="2")
    assert alike.total == 120
    assert usage.items <= 120 + usage.calls
    assert usage.calls <= 12


def test_a_platform_admin_reads_eight_shards(world: Table) -> None:
    page, usage = listed(world, None, limit="25")
    assert (len(page.rows), page.total) == (25, 2 * ROWS + 120)
    assert usage.calls <= 8 * 3 + 1
    assert usage.items <= 64 + 3 * 25 + usage.calls


def test_rows_of_more_than_a_page_of_dynamodbs_come_whole(world: Table) -> None:
    # given 120 rows of 30 KB: a page of the engine holds some 30 of them
    page, usage = listed(world, {"wsp_fat"}, orderBy='[{"id":"asc"}]')
    assert (ids(page), page.total) == ([f"fat_{n:03}" for n in range(100)], 120)
    assert usage.calls >= 4
    streamed, _ = listed(world, {"wsp_fat"}, orderBy='[{"installedAt":"asc"}]')
    assert (ids(streamed), streamed.has_next) == (ids(page), True)


def test_beyond_the_budget_it_says_so(world: Table) -> None:
    # given a budget of a hundredth
    reader = TableReader(Table(world.name, world.client), BUDGET / 100)
    query = parse({"orderBy": ['[{"id":"asc"}]'], "workspace_id": [BIG]})
    with pytest.raises(QueryTooExpensiveError, match="workspace_id"):
        run(query, None, reader, NOW)
