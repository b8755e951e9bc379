"""Properties of a filter's tree."""

from __future__ import annotations

import json

import pytest

from installs.query.language.nodes import (
    FALSE,
    TRUE,
    And,
    Leaf,
    Node,
    canonical,
    conjunction,
    constrains_deletion,
    referenced_fields,
    related_projections,
)
from installs.query.language.parser import parse_filter


def tree(given: object) -> Node:
    return parse_filter(json.dumps(given)) or TRUE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"id": "a"}, {"id": {"equals": "a"}}),
        ({"id": {"in": ["a", "b"]}}, {"id": {"in": ["b", "a", "b"]}}),
        ({"id": {"nin": ["a"]}}, {"NOT": {"id": "a"}}),
        ({"id": "a", "workspaceId": "w"}, {"and": [{"workspaceId": "w"}, {"id": "a"}]}),
        ({"AND": [{"id": "a"}, {"id": "a"}]}, {"id": "a"}),
        ({"OR": [{"AND": [{"id": "a"}, {"id": "a"}]}, {"id": "a"}]}, {"id": "a"}),
        ({"AND": [{"id": "a"}, {"id": "a"}]}, {"AND": [{"AND": [{"id": "a"}]}, {"id": "a"}]}),
        ({"installedAt": {"lt": "2026-01-01T00:00:00Z"}},
         {"installedAt": {"not": {"gte": "2026-01-01T01:00:00.0+01:00"}}}),
        ({"variables": {"path": ["a"], "eq": 1}}, {"variables": {"path": ["a"], "eq": 1.0}}),
        ({"members": {"none": {"enabled": True}}},
         {"NOT": {"members": {"some": {"enabled": {"eq": True}}}}}),
    ],
)  # fmt: skip
def test_the_same_query_written_otherwise_has_the_same_text(one: object, other: object) -> None:
    assert canonical(tree(one)) == canonical(tree(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"id": "a"}, {"id": "b"}),
        ({"id": {"in": ["a", "b"]}}, {"id": {"nin": ["a", "b"]}}),
        ({"AND": [{"id": "a"}, {"id": "b"}]}, {"OR": [{"id": "a"}, {"id": "b"}]}),
        ({"variables": {"path": ["a"], "eq": 1}}, {"variables": {"path": ["a"], "eq": True}}),
        ({"variables": {"path": ["a"], "eq": 1}}, {"variables": {"path": ["a"], "eq": "1"}}),
        ({"variables": {"path": ["a", "b"], "eq": 1}}, {"variables": {"path": ["ab"], "eq": 1}}),
        ({"members": {"every": {"enabled": True}}},
         {"NOT": {"members": {"every": {"enabled": True}}}}),
        ({"solution": {"id": "a"}}, {"workspace": {"id": "a"}}),
        ({"AND": []}, {"OR": []}),
        ({"solution": {"name": {"between": ["a", "b"]}}},
         {"solution": {"name": {"between": ["b", "a"]}}}),
    ],
)  # fmt: skip
def test_another_query_has_another_text(one: object, other: object) -> None:
    assert canonical(tree(one)) != canonical(tree(other))


def test_a_conjunction_is_flat() -> None:
    leaf = Leaf("id", "eq", "a")

    assert conjunction() == TRUE
    assert conjunction(leaf) is leaf
    assert conjunction(TRUE, leaf, TRUE) is leaf
    assert conjunction(leaf, And((leaf, FALSE))) == And((leaf, leaf, FALSE))


@pytest.mark.parametrize("field", ["deletedAt", "retentionTier"])
def test_a_query_that_constrains_deletion_itself_is_known(field: str) -> None:
    """Section 2: it sees deleted rows; ``in`` and ``nin`` of an empty list constrain nothing."""
    assert constrains_deletion(tree({"NOT": {"OR": [{field: {"not": {"isNull": False}}}]}}))
    for operator in ("in", "nin"):
        assert not constrains_deletion(tree({"NOT": {field: {"not": {operator: []}}}}))
    assert constrains_deletion(tree({field: {"in": [], "isNull": True}}))
    assert not constrains_deletion(tree({"solution": {field: {"isNull": False}}}))


def test_what_is_read_is_told_by_relation_and_all_mentions_together() -> None:
    node = tree(
        {
            "memberPolicy": "manual",
            "OR": [
                {"addOns": {"some": {"solution": {"name": "x"}, "id": "a"}}},
                {"addOns": {"none": {"deletedAt": {"isNull": False}}}},
            ],
        }
    )

    needs = related_projections(node)

    assert referenced_fields(node) == {"memberPolicy"}
    assert set(needs) == {"addOns"}
    assert needs["addOns"].fields == {"id", "deletedAt"}
    assert needs["addOns"].with_deleted
    assert needs["addOns"].relations["solution"].fields == {"name"}
    assert not needs["addOns"].relations["solution"].with_deleted
