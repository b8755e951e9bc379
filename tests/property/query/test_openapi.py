"""The document tells what the parsers do (CONTRACT.md section 2, Filter and orderBy)."""

from __future__ import annotations

import json
from typing import Any, Final

import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from installs.errors import InvalidFilterError, InvalidOrderByError
from installs.query.language.order import parse_order_by
from installs.query.language.parser import parse_filter
from tests.property.query.filters import filters, orders
from tests.property.query.malformed import JSON, with_one_fault
from tests.property.runs import thorough
from tools.local.paths import OPENAPI
from tools.openapi.document import text

DOCUMENT: Final[dict[str, Any]] = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))

BEYOND_SCHEMAS: Final = {
    "too_deep", "too_many_nodes", "too_many_relations", "invalid_date", "invalid_string",
    "invalid_number", "duplicate_key",
}  # fmt: skip
"""Reasons to refuse a filter that its schema accepts: limits, and rules beyond JSON Schema."""


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
    passes, codes = FILTER.is_valid(wanted), refusals(wanted)
    if not codes:
        assert passes
    elif passes:
        assert codes <= BEYOND_SCHEMAS


@thorough(500)
@given(wanted=filters)
def test_a_filter_that_the_parser_takes_is_one_by_the_document(wanted: object) -> None:
    assert refusals(wanted) == set()
    assert FILTER.is_valid(wanted)


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
def test_orders_likewise(order: list[dict[str, str]], number: int) -> None:
    assert ORDER.is_valid(order)
    faults = list(with_one_fault(order))
    wanted = faults[number % len(faults)]
    try:
        parse_order_by(json.dumps(wanted))
    except InvalidOrderByError as refused:
        codes = {issue.code for issue in refused.issues}
        assert not ORDER.is_valid(wanted) or codes <= BEYOND_SCHEMAS
    else:
        assert ORDER.is_valid(wanted)
