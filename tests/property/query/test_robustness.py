"""No input makes anything but an answer or a refusal (CONTRACT.md sections 2 and 9)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installs.errors import InvalidCursorError, InvalidFilterError, InvalidOrderByError
from installs.query.execution.predicate import compile_filter
from installs.query.language import cursor
from installs.query.language.nodes import canonical
from installs.query.language.order_by import parse_order_by
from installs.query.language.parser import parse_filter
from tests.property.query.filters import filters, orders
from tests.property.query.malformed import JSON, with_one_fault
from tests.property.runs import thorough


def filter_refusal(text: str) -> InvalidFilterError | None:
    try:
        node = parse_filter(text)
    except InvalidFilterError as refused:
        return refused
    if node is not None:
        canonical(node)
        compile_filter(node)({"id": "a"})
    return None


def check_filter(text: str) -> None:
    refused = filter_refusal(text)
    if refused is not None:
        refused.detail.encode()
        assert 1 <= len(refused.issues) <= 20
        for issue in refused.issues:
            assert issue.pointer is not None
            issue.detail.encode()
            issue.pointer.encode()


@thorough(500)
@given(value=JSON)
def test_any_json_is_a_filter_and_an_order_or_refused(value: object) -> None:
    text = json.dumps(value)

    check_filter(text)
    try:
        parse_order_by(text)
    except InvalidOrderByError as refused:
        refused.detail.encode()


@thorough(500)
@given(text=st.text(st.characters(), max_size=30))
def test_any_text_is_refused_or_read(text: str) -> None:
    check_filter(text)


@thorough(500)
@given(wanted=filters, number=st.integers(0, 10_000))
def test_a_filter_with_one_fault_is_a_filter_or_refused(wanted: object, number: int) -> None:
    faults = list(with_one_fault(wanted))

    check_filter(json.dumps(faults[number % len(faults)]) if faults else "[]")


@thorough(500)
@given(wanted=filters)
def test_double_negation_is_the_same_query(wanted: object) -> None:
    once = parse_filter(json.dumps(wanted))
    twice = parse_filter(json.dumps({"NOT": {"NOT": wanted}}))

    assert once is not None
    assert twice is not None
    assert canonical(once) == canonical(twice)


@thorough(500)
@given(
    order=orders,
    text=st.one_of(st.text(st.characters(), max_size=40), st.from_regex(r"[\w-]{0,90}")),
)
def test_any_text_is_no_cursor(order: list[dict[str, Any]], text: str) -> None:
    parsed = parse_order_by(json.dumps(order))

    with pytest.raises(InvalidCursorError) as refused:
        cursor.decode(text, parsed, "")

    assert refused.value.issues[0].code == "malformed_cursor"
