"""Reads of a list over a table in memory, and its budget (CONTRACT.md section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from installs.errors import QueryTooExpensiveError
from installs.query.execution.executor import run
from installs.query.execution.keyed_rows import KeyedRow
from installs.query.execution.top_k import TopK
from installs.query.language.parameters import parse
from installs.query.planning.plans import MergeScanPlan
from tests import rows as factory
from tests.listing import OWN, Watched, days, ids, install, listed
from tests.property.list.world import NOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.store.filters import Filter
    from installs.store.items import Item
    from installs.store.spans import Span


def test_a_page_in_the_order_of_the_index_examines_a_page() -> None:
    reader = Watched(*days(500))
    first = listed(reader, limit="100")
    assert (len(first.rows), first.total, reader.examined) == (100, 500, 101)
    # and a later one, with the row of the cursor, which tells of what is behind it
    second = listed(reader, limit="100", after=str(first.end))
    assert (second.has_previous, second.has_next, reader.examined) == (True, True, 101 + 102)
    third = listed(reader, limit="100", before=str(second.start))
    assert (ids(third), third.has_previous, third.has_next) == (ids(first), False, True)
    assert reader.examined == 101 + 102 + 101


def test_an_order_by_related_rows_never_streams() -> None:
    # given integrations whose names are not in the order of their ids, and one that is absent
    rows = [row | {"integrationId": f"itg_{n % 3}"} for n, row in enumerate(days(30))]
    named = [
        factory.stored(factory.integration("itg_0", name="beta")),
        factory.stored(factory.integration("itg_1", name="Alpha")),
    ]
    reader = Watched(*rows, integration=named)
    by_name = '[{"integration":{"name":"asc"}},{"installedAt":"asc"}]'
    first = listed(reader, limit="11", orderBy=by_name)
    assert first.plan.startswith("top k ")
    assert ids(first) == [f"i{n:04}" for n in [*range(1, 30, 3), 0]]
    last = listed(reader, limit="11", orderBy=by_name, after=str(first.end))
    assert ids(last) == [f"i{n:04}" for n in [*range(3, 30, 3), 2, 5]]
    # and so where the beginning of the order is an index's
    beside = listed(reader, orderBy='[{"installedAt":"asc"},{"integration":{"name":"asc"}}]')
    assert beside.plan.startswith("top k ")


def test_workspaces_are_merged_as_far_as_the_page_needs() -> None:
    rows = [row | {"workspaceId": f"wsp_{n % 20}"} for n, row in enumerate(days(1_000))]
    reader = Watched(*rows)
    scope = frozenset(f"wsp_{n}" for n in range(20))
    page = listed(reader, scope, limit="25")
    assert ids(page) == [f"i{999 - n:04}" for n in range(25)]
    assert page.total == 1_000
    assert reader.examined <= 75


def test_one_busy_workspace_among_quiet_ones_is_read_further() -> None:
    rows = days(400)
    for n, row in enumerate(rows[:-100]):
        row["workspaceId"] = f"wsp_{n % 19}"
    reader = Watched(*rows)
    scope = frozenset({*(f"wsp_{n}" for n in range(19)), "wsp_a"})
    assert ids(listed(reader, scope, limit="25")) == [f"i{399 - n:04}" for n in range(25)]
    assert reader.examined <= 75


def test_lanes_that_come_as_a_whole_before_others_are_read_first() -> None:
    # given workspaces one after the other
    rows = [row | {"workspaceId": f"wsp_{n % 20:02}"} for n, row in enumerate(days(1_000))]
    reader = Watched(*rows)
    scope = frozenset(f"wsp_{n:02}" for n in range(20))
    by_place = '[{"workspaceId":"asc"},{"installedAt":"asc"}]'
    page = listed(reader, scope, limit="25", orderBy=by_place)
    assert (ids(page), page.total) == ([f"i{20 * n:04}" for n in range(25)], 1_000)
    assert reader.examined == 26
    # or the upgraded before those that never were
    upgraded = [row | {"lastUpgradedAt": row["installedAt"]} for row in days(300)[::2]]
    reader = Watched(*days(300)[1::2], *upgraded)
    page = listed(reader, limit="25", orderBy='[{"lastUpgradedAt":"desc_nulls_last"}]')
    assert (ids(page), page.total) == ([f"i{298 - 2 * n:04}" for n in range(25)], 300)
    assert reader.examined == 26


def test_lanes_of_few_rows_are_read_together_though_they_come_one_after_another() -> None:
    # given a hundred workspaces of three installs each
    rows = [row | {"workspaceId": f"wsp_{n % 100:02}"} for n, row in enumerate(days(300))]
    reader = Watched(*rows)
    scope = frozenset(f"wsp_{n:02}" for n in range(100))
    by_place = '[{"workspaceId":"asc"},{"installedAt":"asc"}]'
    page = listed(reader, scope, limit="50", orderBy=by_place)
    assert (ids(page)[:4], page.total) == (["i0000", "i0100", "i0200", "i0001"], 300)
    assert (page.plan, reader.rounds, reader.examined) == ("merge byWorkspace", 1, 51)
    # and a filter that keeps none of them
    few = '{"memberPolicy":"auto_all"}'
    none = listed(reader, scope, filter=few, limit="1", orderBy=by_place)
    assert (none.total, none.plan) == (0, "merge byWorkspace")
    assert reader.rounds <= 1 + 10


def test_whether_rows_are_behind_one_that_is_gone_is_asked_of_few_workspaces() -> None:
    rows = [row | {"workspaceId": f"wsp_{n % 60:02}"} for n, row in enumerate(days(1_200))]
    scope = frozenset(f"wsp_{n:02}" for n in range(60))
    first = listed(Watched(*rows), scope, limit="100")
    reader = Watched(*(row for row in rows if row["id"] != ids(first)[-1]))
    second = listed(reader, scope, limit="100", after=str(first.end))
    assert (second.has_previous, second.has_next) == (True, True)
    forward = reader.examined
    again = Watched(*rows)
    listed(again, scope, limit="100", after=str(first.end))
    assert forward <= again.examined + 4


def test_rows_past_their_retention_that_are_not_swept_are_gone_by_in_few_rounds() -> None:
    # given a trash that is past its retention, and another with few rows in the same time
    gone = {"deletedAt": "2026-11-22T00:00:00.000Z", "retentionTier": "short", "workspaceId": "a"}
    there = gone | {"retentionTier": "long", "workspaceId": "b"}
    rows = [row | (gone if n % 20 else there) for n, row in enumerate(days(1_200))]
    reader = Watched(*rows)
    page = listed(reader, frozenset("ab"), include_deleted="only", limit="25")
    assert ids(page) == [f"i{1_180 - 20 * n:04}" for n in range(25)]
    assert (page.total, page.plan) == (60, "merge byWorkspace")
    assert reader.rounds <= 8


def test_a_page_that_lacks_few_rows_is_read_on_by_few() -> None:
    # given an integration in every second install, a few more times in the older half
    rows = [row | {"integrationId": "a" if n % 2 or (n % 10 == 0 and n < 1_050) else "b"}
            for n, row in enumerate(days(1_200))]  # fmt: skip
    reader = Watched(*rows)
    page = listed(reader, None, integration_id="a", limit="100")
    assert (len(page.rows), page.plan) == (100, "merge byShard")
    assert reader.examined <= 1.3 * 204


def test_lanes_that_hold_less_than_is_thought_are_read_in_few_rounds() -> None:
    # given sixty workspaces with eight installs, and one in the trash, which nothing counts
    gone = {"deletedAt": "2026-11-29T00:00:00.000Z", "retentionTier": "long"}
    rows = [row | {"workspaceId": f"wsp_{n % 60:02}"} | (gone if n < 60 else {})
            for n, row in enumerate(days(540))]  # fmt: skip
    scope = frozenset(f"wsp_{n:02}" for n in range(60))
    reader = Watched(*rows)
    order = '[{"workspaceId":"desc"},{"installedAt":"asc"}]'
    given = parse({"include_deleted": ["true"], "limit": ["50"], "orderBy": [order]})
    page = run(
        given,
        scope,
        reader,
        NOW,
        lambda plans: next(p for p in plans if isinstance(p, MergeScanPlan)),
    )
    assert (ids(page)[:3], page.total) == (["i0059", "i0119", "i0179"], 540)
    assert page.plan == "merge byWorkspace"
    assert reader.rounds <= 8


def test_lanes_that_are_empty_though_nothing_says_so_are_gone_by_in_few_rounds() -> None:
    # given a hundred workspaces, the last of which has installs in the trash
    gone = {"deletedAt": "2026-11-29T00:00:00.000Z", "retentionTier": "long", "workspaceId": "z"}
    reader = Watched(*(row | gone for row in days(30)))
    scope = frozenset({"z", *(f"wsp_{n:02}" for n in range(99))})
    order = '[{"workspaceId":"asc"},{"installedAt":"asc"}]'
    given = parse({"include_deleted": ["only"], "limit": ["7"], "orderBy": [order]})
    page = run(
        given,
        scope,
        reader,
        NOW,
        lambda plans: next(p for p in plans if isinstance(p, MergeScanPlan)),
    )
    assert (ids(page), page.total) == ([f"i{n:04}" for n in range(7)], 30)
    assert page.plan == "merge byWorkspace"
    assert reader.rounds <= 8


def test_whether_a_row_is_behind_is_asked_as_far_as_one_is_thought_to_be() -> None:
    # given an integration in every twentieth install, and a page that ends at one that is gone
    rows = [row | {"integrationId": "b" if n % 20 else "a"} for n, row in enumerate(days(1_200))]
    first = listed(Watched(*rows), None, integration_id="a", limit="5")
    reader = Watched(*(row for row in rows if row["id"] != ids(first)[-1]))
    given = parse({name: [value] for name, value in {
        "integration_id": "a", "limit": "5", "before": str(first.end), "after": str(first.start),
    }.items()})  # fmt: skip
    page = run(
        given,
        None,
        reader,
        NOW,
        lambda plans: next(p for p in plans if isinstance(p, MergeScanPlan)),
    )
    assert (ids(page), page.has_previous, page.has_next) == (ids(first)[1:-1], True, True)
    assert page.plan == "merge byShard"
    assert reader.rounds <= 2


def test_the_upgraded_are_a_page_whatever_they_are_sorted_by_beside() -> None:
    # given an integration that is in every second of the workspace's installs
    rows = days(1_200)
    for n, row in enumerate(rows):
        row["integrationId"] = f"itg_{n % 2}"
        row["lastUpgradedAt"] = row["installedAt"] if n % 3 else None
    reader = Watched(*rows)
    order = '[{"lastUpgradedAt":"desc_nulls_last"},{"memberPolicy":"asc"}]'
    page = listed(reader, integration_id="itg_1", orderBy=order, limit="25")
    assert (page.plan, page.total, len(page.rows)) == ("merge byLatest", 600, 25)
    assert reader.examined <= 100


def test_rows_alike_in_what_an_index_leads_in_are_read_together() -> None:
    # given seven installs of each of many moments
    rows = [row | {"installedAt": days(500)[n // 7]["installedAt"]}
            for n, row in enumerate(days(350))]  # fmt: skip
    reader = Watched(*rows)
    order = '[{"installedAt":"desc"},{"id":"asc"}]'
    expected = sorted((row["id"] for row in rows), key=lambda one: (-(int(one[1:]) // 7), one))
    first = listed(reader, limit="10", orderBy=order)
    assert (ids(first), first.total, first.has_next) == (expected[:10], 350, True)
    # two moments, and the rows that say that there is more
    assert reader.examined <= 10 + 7 + 1
    second = listed(reader, limit="10", orderBy=order, after=str(first.end))
    assert ids(second) == expected[10:20]
    assert (second.has_previous, second.has_next) == (True, True)
    # the moment that was begun is read again, and as much again as the page is short of it
    assert reader.examined <= 18 + 12 + 24
    assert ids(listed(reader, limit="10", orderBy=order, before=str(second.start))) == ids(first)


@pytest.mark.parametrize("limit", ["1", "25"])
def test_rows_alike_in_many_workspaces_are_read_in_few_rounds(limit: str) -> None:
    # given one moment in which all of forty workspaces' installs were made
    moment = {"installedAt": "2026-01-01T00:00:00.000Z"}
    rows = [row | moment | {"workspaceId": f"wsp_{n % 40}"} for n, row in enumerate(days(400))]
    scope = frozenset(f"wsp_{n}" for n in range(40))
    order = '[{"installedAt":"desc"},{"id":"asc"}]'
    reader = Watched(*rows)
    first = listed(reader, scope, limit=limit, orderBy=order)
    assert ids(first) == [f"i{n:04}" for n in range(int(limit))]
    assert reader.rounds <= 3
    assert reader.examined <= 400
    second = listed(reader, scope, limit=limit, orderBy=order, after=str(first.end))
    assert ids(second) == [f"i{n:04}" for n in range(int(limit), 2 * int(limit))]
    assert reader.rounds <= 2 * 3
    assert reader.examined <= 2 * 400


def test_the_never_upgraded_are_read_only_where_the_page_comes_to_them() -> None:
    upgraded = [row | {"lastUpgradedAt": row["installedAt"]} for row in days(300)[::2]]
    never = [row | {"memberPolicy": "manual" if n % 2 else "auto_all"}
             for n, row in enumerate(days(300)[1::2])]  # fmt: skip
    order = '[{"lastUpgradedAt":"desc_nulls_last"},{"memberPolicy":"desc"},{"installedAt":"desc"}]'
    reader = Watched(*never, *upgraded)
    page = listed(reader, limit="25", orderBy=order)
    assert (ids(page), page.total) == ([f"i{298 - 2 * n:04}" for n in range(25)], 300)
    assert reader.examined == 26
    # given a cursor of the last that was upgraded
    last = listed(reader, limit="100", orderBy=order, after=str(page.end))
    last = listed(reader, limit="25", orderBy=order, after=str(last.end))
    assert ids(last)[-1] == "i0000"
    behind = listed(reader, limit="3", orderBy=order, after=str(last.end))
    assert ids(behind) == ["i0299", "i0295", "i0291"]


def test_relations_are_read_only_of_rows_that_may_match() -> None:
    reader = Watched(*days(50), install("x", memberPolicy="auto_all"))
    relation = '{"memberPolicy":"auto_all","members":{"none":{"enabled":true}}}'
    assert ids(listed(reader, filter=relation)) == ["x"]
    assert reader.members_of == ["x"]


def test_a_relation_to_few_rows_says_where_to_look() -> None:
    others = [
        factory.integration("itg_a", workspaceId="wsp_a"),
        factory.integration("itg_b", workspaceId="wsp_a", publisher="other"),
    ]
    few = [install(f"x{n}", integrationId="itg_b") for n in range(3)]
    reader = Watched(*days(300), *few, integration=others)
    page = listed(reader, filter='{"integration":{"publisher":"other"}}')
    assert (ids(page), page.total) == (["x2", "x1", "x0"], 3)
    assert reader.examined <= 3 + 1


@pytest.mark.parametrize("parameter", ["parent_install_id", "solution_id"])
def test_rows_of_others_are_not_read_through_what_the_caller_does_not_see(parameter: str) -> None:
    # given many add-ons of an install, and installs in a solution, of another tenant
    far = {"workspaceId": "wsp_far"}
    hidden = [install(f"h{n}", parentInstallId="top", solutionId="top", **far) for n in range(300)]
    # and more rows of the caller's own than a parent or a solution is guessed to have
    reader = Watched(install("top", **far), *days(60), *hidden)
    page = listed(reader, **{parameter: "top"})
    assert (ids(page), page.total) == ([], 0)
    assert reader.examined <= 60


def test_nothing_is_read_where_nothing_can_match() -> None:
    reader = Watched(*days(5))
    assert listed(reader, workspace_id="wsp_far").total == 0
    assert (reader.examined, reader.counted) == (0, 0)


def test_more_rows_than_any_budget_holds_are_refused_before_they_are_read() -> None:
    reader = Watched(*days(10))
    for item in reader.items.values():
        if "live" in item:
            item["live"] = {"N": "50000"}
    with pytest.raises(QueryTooExpensiveError, match="workspace_id"):
        listed(reader, orderBy='[{"id":"asc"}]')
    assert reader.examined == 0


def test_what_is_seen_is_in_total_though_the_counters_are_behind() -> None:
    # given counters that know of none of the installs, as a stale read may have them
    reader = Watched(*days(5))
    for item in reader.items.values():
        if "live" in item:
            item["live"] = {"N": "-1"}
    first = listed(reader, limit="2")
    assert (ids(first), first.total, first.has_next) == (["i0004", "i0003"], 3, True)
    last = listed(reader, limit="3", after=str(first.end))
    assert (ids(last), last.total, last.has_next) == (["i0002", "i0001", "i0000"], 4, False)
    assert listed(reader, after=str(last.end)).total == 1


def test_deleted_add_ons_are_read_only_where_they_are_asked_about() -> None:
    gone = {"deletedAt": "2026-11-29T00:00:00.000Z", "retentionTier": "long"}
    add_ons = [install("a", parentInstallId="p"), install("b", parentInstallId="p", **gone)]
    reader = Watched(install("p"), *add_ons)
    top = '"parentInstallId":{"isNull":true}'
    of_live = listed(reader, filter=f'{{"addOns":{{"every":{{"id":"a"}}}},{top}}}')
    assert (ids(of_live), reader.with_deleted) == (["p"], False)
    asked = listed(reader, filter='{"addOns":{"some":{"deletedAt":{"isNull":false}}}}')
    assert (ids(asked), reader.with_deleted) == (["p"], True)


def test_lanes_in_which_the_first_field_is_fixed_stand_beside_those_in_which_it_is_not() -> None:
    # given live and deleted installs that were upgraded at the same moment
    at, gone = "2026-11-20T00:00:00.000Z", "2026-11-29T00:00:00.000Z"
    deleted = {"deletedAt": gone, "retentionTier": "medium"}
    rows = [install(one, lastUpgradedAt=at) for one in ("live1", "live2")]
    rows += [install(one, lastUpgradedAt=at, **deleted) for one in ("del1", "del2")]
    page = listed(
        Watched(*rows), filter=f'{{"lastUpgradedAt":"{at}"}}', include_deleted="true",
        orderBy='[{"lastUpgradedAt":"asc"},{"deletedAt":"asc"}]',
    )  # fmt: skip
    assert ids(page) == ["del1", "del2", "live1", "live2"]


def test_a_date_of_a_parent_that_is_not_there_is_null() -> None:
    rows = [
        install("p1"),
        install("child", parentInstallId="p1"),
        install("o", parentInstallId="x"),
    ]
    wanted = '{"parentInstall":{"OR":[{"installedAt":{"isNull":true}},{"id":"p1"}]}}'
    for scope in (None, OWN):
        page = listed(Watched(*rows), scope, filter=wanted, orderBy='[{"id":"asc"}]')
        assert ids(page) == ["child", "o", "p1"]


def test_many_integrations_are_counted_where_the_caller_is_and_not_everywhere() -> None:
    rows = [install(f"i{n}", integrationId=f"itg_{n}") for n in range(100)]
    reader = Watched(*rows)
    wanted = ",".join(f'"itg_{n}"' for n in range(100))
    page = listed(reader, filter=f'{{"integrationId":{{"in":[{wanted}]}}}}')
    assert (page.total, len(page.rows)) == (100, 100)
    assert reader.counters <= 201


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        ('{"addOns":{"some":{"memberPolicy":"manual"}}}', []),
        ('{"addOns":{"none":{"memberPolicy":"manual"}}}', ["top"]),
        ('{"members":{"some":{"enabled":true}}}', []),
        ('{"members":{"every":{"enabled":false}}}', ["top"]),
    ],
)
def test_what_hangs_from_an_install_in_a_workspace_out_of_reach_is_absent(
    wanted: str, seen: list[str]
) -> None:
    member = factory.stored(factory.member("mem", "top", workspaceId="wsp_b"))
    add_on = install("add", workspaceId="wsp_b", parentInstallId="top")
    reader = Watched(install("top"), add_on, member=[member])

    assert ids(listed(reader, OWN, filter=wanted)) == seen
    assert ids(listed(reader, None, filter=wanted, ids="top")) == (["top"] if not seen else [])


def test_what_many_rows_lead_to_is_read_of_all_of_them() -> None:
    solutions = [
        factory.solution(f"sol_{n}", workspaceId="wsp_a", name="odd" if n % 2 else "even")
        for n in range(250)
    ]
    rows = [row | {"solutionId": f"sol_{n}"} for n, row in enumerate(days(250))]
    page = listed(Watched(*rows, solution=solutions), filter='{"solution":{"name":"even"}}')
    assert (page.total, ids(page)) == (125, [f"i{n:04}" for n in range(248, 48, -2)])


def test_the_best_of_many_rows_are_kept_however_they_come() -> None:
    """A stretch that gets better, then worse: far more rows than are kept at once."""
    numbers = [*range(300, 600), *range(300), *range(600, 900)]
    rows = [row | {"id": f"i{n:03}"} for row, n in zip(days(900), numbers, strict=True)]
    for way, best in (("asc", range(5)), ("desc", range(899, 894, -1))):
        page = listed(Watched(*rows), orderBy=f'[{{"id":"{way}"}}]', limit="5")
        assert (ids(page), page.total, page.plan) == (
            [f"i{n:03}" for n in best], 900, "top k byWorkspace",
        )  # fmt: skip


def test_a_row_that_is_better_than_the_worst_kept_is_kept() -> None:
    # given more rows than are kept at once, cut to the best two: 0 and 5
    places = [0, 5, 10, 11, 12, 13, 14, 15, 3]
    rows = [KeyedRow((place,), (str(place),), {}) for place in places]
    # when one comes that lies between these
    best = TopK(2, None, None).select(rows)
    # then it is one of the best
    assert [row.key for row in best] == [(0,), (3,)]


def test_a_page_that_ends_just_ahead_of_a_row_that_is_gone_has_a_next_one() -> None:
    # given a page of just as many rows as lie between two cursors, the second of a row that went
    names = ("a", "b", "c", "d", "e")
    rows = [install(name, installedAt=f"2026-01-0{n}T00:00:00.000Z")
            for n, name in enumerate(names, 1)]  # fmt: skip
    order = '[{"installedAt":"asc"}]'
    after, before = (
        str(listed(Watched(*rows), orderBy=order, limit=limit).end) for limit in ("1", "4")
    )
    without = [row for row in rows if row["id"] != "d"]
    page = listed(Watched(*without), orderBy=order, limit="2", after=after, before=before)
    # then the row behind the cursor is told of
    assert (ids(page), page.has_previous, page.has_next) == (["b", "c"], True, True)


def test_a_row_that_is_read_in_both_halves_of_an_index_is_one() -> None:
    """An index may be read while a row passes from one half of it to the other."""

    class Passing(Watched):
        def read_all(
            self, wanted: Sequence[Span], condition: Filter | None
        ) -> Sequence[Sequence[Item]]:
            found = super().read_all(wanted, condition)
            return [*found, *found]

    reader = Passing(*days(3))
    page = listed(reader, include_deleted="true", orderBy='[{"id":"asc"}]')
    assert (ids(page), page.total) == (["i0000", "i0001", "i0002"], 3)
