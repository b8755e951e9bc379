"""Messages of refused filters and orders."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from installs.errors import InvalidFilterError, InvalidOrderByError
from installs.query.language.order_by import parse_order_by
from installs.query.language.parser import parse_filter

if TYPE_CHECKING:
    from installs.errors import Issue


def filter_issues(given: object) -> tuple[Issue, ...]:
    """The issues of a filter: JSON text as it is, anything else written as JSON."""
    text = given if isinstance(given, str) else json.dumps(given)
    with pytest.raises(InvalidFilterError) as refused:
        parse_filter(text)
    return refused.value.issues


def order_issues(given: object) -> tuple[Issue, ...]:
    """The issues of an orderBy, given likewise."""
    text = given if isinstance(given, str) else json.dumps(given)
    with pytest.raises(InvalidOrderByError) as refused:
        parse_order_by(text)
    return refused.value.issues
