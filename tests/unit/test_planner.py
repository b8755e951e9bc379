"""Where a query looks: golden plans (CONTRACT.md section 2)."""

from __future__ import annotations

import pytest

from installs.query.parameters import parse
from installs.query.planner import ById, ByRange, Plan, plan
from installs.store import keys
from installs.store.table import Range

SCOPE = frozenset({"wsp_a", "wsp_b"})
NOTHING = ByRange(())


def ranges(index: keys.Index, *partitions: str, prefixes: tuple[str, ...] = ("",)) -> ByRange:
    return ByRange(tuple(Range(one, prefix, index) for one in partitions for prefix in prefixes))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, ranges(keys.BY_WORKSPACE, "wsp_a#live", "wsp_b#live")),
        ({"include_deleted": "only"},
         ranges(keys.BY_WORKSPACE, "wsp_a#deleted", "wsp_b#deleted")),
        ({"workspace_id": "wsp_b", "include_deleted": "true"},
         ranges(keys.BY_WORKSPACE, "wsp_b#live", "wsp_b#deleted")),
        ({"workspace_id": "wsp_far"}, NOTHING),
        ({"ids": "ins_2,ins_1", "workspace_id": "wsp_a"}, ById(("ins_1", "ins_2"))),
        ({"ids": "ins_1", "filter": '{"id":"ins_2"}'}, NOTHING),
        ({"filter": '{"id":{"in":["ins_1","ins_2"]},"AND":[{"id":{"in":["ins_2","ins_3"]}}]}'},
         ById(("ins_2",))),
        ({"filter": '{"id":{"in":[]}}'}, NOTHING),
        ({"parent_install_id": "ins_1", "solution_id": "sol_1"},
         ranges(keys.BY_PARENT, "ins_1#live")),
        ({"solution_id": "sol_1"}, ranges(keys.BY_SOLUTION, "sol_1#live")),
        ({"integration_id": "itg_1"},
         ranges(keys.BY_INTEGRATION, "itg_1#live", prefixes=("wsp_a#", "wsp_b#"))),
        ({"integration_id": "itg_1", "workspace_id": "wsp_a"},
         ranges(keys.BY_INTEGRATION, "itg_1#live", prefixes=("wsp_a#",))),
        # what is not required of every row narrows nothing
        ({"filter": '{"OR":[{"id":"ins_1"},{"solutionId":"sol_1"}]}'},
         ranges(keys.BY_WORKSPACE, "wsp_a#live", "wsp_b#live")),
        ({"filter": '{"id":{"neq":"ins_1"},"NOT":{"solutionId":"sol_1"}}'},
         ranges(keys.BY_WORKSPACE, "wsp_a#live", "wsp_b#live")),
        ({"filter": '{"parentInstall":{"id":"ins_1"}}'},
         ranges(keys.BY_WORKSPACE, "wsp_a#live", "wsp_b#live")),
    ],
)  # fmt: skip
def test_plans_within_a_reach(given: dict[str, str], wanted: Plan) -> None:
    assert plan(parse({name: [value] for name, value in given.items()}), SCOPE) == wanted


@pytest.mark.parametrize("field", ["id", "integrationId", "workspaceId", "solutionId"])
@pytest.mark.parametrize("value", ["\u20ac" * 1024, "x" * 1024, "", "a#live"])
def test_what_is_no_id_is_looked_for_nowhere(field: str, value: str) -> None:
    # given a value that no key of the table can hold
    query = parse({"filter": [f'{{"{field}":"{value}"}}']})
    assert plan(query, None) == NOTHING


def test_who_sees_nothing_reads_nothing() -> None:
    assert plan(parse({}), frozenset()) == NOTHING
    assert plan(parse({"ids": ["ins_1"]}), frozenset()) == NOTHING


def test_who_sees_everything_reads_every_shard() -> None:
    wanted = ranges(keys.BY_SHARD, *(f"{shard}#live" for shard in range(keys.SHARDS)))
    assert plan(parse({}), None) == wanted
    assert plan(parse({"integration_id": ["itg_1"]}), None) == (
        ranges(keys.BY_INTEGRATION, "itg_1#live")
    )
