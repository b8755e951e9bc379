"""Filters parsed and refused (CONTRACT.md section 2, Filter)."""

from __future__ import annotations

import json
from sys import float_info

import pytest

from installs.query.language.literals import LiteralError
from installs.query.language.nodes import (
    FALSE,
    TRUE,
    And,
    Leaf,
    Node,
    Or,
    Quantifier,
    ToMany,
    ToOne,
)
from installs.query.language.parser import equals, one_of_ids, parse_filter
from installs.query.language.schema import INSTALL
from tests.unit.query.language.rejections import filter_issues

ID = {"id": "a"}


def parsed(given: object) -> Node | None:
    return parse_filter(json.dumps(given))


def nested(key: str, times: int) -> object:
    given: object = ID
    for _ in range(times):
        given = {key: given if key == "NOT" else [given]}
    return given


def test_an_empty_object_at_the_top_is_no_filter() -> None:
    assert parse_filter(" {} ") is None


@pytest.mark.parametrize(
    ("given", "node"),
    [
        ({"id": "a"}, Leaf("id", "eq", "a")),
        ({"id": {"equals": "a"}}, Leaf("id", "eq", "a")),
        ({"id": {"ne": "a"}}, Leaf("id", "neq", "a")),
        ({"id": {"in": ["a", "b", "a"]}}, Leaf("id", "in", ("a", "b"))),
        ({"id": {"notIn": ["a"]}}, Leaf("id", "neq", "a")),
        ({"id": {"in": []}}, Leaf("id", "in", ())),
        ({"NOT": {"id": {"in": []}}}, Leaf("id", "nin", ())),
        ({"AND": []}, TRUE),
        ({"NOT": {"and": []}}, FALSE),
        ({"solutionId": {"not": {"isNull": True}}}, Leaf("solutionId", "isNull", False)),
        ({"installedAt": {"not": {"gte": "2026-01-01T00:00:00Z"}}},
         Leaf("installedAt", "lt", "2026-01-01T00:00:00.000Z")),
        ({"id": "a", "workspaceId": "w"},
         And((Leaf("id", "eq", "a"), Leaf("workspaceId", "eq", "w")))),
        ({"not": {"id": "a", "workspaceId": "w"}},
         Or((Leaf("id", "neq", "a"), Leaf("workspaceId", "neq", "w")))),
        ({"id": {"not": {"not": {"eq": "a"}}}}, Leaf("id", "eq", "a")),
        ({"id": {"not": "a"}}, Leaf("id", "neq", "a")),
        ({"variables": {"path": ["a", "0"], "eq": 3}},
         Leaf("variables", "eq", 3, path=("a", "0"))),
        ({"variables": {"not": {"hasKey": "a"}}},
         Leaf("variables", "hasKey", "a", negated=True)),
        ({"NOT": {"solution": {"name": {"containsi": "x"}}}},
         ToOne("solution", Leaf("name", "containsi", "x", negated=True))),
        ({"NOT": {"members": {"some": {"enabled": True}}}},
         ToMany("members", Quantifier.NONE, Leaf("enabled", "eq", True))),
        ({"NOT": {"members": {"every": {"enabled": True}}}},
         ToMany("members", Quantifier.EVERY, Leaf("enabled", "eq", True), negated=True)),
        ({"NOT": {"NOT": {"members": {"every": {"enabled": True}}}}},
         ToMany("members", Quantifier.EVERY, Leaf("enabled", "eq", True))),
    ],
)  # fmt: skip
def test_a_filter_becomes_its_normal_form(given: object, node: Node) -> None:
    assert parsed(given) == node


def test_a_row_behind_a_relation_may_be_absent_so_any_field_of_it_may_be_null() -> None:
    assert parsed({"solution": {"id": {"isNull": True}}}) == ToOne(
        "solution", Leaf("id", "isNull", True)
    )
    members = {"members": {"some": {"id": {"isNull": True}}}}
    for given in (members, {"parentInstall": members}):
        (issue,) = filter_issues(given)
        assert issue.detail == "id is never null"


@pytest.mark.parametrize(
    ("given", "pointer", "detail"),
    [
        ({"AND": [ID, {"memberPolicy": {"eq": "automatic"}}]}, "/AND/1/memberPolicy/eq",
         "'automatic' is not one of auto_all, auto_defaults, manual"),
        ({"member_policy": "manual"}, "/member_policy",
         "'member_policy' is not a field of Install: did you mean 'memberPolicy'?"),
        ({"And": []}, "/And", "'And' is not a field of Install: did you mean 'AND'?"),
        ({"a/b~c": 1}, "/a~1b~0c", "'a/b~c' is not a field of Install"),
        ({"installedAt": {"greater": "x"}}, "/installedAt/greater", "'greater' is not an operator"),
        ({"solution": {"name": {"startswith": "x"}}}, "/solution/name/startswith",
         "'startswith' is not an operator; name takes"),
        ({"solution": {"name": {"startswith": "x"}}}, "/solution/name/startswith",
         ": did you mean 'startsWith'?"),
        ({"solution": "sol_x"}, "/solution",
         "'sol_x' is not a filter; the id alone is compared by solutionId"),
        ({"installedAt": 5}, "/installedAt", "5 is not a date-time such as"),
        ({"memberPolicy": {"lt": "manual"}}, "/memberPolicy/lt",
         "'lt' does not apply to memberPolicy; memberPolicy takes eq, neq, in, nin, not"),
        ({"solutionId": {"eq": None}}, "/solutionId/eq", 'use {"isNull": true}'),
        ({"solutionId": None}, "/solutionId", 'use {"isNull": true}'),
        ({"solutionId": {"in": ["a", None]}}, "/solutionId/in/1", 'use {"isNull": true}'),
        ({"solutionId": {"isNull": "true"}}, "/solutionId/isNull", "'true' is not true or false"),
        ({"integrationId": {"isNull": True}}, "/integrationId/isNull", "is never null"),
        ({"id": ["a"]}, "/id", "use 'in'"),
        ({"id": {"in": "a"}}, "/id/in", "'a' is not a list of values"),
        ({"id": {}}, "/id", "an empty object is not a comparison"),
        ({"id": {"not": {}}}, "/id/not", "an empty object is not a comparison"),
        ({"AND": [{}]}, "/AND/0", "an empty object is not a filter"),
        ({"AND": {}}, "/AND", "an object is not a list of filters"),
        ({"NOT": {}}, "/NOT", "an empty object is not a filter"),
        ({"NOT": None}, "/NOT", "null is not a filter"),
        ({"NOT": [ID]}, "/NOT", "a list is not a filter"),
        ({"solution": None}, "/solution", "null is not a filter"),
        ({"solution": {}}, "/solution", "an empty object is not a filter"),
        ({"members": {}}, "/members", "under some, every or none"),
        ({"members": {"some": {}}}, "/members/some", "an empty object is not a filter"),
        ({"members": {"enabled": True}}, "/members/enabled", "is not one of some, every, none"),
        ({"members": {"some": {"enabled": 1}}}, "/members/some/enabled", "1 is not true or false"),
        ({"installedAt": {"between": ["2026-01-01T00:00:00Z"]}}, "/installedAt/between",
         "'between' takes a list of two values"),
        ({"installedAt": {"lt": "yesterday"}}, "/installedAt/lt",
         "'yesterday' is not a date-time such as 2026-11-23T10:00:00.000Z"),
        ({"variables": "x"}, "/variables", "variables takes an object with"),
        ({"variables": {"eq": 1}}, "/variables/eq", "'eq' does not apply to variables"),
        ({"variables": {"path": ["a"]}}, "/variables", "exactly one operator"),
        ({"variables": {"path": ["a"], "gt": 1, "lt": 3}}, "/variables", "exactly one operator"),
        ({"variables": {"path": [], "eq": 1}}, "/variables/path", "at least one key"),
        ({"variables": {"path": "a", "eq": 1}}, "/variables/path", "'a' is not a list of keys"),
        ({"variables": {"path": ["a", 0], "eq": 1}}, "/variables/path/1", "0 is not a string"),
        ({"variables": {"path": ["a"], "lt": True}}, "/variables/lt", "not compare a boolean"),
        ({"variables": {"path": ["a"], "contains": 1}}, "/variables/contains", "a number"),
        ({"variables": {"path": ["a"], "in": [1, "1"]}}, "/variables/in", "of one type"),
        ({"variables": {"path": ["a"], "in": [1, True]}}, "/variables/in", "of one type"),
        ({"variables": {"path": ["a"], "eq": [1]}}, "/variables/eq", "a list is not a string"),
        ({"variables": {"path": ["a"], "hasKey": 1}}, "/variables/hasKey", "1 is not a string"),
        ({"variables": {"hasKey": 1}}, "/variables/hasKey", "1 is not a string"),
        ({"workspace": {"members": {}}}, "/workspace/members", "is not a field of Workspace"),
        (None, "", "null is not a filter"),
        ([ID], "", "a list is not a filter"),
        ('{"id": "a", "id": "a"}', "/id", "the key 'id' appears twice"),
        ('{"id": {"eq": "a", "eq": "b"}}', "/id/eq", "the key 'eq' appears twice"),
        ('{"id": NaN}', "/id", "NaN is not a string"),
        ('{"variables": {"path": ["a"], "eq": -Infinity}}', "/variables/eq", "not a number that"),
        ('{"variables": {"path": ["a"], "eq": 1e999}}', "/variables/eq", "not a number that"),
        ('{"variables": {"path": ["a"], "eq": 9%s}}' % ("0" * 6000), "/variables/eq", "9000"),
        ('{"id": "\\ud800"}', "/id", "half of a surrogate pair"),
        ('{"id": "\ud800"}', "/id", "half of a surrogate pair"),
        ('{"variables": {"path": ["a"], "eq": %s}}' % ("9" * 309), "/variables/eq", "9999"),
        ("", "", "not JSON"),
        ("\ufeff{}", "", "not JSON"),
        ('{"id": "a"} x', "", "not JSON"),
        ('{"id": "\n"}', "", "not JSON"),
        ("[" * 6144, "", "nested too deep: more than 500 levels"),
        ('{"a":' * 1200, "", "nested too deep"),
        ("[" * 501 + "]" * 501, "", "nested too deep"),
        ("[" * 500 + "]" * 500, "", "a list is not a filter"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(given: object, pointer: str, detail: str) -> None:
    issue = filter_issues(given)[0]

    assert (issue.parameter, issue.pointer) == ("filter", pointer)
    assert detail in issue.detail
    assert issue.detail.isprintable()


def test_all_that_is_wrong_is_told_at_once() -> None:
    issues = filter_issues({"x": 1, "AND": [{"id": 3}, {"memberPolicy": "y"}]})

    assert [issue.pointer for issue in issues] == ["/x", "/AND/0/id", "/AND/1/memberPolicy"]


def test_no_more_than_twenty_problems_are_told() -> None:
    assert len(filter_issues({f"x{number}": 1 for number in range(50)})) == 20


def test_depth_counts_what_stands_around_a_comparison() -> None:
    for key in ("NOT", "AND", "or"):
        assert parsed(nested(key, 8)) == Leaf("id", "eq", "a")
        assert filter_issues(nested(key, 9))[0].code == "too_deep"


def test_depth_counts_a_fields_not_too() -> None:
    given: object = {"eq": "a"}
    for _ in range(8):
        given = {"not": given}

    assert parsed({"id": given}) == Leaf("id", "eq", "a")
    assert filter_issues({"id": {"not": given}})[0].code == "too_deep"


def test_a_hundred_nodes_are_the_most() -> None:
    assert parsed({"OR": [ID] * 99}) is not None

    assert [issue.code for issue in filter_issues({"OR": [ID] * 100})] == ["too_many_nodes"]


def test_a_hundred_values_are_the_most_and_count_as_one_node() -> None:
    values = [str(number) for number in range(100)]

    assert parsed({"AND": [{"id": {"in": values}}] * 10}) is not None
    assert filter_issues({"id": {"in": [*values, "x"]}})[0].code == "too_long"


def test_six_kilobytes_of_utf8_are_the_most() -> None:
    given = '{"id": "a"}'

    assert parse_filter(given + " " * (6144 - len(given))) is not None
    assert filter_issues(given + " " * (6145 - len(given)))[0].code == "invalid_json"
    assert (
        "6,144 bytes" in filter_issues(json.dumps({"id": "é" * 8192}, ensure_ascii=False))[0].detail
    )


def test_relations_are_two_deep_eight_to_one_and_three_to_many() -> None:
    two = {"parentInstall": {"members": {"some": {"enabled": True}}}}

    assert parsed(two) is not None
    assert filter_issues({"addOns": {"some": two}})[0].code == "too_deep"
    solution, many = {"solution": {"name": "x"}}, {"addOns": {"none": {"id": "a"}}}
    most = [*[solution] * 8, *[many] * 3]
    assert parsed({"AND": most}) is not None
    assert filter_issues({"AND": [*most, solution]})[0].code == "too_many_relations"
    assert "3 relations to many" in filter_issues({"AND": [*most, many]})[0].detail


def test_a_long_word_is_cut_in_the_message() -> None:
    (issue,) = filter_issues({"x" * 6000: 1})

    assert len(issue.detail) < 200
    assert len(issue.pointer or "") < 100


def test_shorthands_become_the_nodes_that_a_filter_makes() -> None:
    assert equals(INSTALL, "memberPolicy", "manual") == parsed({"memberPolicy": "manual"})
    assert one_of_ids(["a", "b"]) == parsed({"id": {"in": ["a", "b"]}})
    with pytest.raises(LiteralError, match="'x' is not one of short, medium, long, none"):
        equals(INSTALL, "retentionTier", "x")


@pytest.mark.parametrize("number", [10**308, -(10**308), int(float_info.max), -int(float_info.max)])
def test_a_number_is_taken_if_a_double_can_hold_it(number: int) -> None:
    leaf = Leaf("variables", "eq", number, path=("a",))
    assert parsed({"variables": {"path": ["a"], "eq": number}}) == leaf
