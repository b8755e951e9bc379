"""Filters over rows (CONTRACT.md section 2, null logic and relations)."""

from __future__ import annotations

import json

import pytest

from installs.query.execution.predicate import compile_filter
from installs.query.language.nodes import TRUE
from installs.query.language.parser import parse_filter

VARIABLES = {"n": 1, "t": True, "s": "1", "z": None, "list": ["x", {"y": 2}], "o": {"0": "zero"}}
MEMBERS = [
    {"id": "m1", "enabled": True},
    {"id": "m2", "enabled": False},
    {"id": "m3", "enabled": False, "deletedAt": "2026-01-01T00:00:00.000Z"},
]


def matches(given: object, **row: object) -> bool:
    return compile_filter(parse_filter(json.dumps(given)) or TRUE)({"id": "a", **row})


@pytest.mark.parametrize(
    "comparison",
    [{"eq": "x"}, {"neq": "x"}, {"in": ["x", "y"]}, {"nin": ["x", "y"]}],
)
def test_a_comparison_with_a_null_is_true_in_neither_polarity(comparison: object) -> None:
    assert not matches({"solutionId": comparison})
    assert not matches({"NOT": {"solutionId": comparison}})


def test_empty_lists_decide_even_over_a_null() -> None:
    assert not matches({"solutionId": {"in": []}})
    assert matches({"solutionId": {"nin": []}})
    assert matches({"NOT": {"solutionId": {"in": []}}})
    assert matches({"AND": []})
    assert not matches({"OR": []})


def test_is_null_is_never_unknown() -> None:
    assert matches({"solutionId": {"isNull": True}})
    assert not matches({"NOT": {"solutionId": {"isNull": True}}})
    assert matches({"solutionId": {"isNull": False}}, solutionId="s")


def test_an_absent_row_behind_a_relation_is_a_row_of_nulls() -> None:
    assert not matches({"solution": {"name": "x"}}, solution=None)
    assert not matches({"NOT": {"solution": {"name": "x"}}}, solution=None)
    assert matches({"solution": {"id": {"isNull": True}}}, solution=None)
    assert matches({"parentInstall": {"members": {"every": {"enabled": True}}}})
    assert not matches({"parentInstall": {"variables": {"not": {"hasKey": "a"}}}})


@pytest.mark.parametrize(
    ("quantified", "answer"),
    [
        ({"some": {"enabled": True}}, True),
        ({"every": {"enabled": True}}, False),
        ({"none": {"enabled": True}}, False),
        ({"none": {"id": "m3"}}, True),
        ({"some": {"deletedAt": {"isNull": False}}}, True),
        ({"every": {"deletedAt": {"isNull": True}}}, False),
        ({"every": {"sourceVersionId": "v"}}, False),
        ({"none": {"sourceVersionId": "v"}}, True),
    ],
)
def test_to_many_asks_of_live_rows_unless_deleted_ones_are_meant(
    quantified: object, answer: bool
) -> None:
    assert matches({"members": quantified}, members=MEMBERS) is answer
    assert matches({"NOT": {"members": quantified}}, members=MEMBERS) is not answer


def test_two_mentions_of_a_relation_see_each_their_own_rows() -> None:
    given = {
        "AND": [
            {"members": {"some": {"deletedAt": {"isNull": False}}}},
            {"members": {"none": {"id": "m3"}}},
        ]
    }

    assert matches(given, members=MEMBERS)


def test_every_of_none_is_true() -> None:
    assert matches({"members": {"every": {"enabled": True}}}, members=[])
    assert not matches({"members": {"some": {"enabled": True}}}, members=[])


@pytest.mark.parametrize(
    ("comparison", "answer"),
    [
        ({"path": ["n"], "eq": 1}, True),
        ({"path": ["n"], "eq": 1.0}, True),
        ({"path": ["n"], "eq": True}, False),
        ({"path": ["n"], "neq": "1"}, False),
        ({"path": ["n"], "not": {"eq": "1"}}, False),
        ({"path": ["n"], "between": [0, 1]}, True),
        ({"path": ["t"], "eq": True}, True),
        ({"path": ["t"], "neq": 1}, False),
        ({"path": ["s"], "in": ["1", "2"]}, True),
        ({"path": ["s"], "nin": ["2", "3"]}, True),
        ({"path": ["s"], "in": []}, False),
        ({"path": ["missing"], "nin": []}, True),
        ({"path": ["z"], "isNull": True}, True),
        ({"path": ["list"], "isNull": True}, False),
        ({"path": ["o"], "isNull": True}, False),
        ({"path": ["o"], "hasKey": "0"}, True),
        ({"path": ["o"], "not": {"hasKey": "1"}}, True),
        ({"path": ["list", "1"], "hasKey": "y"}, True),
        ({"path": ["s"], "hasKey": "1"}, False),
        ({"path": ["s"], "not": {"hasKey": "1"}}, True),
        ({"path": ["missing"], "hasKey": "1"}, False),
        ({"path": ["missing"], "not": {"hasKey": "1"}}, False),
        ({"path": ["z"], "not": {"hasKey": "1"}}, False),
        ({"path": ["missing", "deeper"], "isNull": True}, True),
        ({"path": ["n"], "isNull": False}, True),
        ({"path": ["list", "0"], "eq": "x"}, True),
        ({"path": ["list", "1", "y"], "gt": 1}, True),
        ({"path": ["list", "-1"], "isNull": True}, True),
        ({"path": ["list", "2"], "isNull": True}, True),
        ({"path": ["list", "\u0660"], "isNull": True}, True),
        ({"path": ["list", "\u0660"], "eq": "x"}, False),
        ({"path": ["list", "00"], "isNull": True}, True),
        ({"path": ["list", "9" * 1000], "isNull": True}, True),
        ({"path": ["list", "²"], "isNull": True}, True),
        ({"path": ["o", "0"], "startsWith": "z"}, True),
        ({"hasKey": "z"}, True),
        ({"hasKey": "missing"}, False),
        ({"not": {"hasKey": "missing"}}, True),
    ],
)
def test_a_look_into_json_compares_within_a_type(comparison: object, answer: bool) -> None:
    assert matches({"variables": comparison}, variables=json.dumps(VARIABLES)) is answer


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", "[" * 100_000, '{"a": NaN}', "[1]", "9" * 5000], ids=len
)
def test_stored_json_that_is_broken_is_no_object_and_harms_nothing(text: str) -> None:
    assert matches({"variables": {"path": ["a"], "isNull": True}}, variables=text)
    assert not matches({"variables": {"path": ["a"], "eq": 1}}, variables=text)
    assert not matches({"variables": {"hasKey": "b"}}, variables=text)


def test_strings_compare_by_code_point() -> None:
    """A UTF-16 order would put the astral letter first."""
    solution = {"name": "\U0001d4b3"}

    assert matches({"solution": {"name": {"gt": "\uffff"}}}, solution=solution)
    assert not matches({"solution": {"name": {"eq": "E\u0301"}}}, solution={"name": "é"})
    assert matches({"solution": {"name": {"eqi": "E\u0301"}}}, solution={"name": "é"})
    assert matches({"solution": {"name": {"endsWithi": "SSE"}}}, solution={"name": "Straße"})
    assert matches({"solution": {"name": {"contains": ""}}}, solution={"name": ""})
