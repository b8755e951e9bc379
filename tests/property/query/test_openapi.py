"""The document tells what the parsers do (CONTRACT.md section 2, Filter and orderBy)."""

from __future__ import annotations

import json
from typing import Any, Final

import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from installs.errors import InvalidFilterError, InvalidOrderByError
from installs.query.language.order_by import parse_order_by
from installs.query.language.parser import parse_filter
from tests.property.query.filters import filters, orders
from tests.property.query.malformed import JSON, with_one_fault
from tests.property.query.worlds import TO_MANY, TO_ONE
from tests.property.runs import thorough
from tools.local.paths import OPENAPI
from tools.openapi.document import text
from tools.openapi.filters import order_schemas

DOCUMENT: Final[dict[str, Any]] = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))

BEYOND_SCHEMAS: Final = {
    "too_deep", "too_many_nodes", "too_many_relations", "invalid_date", "invalid_string",
    "invalid_number", "duplicate_key",
}  # fmt: skip
"""Reasons to refuse a filter that its schema accepts: limits, and rules beyond JSON Schema."""


ALIASES: Final = {"equals": "eq", "ne": "neq", "notIn": "nin"}
CONNECTIVES: Final = {"and": "AND", "or": "OR", "not": "NOT"}
NESTING: Final = {"NOT", "not", *TO_ONE}
DIRECTIONS: Final = {
    "".join(way.title().split("_")): way for way in order_schemas()["Direction"]["enum"]
}


def respelled(wanted: object) -> object:
    """Return a filter in the one spelling that the document has (docs/adr/0039)."""
    if not isinstance(wanted, dict):
        return wanted
    parts: dict[Any, object] = {}
    for key, inner in wanted.items():
        parts[CONNECTIVES.get(key, key)] = (
            [respelled(one) for one in inner]
            if isinstance(inner, list)
            else respelled(inner)
            if key in NESTING
            else {name: respelled(one) for name, one in inner.items()}
            if key in TO_MANY and isinstance(inner, dict)
            else comparison(inner)
        )
    return parts


def comparison(operators: object) -> object:
    """Return a condition on a field in that spelling."""
    if not isinstance(operators, dict):
        return operators
    return {
        ALIASES.get(key, key): comparison(inner) if key == "not" else inner
        for key, inner in operators.items()
    }


def order_respelled(order: object) -> Any:  # noqa: ANN401 - a JSON value
    """Return an order in that spelling."""
    if isinstance(order, str):
        return DIRECTIONS.get(order, order)
    if isinstance(order, list):
        return [order_respelled(key) for key in order]
    if isinstance(order, dict):
        return {field: order_respelled(way) for field, way in order.items()}
    return order


def validator(name: str) -> Any:  # noqa: ANN401 - jsonschema has no types
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    return Draft202012Validator(schema)


FILTER: Final = validator("InstallFilter")
ORDER: Final = validator("InstallOrderBy")


def test_the_document_is_what_the_tool_makes_of_the_models() -> None:
    assert OPENAPI.read_text(encoding="utf-8") == text(), "run 'python -m tools openapi'"


def refusals(wanted: object) -> set[str]:
    try:
        parse_filter(json.dumps(wanted))
    except InvalidFilterError as refused:
        return {issue.code for issue in refused.issues}
    return set()


def check(wanted: object) -> None:
    """Check that the schema accepts what the parser accepts, and refuses a wrong form."""
    wanted = respelled(wanted)
    passes, codes = FILTER.is_valid(wanted), refusals(wanted)
    if not codes:
        assert passes
    elif passes:
        assert codes <= BEYOND_SCHEMAS


@thorough(500)
@given(wanted=filters)
def test_a_filter_that_the_parser_takes_is_one_by_the_document(wanted: object) -> None:
    assert refusals(wanted) == set()
    assert FILTER.is_valid(respelled(wanted))


@thorough(500)
@given(wanted=filters, number=st.integers(0, 10_000))
def test_a_filter_with_one_fault_is_refused_by_both_or_neither(wanted: object, number: int) -> None:
    faults = list(with_one_fault(wanted))
    if faults:
        check(faults[number % len(faults)])


@thorough(500)
@given(wanted=JSON)
def test_any_json_is_a_filter_to_both_or_neither(wanted: object) -> None:
    check(json.loads(json.dumps(wanted).replace("NaN", "0").replace("Infinity", "1")))


@thorough(500)
@given(order=orders, number=st.integers(0, 10_000))
def test_orders_likewise(order: list[dict[str, Any]], number: int) -> None:
    assert ORDER.is_valid(order_respelled(order))
    faults = list(with_one_fault(order))
    wanted = order_respelled(faults[number % len(faults)])
    try:
        parse_order_by(json.dumps(wanted))
    except InvalidOrderByError as refused:
        codes = {issue.code for issue in refused.issues}
        assert not ORDER.is_valid(wanted) or codes <= BEYOND_SCHEMAS
    else:
        assert ORDER.is_valid(wanted)
