"""Golden plans of queries (CONTRACT.md section 2, docs/adr/0007)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from installs.query.language.parameters import parse
from installs.query.planning import access_paths, planner
from installs.query.planning.cost import BUDGET
from installs.query.planning.key_ranges import KeyRange
from installs.query.planning.list_request import ListRequest
from installs.query.planning.planner import candidate_plans
from installs.store import keys
from installs.store.counters import items_to_read
from installs.store.expressions import Exists, Missing, Placeholders
from installs.store.filters import All, AnyOf, Compare, OneOf

if TYPE_CHECKING:
    from collections.abc import Collection

    from installs.query.planning.plans import Plan
    from installs.query.planning.statistics import Statistics
    from installs.store.counters import LiveCounter

NOW: Final = datetime(2026, 11, 23, 10, tzinfo=UTC)
TWO: Final = frozenset({"wsp_a", "wsp_b"})
THOUSAND: Final = frozenset(f"wsp_{n}" for n in range(1000))
TRASH: Final = '[{"deletedAt":"desc"}]'
UPGRADED: Final = '[{"lastUpgradedAt":"desc_nulls_last"}]'


def search(scope: frozenset[str] | None = TWO, /, **given: str) -> ListRequest:
    return ListRequest.of(parse({name: [value] for name, value in given.items()}), scope, NOW)


class Counted:
    """As if every workspace had as many rows, a tenth of them of any integration."""

    def __init__(self, each: int, platform: int = 100_000, integration: int = 20_000) -> None:
        self._of_all = {True: platform, False: integration}
        self._each = each
        self.read: dict[LiveCounter, int] = {}

    def __call__(self, wanted: Collection[LiveCounter]) -> Statistics:
        found = {one: self._count(*one) for one in wanted}
        self.read.update(found)
        return found

    def _count(self, workspace: str | None, one: str | None) -> int:
        if workspace is None:
            return self._of_all[one is None]
        return self._each if one is None else self._each // 10


def every(of: ListRequest, each: int = 5_000, **sizes: int) -> list[Plan]:
    return candidate_plans(of, Counted(each, **sizes))[0]


def plans(of: ListRequest, statistics: Statistics) -> list[Plan]:
    return planner.ranked_plans(of, access_paths.access_paths(of), statistics)


def best(of: ListRequest, each: int = 5_000, **sizes: int) -> Plan:
    return every(of, each, **sizes)[0]


@pytest.mark.parametrize(
    ("given", "name", "lanes"),
    [
        ({}, "merge byWorkspace", 2),
        ({"workspace_id": "wsp_a"}, "merge byWorkspace", 1),
        ({"workspace_id": "wsp_a", "orderBy": '[{"installedAt":"asc"}]'}, "merge byWorkspace", 1),
        ({"orderBy": '[{"workspaceId":"asc"},{"installedAt":"desc"}]'}, "merge byWorkspace", 2),
        ({"orderBy": '[{"workspaceId":"desc"},{"installedAt":"desc"}]'}, "merge byWorkspace", 2),
        # what an index leads in, and few rows are alike in
        ({"orderBy": '[{"installedAt":"desc"},{"workspaceId":"asc"}]'}, "merge byWorkspace", 2),
        ({"orderBy": '[{"installedAt":"desc"},{"memberPolicy":"asc"}]'}, "merge byWorkspace", 2),
        ({"orderBy": '[{"installedAt":"desc"},{"id":"asc"}]'}, "merge byWorkspace", 2),
        ({"orderBy": '[{"lastUpgradedAt":"desc_nulls_last"},{"installedAt":"desc"}]'},
         "merge byLatest", 4),
        ({"orderBy": '[{"workspaceId":"asc"},{"memberPolicy":"asc"}]'}, "top k byWorkspace", 2),
        ({"orderBy": '[{"memberPolicy":"asc"},{"installedAt":"desc"}]'}, "top k byWorkspace", 2),
        ({"orderBy": '[{"id":"asc"}]'}, "top k byWorkspace", 2),
        ({"orderBy": UPGRADED}, "merge byLatest", 4),
        ({"include_deleted": "only", "orderBy": TRASH}, "merge byLatest", 2),
        ({"include_deleted": "only"}, "merge byWorkspace", 2),
        ({"include_deleted": "true"}, "merge byWorkspace", 4),
        ({"ids": "ins_2,ins_1"}, "top k ids", 0),
        ({"parent_install_id": "ins_1"}, "top k byParent", 1),
        ({"solution_id": "sol_1", "workspace_id": "wsp_a"}, "top k bySolution", 1),
        ({"integration_id": "itg_1"}, "merge byIntegration, workspaces", 2),
        ({"integration_id": "itg_1", "workspace_id": "wsp_a"},
         "merge byIntegration, workspaces", 1),
        # what only rows can tell
        ({"filter": '{"members":{"some":{"enabled":true}}}'}, "top k byWorkspace", 2),
        ({"filter": '{"variables":{"path":["a"],"eq":1}}'}, "top k byWorkspace", 2),
        # what DynamoDB can count
        ({"filter": '{"memberPolicy":"manual"}'}, "top k byWorkspace", 2),
        ({"filter": '{"memberPolicy":"manual"}', "workspace_id": "wsp_a"}, "merge byWorkspace", 1),
        ({"filter": '{"installedAt":{"gte":"2026-11-01T00:00:00.000Z"}}'},
         "merge byWorkspace", 2),
        # what is not required of every row narrows nothing; what each branch requires does
        ({"filter": '{"OR":[{"id":"ins_1"},{"solutionId":"sol_1"}]}'}, "top k byWorkspace", 2),
        ({"filter": '{"OR":[{"integrationId":"itg_1"},{"integrationId":"itg_2"}]}'},
         "merge byIntegration, workspaces", 4),
        ({"filter": '{"solution":{"id":"sol_1"}}'}, "top k bySolution", 1),
        ({"filter": '{"deletedAt":{"isNull":false}}'}, "merge byWorkspace", 2),
    ],
)  # fmt: skip
def test_plans_of_a_caller_of_two_workspaces(given: dict[str, str], name: str, lanes: int) -> None:
    plan = best(search(**given))
    assert (plan.name, len(plan.path.ranges)) == (name, lanes)


def test_a_small_workspace_is_read_whole_where_that_is_less_than_counting() -> None:
    assert best(search(filter='{"memberPolicy":"manual"}'), each=40).name == "top k byWorkspace"


def test_a_workspace_is_read_whole_where_counting_and_looking_may_be_too_much() -> None:
    # given rows that may be read once within the budget, and not twice
    manual = search(filter='{"memberPolicy":"manual"}')
    assert best(manual, each=4_000).name == "top k byWorkspace"
    assert best(manual, each=3_000).name == "merge byWorkspace"
    # or where even once may be
    assert best(manual, each=15_000).name == "top k byWorkspace"


def test_who_sees_everything_reads_the_shards() -> None:
    assert best(search(None)).name == "merge byShard"
    assert len(best(search(None)).path.ranges) == 8
    # given an integration of a few installs, or one that is everywhere
    few = search(None, integration_id="itg_1")
    assert best(few, integration=300).name == "top k byIntegration"
    assert best(few, integration=50_000).name == "merge byShard"


def test_who_sees_many_workspaces_reads_them_or_all_there_is() -> None:
    # given a caller to whom most of the platform belongs
    assert best(search(THOUSAND), each=90).name == "merge byShard"
    # or a small part of it
    assert best(search(THOUSAND), each=2, platform=10_000_000).name == "merge byWorkspace"
    # and an integration that few have
    few = search(THOUSAND, integration_id="itg_1")
    assert best(few, each=100, integration=200).name == "top k byIntegration"


def test_only_workspaces_and_integrations_that_are_asked_for_are_counted() -> None:
    for word, counted in (("eq", True), ("neq", False)):
        for field in ("workspaceId", "integrationId"):
            of = search(filter=f'{{"{field}":{{"{word}":"wsp_a"}}}}')
            assert (of.live_counters is not None) is counted


def some_workspaces(number: int) -> frozenset[str]:
    return frozenset(f"wsp_{n}" for n in range(number))


@pytest.mark.parametrize("deleted", ["true", "only"])
def test_the_trash_of_other_tenants_is_read_only_by_who_sees_it(deleted: str) -> None:
    # given a caller of many workspaces, be it most of what there is
    of = search(THOUSAND, include_deleted=deleted, filter='{"integrationId":"itg_1"}')
    assert {plan.path.name for plan in every(of, each=90)} == {
        "byIntegration, workspaces", "byWorkspace",
    }  # fmt: skip


def test_workspaces_are_read_one_by_one_as_far_as_the_budget_goes() -> None:
    # given more of them than any count says how much is in all of them
    for number, deleted in ((1_250, "true"), (1_090, "false"), (1_900, "false")):
        of = search(some_workspaces(number), include_deleted=deleted)
        counted = Counted(2, platform=10_000_000)
        plan = candidate_plans(of, counted)[0][0]
        assert plan.path.name == "byWorkspace"
        assert plan.cost.min_units + items_to_read(counted.read) / 2 <= BUDGET
    # then nothing is left but the whole platform, which is too much where it is large
    beyond = search(some_workspaces(1_251), include_deleted="true")
    plan = best(beyond, each=2, platform=10_000_000)
    assert plan.name == "top k byShard"
    assert plan.cost.min_units > BUDGET
    assert best(beyond, each=2, platform=9_000).cost.min_units < BUDGET


def test_what_is_too_much_for_certain_comes_last_however_fast_it_would_be() -> None:
    of = search(THOUSAND, orderBy='[{"id":"asc"}]')
    first, last = every(of, each=32, platform=41_000)
    assert (first.name, last.name) == ("top k byWorkspace", "top k byShard")
    assert last.cost < first.cost


def test_integrations_that_are_not_counted_are_looked_for_where_the_caller_is() -> None:
    ids = ",".join(f'"itg_{n}"' for n in range(9))
    of = search(some_workspaces(150), filter=f'{{"integrationId":{{"in":[{ids}]}}}}')
    names = {plan.path.name for plan in every(of, each=90)}
    assert "byIntegration, workspaces" in names
    assert "byIntegration" not in names


def test_no_more_lanes_are_made_than_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    # given a thousand workspaces, and a filter that names 500 integrations
    made = 0

    def lane(*args: Any, **fields: Any) -> KeyRange:  # noqa: ANN401 - whatever a lane is made of
        nonlocal made
        made += 1
        return KeyRange(*args, **fields)

    monkeypatch.setattr(access_paths, "KeyRange", lane)
    parts = [{"integrationId": {"in": [f"i{n}{m}" for m in range(100)]}} for n in range(5)]
    of = search(THOUSAND, filter=json.dumps({"OR": parts}, separators=(",", ":")))
    names = {path.name for path in access_paths.access_paths(of)}
    assert names == {"byWorkspace", "byLatest", "byShard"}
    assert made <= 4 * (access_paths.MAX_RANGES + 1)
    assert of.live_counters is None


def test_a_sum_of_counters_that_change_meanwhile_does_not_say_that_there_is_nothing() -> None:
    of = search(None, integration_id="itg_1")
    plan = plans(of, {(None, "itg_1"): 0, (None, None): 50_000})[0]
    assert [lane.partition for lane in plan.path.ranges] == ["itg_1#live"]


def test_lanes_that_are_known_to_be_empty_are_not_read() -> None:
    of = search(filter='{"memberPolicy":"manual"}')
    plan = plans(of, {("wsp_a", None): 0, ("wsp_b", None): 9})[0]
    assert [lane.partition for lane in plan.path.ranges] == ["wsp_b#live"]


@pytest.mark.parametrize(
    "given",
    [
        {"workspace_id": "wsp_far"},
        {"ids": "ins_1", "filter": '{"id":"ins_2"}'},
        {"filter": '{"id":{"in":[]}}'},
        {"filter": '{"memberPolicy":"manual","NOT":{"memberPolicy":{"in":["manual"]}},"OR":[]}'},
        {"filter": '{"installedAt":{"between":["2026-02-01T00:00:00Z","2026-01-01T00:00:00Z"]}}'},
        {"filter": '{"installedAt":{"lt":"2026-01-01T00:00:00Z","gt":"2026-02-01T00:00:00Z"}}'},
        {"filter": '{"deletedAt":{"isNull":true}}', "include_deleted": "only"},
        {"filter": '{"retentionTier":"short"}', "include_deleted": "false"},
        *({"filter": f'{{"{field}":"{value}"}}'}
          for field in ("id", "integrationId", "workspaceId", "solutionId")
          for value in ("\u20ac", "x" * 1024, "", "a#live")),
    ],
)  # fmt: skip
def test_contradictions_are_answered_without_a_read(given: dict[str, str]) -> None:
    assert search(**given).unsatisfiable


def test_who_sees_nothing_reads_nothing() -> None:
    assert search(frozenset()).unsatisfiable


def test_what_dynamodb_checks_is_sound_where_a_value_is_missing() -> None:
    def pushed(wanted: str, **given: str) -> object:
        plan = plans(search(filter=wanted, workspace_id="wsp_a", **given), {})[0]
        return plan.pushed.condition, plan.pushed.exact

    # given what is true of a missing attribute in DynamoDB, and unknown in SQL
    assert pushed('{"memberPolicy":{"neq":"manual"}}') == (
        All([Exists("memberPolicy"), Compare("memberPolicy", "<>", "manual")]), True,
    )  # fmt: skip
    # and what it cannot check, beside what it can
    both = '{"authStateId":{"in":["a","b"]},"variables":{"hasKey":"x"}}'
    assert pushed(both) == (OneOf("authStateId", ("a", "b")), False)
    assert pushed('{"OR":[{"authStateId":"a"},{"variables":{"hasKey":"x"}}]}') == (None, False)
    part = '{"authStateId":"b","variables":{"hasKey":"x"}}'
    assert pushed(f'{{"OR":[{{"authStateId":"a"}},{part}]}}') == (
        AnyOf([Compare("authStateId", "=", "a"), Compare("authStateId", "=", "b")]), False,
    )  # fmt: skip
    # then retention is checked of the trash
    assert pushed('{"AND":[]}', include_deleted="only") == (
        AnyOf([Missing("purgeAt"), Compare("purgeAt", ">", int(NOW.timestamp()))]), True,
    )  # fmt: skip


def test_an_expression_that_would_be_too_long_is_checked_in_part() -> None:
    parts = ",".join(
        f'{{"{field}":{{"nin":[{",".join(f"{chr(34)}{n}{chr(34)}" for n in range(80))}]}}}}'
        for field in 2 * ("authStateId", "solutionId", "parentInstallId", "installedBy")
    )
    pushed = plans(search(filter=f'{{"AND":[{parts}]}}'), {})[0].pushed
    assert not pushed.exact
    assert pushed.condition is not None


def test_what_dynamodb_cannot_tell_of_reach_is_not_counted_by_it() -> None:
    # given more workspaces than one expression names
    of = search(THOUSAND, filter='{"memberPolicy":"manual"}')
    names = {plan.name for plan in every(of, each=90)}
    assert {"top k byShard", "merge byWorkspace", "top k byWorkspace"} <= names
    assert "merge byShard" not in names


def test_only_what_is_certain_is_refused_unread() -> None:
    # given trash that nothing counts, in many workspaces
    trash = search(frozenset(f"wsp_{n}" for n in range(300)), include_deleted="only")
    assert all(plan.cost.min_units <= BUDGET for plan in every(trash, each=10_000))
    # or a stretch of time in a large workspace, in an order that no index has
    order = '[{"id":"asc"}]'
    late = '{"installedAt":{"gte":"2026-11-01T00:00:00Z"}}'
    stretch = search(workspace_id="wsp_a", filter=late, orderBy=order)
    assert best(stretch, each=1_000_000).cost.min_units <= BUDGET
    # then only all of a large workspace is more than the budget for certain
    whole = search(workspace_id="wsp_a", orderBy=order)
    assert best(whole, each=1_000_000).cost.min_units == 1_000_000 / 16


def some_integrations(number: int) -> str:
    ids = ",".join(f'"itg_{n}"' for n in range(number))
    return f'{{"integrationId":{{"in":[{ids}]}}}}'


def test_counts_are_read_only_as_far_as_they_pay() -> None:
    # given a hundred integrations everywhere: 64 counters each
    counted = Counted(5_000)
    of = search(None, filter=some_integrations(100))
    assert of.live_counters is None
    plan = candidate_plans(of, counted)[0][0]
    assert (set(counted.read), plan.name) == ({(None, None)}, "top k byIntegration")
    # or thirty, whose counters would be as much as their rows are
    counted = Counted(5_000, platform=15_000)
    plan = candidate_plans(search(None, filter=some_integrations(30)), counted)[0][0]
    assert (set(counted.read), plan.name) == ({(None, None)}, "top k byIntegration")
    # or one more, whose counters are too many to be read beside others
    counted = Counted(5_000)
    plan = candidate_plans(search(None, filter=some_integrations(31)), counted)[0][0]
    assert (set(counted.read), plan.name) == ({(None, None)}, "top k byIntegration")
    # or twenty workspaces of few rows, and what they have of a hundred integrations
    counted = Counted(50)
    candidate_plans(search(some_workspaces(20), filter=some_integrations(100)), counted)
    assert items_to_read(counted.read) == 20
    # or an integration that few have, and a caller of a thousand workspaces
    counted = Counted(100, integration=200)
    candidate_plans(search(THOUSAND, integration_id="itg_1"), counted)
    assert items_to_read(counted.read) == 64
    # and a thousand workspaces with two of them
    counted = Counted(5_000)
    candidate_plans(search(THOUSAND, filter=some_integrations(2)), counted)
    assert items_to_read(counted.read) <= 2_000


def test_what_the_best_plan_goes_by_is_read() -> None:
    # given an integration that few have, whose counters alone do not tell how few
    of = search(some_workspaces(101), integration_id="itg_1")
    assert best(of, each=20, platform=50_000, integration=1_000).path.name != "byShard"
    assert (
        best(search(None, integration_id="itg_1"), integration=1_000).name == "top k byIntegration"
    )


def test_a_part_is_guessed_of_what_is_counted_as_a_whole() -> None:
    # given too many workspaces to count what each has of two integrations, which few have
    own = some_integrations(2).removesuffix("}") + ',"memberPolicy":"manual"}'
    of = search(THOUSAND, filter=own)
    plan = best(of, each=40, platform=1_000_000, integration=50_000)
    assert plan.name == "top k byIntegration, workspaces"
    assert plan.cost.expected_units < BUDGET


def test_an_expression_has_no_more_operators_than_dynamodb_takes() -> None:
    parts = ",".join(f'{{"authStateId":{{"neq":"{n}"}}}}' for n in range(99))
    pushed = plans(search(filter=f'{{"AND":[{parts}]}}'), {})[0].pushed
    assert not pushed.exact
    assert pushed.condition is not None
    text = pushed.condition.encode(Placeholders())
    # each comparison has two operators, and one that joins it with the next
    assert text.count("AND") + text.count("<>") + text.count("attribute_exists") <= 300


def test_the_path_of_last_resort_has_every_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    # given fewer ranges than there are shards
    monkeypatch.setattr(access_paths, "MAX_RANGES", 2)

    (shards,) = access_paths.access_paths(search(None, include_deleted="true"))

    assert len(shards.ranges) == 2 * keys.SHARDS
