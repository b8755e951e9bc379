"""Filter patterns match what the Lambda developer guide says they match."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tools.local.paths import TEMPLATE
from tools.local.stream.patterns import EventPattern, UnsupportedPatternError
from tools.local.stream.settings import MappingSettings

EVENT: dict[str, Any] = {
    "eventName": "MODIFY",
    "count": 5,
    "on": True,
    "nothing": None,
    "empty": "",
    "tags": ["a", "b"],
    "dynamodb": {"Keys": {"sk": {"S": "INSTALL"}}, "NewImage": {"name": {"S": "Mixed Case"}}},
}


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ({"eventName": ["MODIFY"]}, True),
        ({"eventName": ["INSERT", "MODIFY"]}, True),
        ({"eventName": ["INSERT"]}, False),
        ({"eventName": ["MODIFY"], "count": [5]}, True),
        ({"eventName": ["MODIFY"], "count": [6]}, False),
        ({"on": [True]}, True),
        ({"on": [1]}, False),
        ({"nothing": [None]}, True),
        ({"absent": [None]}, False),
        ({"empty": [""]}, True),
        ({"tags": ["b", "c"]}, True),
        ({"tags": ["c"]}, False),
        ({"dynamodb": {"Keys": {"sk": {"S": ["INSTALL"]}}}}, True),
        ({"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "INST"}]}}}}, True),
        ({"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "MEM"}]}}}}, False),
        ({"dynamodb": {"Keys": {"sk": {"S": [{"suffix": "ALL"}]}}}}, True),
        ({"dynamodb": {"NewImage": {"name": {"S": [{"equals-ignore-case": "mIXED case"}]}}}}, True),
        ({"dynamodb": {"NewImage": {"name": {"S": [{"exists": True}]}}}}, True),
        ({"dynamodb": {"NewImage": {"name": {"S": [{"exists": False}]}}}}, False),
        ({"dynamodb": {"OldImage": {"name": {"S": [{"exists": True}]}}}}, False),
        ({"dynamodb": {"OldImage": {"name": {"S": [{"exists": False}]}}}}, True),
        ({"dynamodb": {"NewImage": [{"exists": True}]}}, False),
        ({"eventName": [{"anything-but": ["REMOVE", "INSERT"]}]}, True),
        ({"eventName": [{"anything-but": "MODIFY"}]}, False),
        ({"eventName": [{"anything-but": {"prefix": "MOD"}}]}, False),
        ({"absent": [{"anything-but": ["x"]}]}, False),
        ({"count": [{"numeric": ["=", 5]}]}, True),
        ({"count": [{"numeric": [">", 1, "<=", 5]}]}, True),
        ({"count": [{"numeric": [">", 5]}]}, False),
        ({"eventName": [{"numeric": ["=", 5]}]}, False),
        ({"$or": [{"eventName": ["INSERT"]}, {"count": [5]}]}, True),
        ({"$or": [{"eventName": ["INSERT"]}, {"count": [6]}]}, False),
        ({"on": [False], "$or": [{"count": [5]}]}, False),
    ],
    ids=json.dumps,
)
def test_a_pattern(pattern: dict[str, Any], matches: bool) -> None:
    assert EventPattern(json.dumps(pattern)).matches(EVENT) is matches


@pytest.mark.parametrize(
    "pattern",
    [
        "not json",
        "{}",
        '{"a": []}',
        '{"a": "bare"}',
        '{"a": [["nested"]]}',
        '{"a": [{"wildcard": "*"}]}',
        '{"a": [{"prefix": 5}]}',
        '{"a": [{"numeric": [">"]}]}',
        '{"a": [{"numeric": ["~", 1]}]}',
        '{"a": [{"prefix": "x", "suffix": "y"}]}',
    ],
)
def test_a_pattern_that_is_not_understood_is_refused(pattern: str) -> None:
    with pytest.raises(UnsupportedPatternError):
        EventPattern(pattern)


@pytest.mark.parametrize(
    ("name", "partition", "sort_key", "wanted"),
    [
        ("INSERT", "INSTALL#i", "INSTALL", True),
        ("MODIFY", "INSTALL#i", "INSTALL", True),
        ("REMOVE", "INSTALL#i", "INSTALL", True),
        ("INSERT", "INSTALL#i", "DUE", False),
        ("MODIFY", "INSTALL#i", "MEMBER#m", False),
        ("REMOVE", "INSTALL#i", "MEMBER#m", False),
        ("INSERT", "SOLUTION#s", "DUE", True),
        ("MODIFY", "SOLUTION#s", "DUE", True),
        ("REMOVE", "SOLUTION#s", "DUE", False),
        ("INSERT", "SOLUTION#s", "INSTALL#i", False),
        ("MODIFY", "SOLUTION#s", "EPOCH", False),
        ("INSERT", "WORKSPACE#w", "WORKSPACE", False),
    ],
)
def test_the_templates_own_filters(name: str, partition: str, sort_key: str, wanted: bool) -> None:
    keys = {"pk": {"S": partition}, "sk": {"S": sort_key}}

    settings = MappingSettings.from_template(TEMPLATE)

    assert settings.wants({"eventName": name, "dynamodb": {"Keys": keys}}) is wanted
