"""Constraints that a filter implies, and the filter without constants (docs/adr/0007)."""

from __future__ import annotations

import json

import pytest

from installs.query.execution.predicate import compile_filter
from installs.query.language.nodes import FALSE, TRUE, Node
from installs.query.language.parser import parse_filter
from installs.query.planning.constraints import implied_constraints, simplify
from installs.store.keys import State


def parsed(wanted: object) -> Node:
    return parse_filter(json.dumps(wanted)) or TRUE


def test_values_that_python_takes_for_equal_stay_apart() -> None:
    # given 1 and true, which are no one value in JSON
    wanted = parsed({"OR": [{"variables": {"path": ["a"], "eq": one}} for one in (1, True)]})
    keep = compile_filter(simplify(wanted))
    assert keep({"variables": '{"a":1}'})
    assert keep({"variables": '{"a":true}'})
    assert not keep({"variables": '{"a":"1"}'})


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        ({"AND": []}, TRUE),
        ({"OR": []}, FALSE),
        ({"OR": [{"id": "a"}, {"AND": []}]}, TRUE),
        ({"id": "a", "OR": [{"solutionId": {"in": []}}]}, FALSE),
        ({"id": "a", "solutionId": {"nin": []}}, parsed({"id": "a"})),
        ({"NOT": {"solutionId": {"in": []}}}, TRUE),
        ({"OR": [{"id": "a"}, {"id": {"in": []}}]}, parsed({"id": "a"})),
        ({"id": "a", "OR": [{"AND": [{"workspaceId": "b"}, {"solutionId": "c"}]}, {"OR": []}]},
         parsed({"id": "a", "workspaceId": "b", "solutionId": "c"})),
    ],
)  # fmt: skip
def test_constants_are_folded(wanted: object, left: Node) -> None:
    assert simplify(parsed(wanted)) == left


@pytest.mark.parametrize(
    ("wanted", "values", "dates", "states"),
    [
        ({"solutionId": {"in": ["a", "b"]}, "AND": [{"solutionId": {"in": ["b", "c"]}}]},
         {"solutionId": {"b"}}, (None, None), set(State)),
        ({"OR": [{"id": "a", "solutionId": "s"}, {"id": "b"}]},
         {"id": {"a", "b"}}, (None, None), set(State)),
        ({"OR": [{"id": "a"}, {"deletedAt": {"isNull": False}}]}, {}, (None, None), set(State)),
        ({"NOT": {"id": "a"}}, {}, (None, None), set(State)),
        ({"NOT": {"NOT": {"id": "a"}}}, {"id": {"a"}}, (None, None), set(State)),
        ({"parentInstall": {"id": "a"}}, {"parentInstallId": {"a"}}, (None, None), set(State)),
        ({"NOT": {"solution": {"id": "a"}}}, {}, (None, None), set(State)),
        ({"solution": {"OR": [{"id": "a"}, {"id": {"isNull": True}}]}},
         {}, (None, None), set(State)),
        ({"retentionTier": {"isNull": True}}, {}, (None, None), set(State)),
        ({"retentionTier": {"nin": []}}, {}, (None, None), set(State)),
        ({"retentionTier": {"neq": "short"}}, {}, (None, None), {State.DELETED}),
        ({"deletedAt": {"isNull": True}}, {}, (None, None), {State.LIVE}),
        ({"installedAt": {"gt": "2026-01-01T00:00:00Z"}},
         {}, ("2026-01-01T00:00:00.000Z", None), set(State)),
        ({"OR": [{"installedAt": {"lt": "2026-01-01T00:00:00Z"}}, {"memberPolicy": "manual"}]},
         {}, (None, None), set(State)),
        ({"OR": [{"installedAt": "2026-01-01T00:00:00Z"}, {"installedAt": "2026-01-03T00:00:00Z"}]},
         {}, ("2026-01-01T00:00:00.000Z", "2026-01-03T00:00:00.000Z"), set(State)),
        ({"installedAt": {"not": {"gt": "2026-01-01T00:00:00Z"}}},
         {}, (None, "2026-01-01T00:00:00.000Z"), set(State)),
    ],
)  # fmt: skip
def test_what_must_hold(
    wanted: object,
    values: dict[str, set[str]],
    dates: tuple[str | None, str | None],
    states: set[State],
) -> None:
    found = implied_constraints(parsed(wanted))
    assert {name: set(some) for name, some in found.values.items()} == values
    assert (found.installed_from, found.installed_until) == dates
    assert set(found.states) == states
