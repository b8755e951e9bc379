"""The values that a filter compares with: checked, and in the form in which they are sent."""

from __future__ import annotations

from datetime import UTC, datetime
from sys import float_info
from typing import TYPE_CHECKING, Final

from installs_client.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

Scalar = str | int | float | bool

MAX_STRING: Final = 1024
"""Characters in a string (CONTRACT.md section 2)."""
MAX_VALUES: Final = 100
"""Values in a list (CONTRACT.md section 2)."""


def text(value: object) -> str:
    """A string that a row can hold."""
    if value is None:
        raise InvalidRequestError("nothing is equal to None: ask is_null()")
    if not isinstance(value, str):
        raise InvalidRequestError(f"{value!r} is not a string")
    if len(value) > MAX_STRING:
        raise InvalidRequestError(f"a string has at most {MAX_STRING:,} characters")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidRequestError(f"{value!r} holds half of a surrogate pair")
    return value


def moment(value: object) -> str:
    """An aware datetime in UTC, with all its digits: the API compares exactly."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidRequestError(f"{value!r} is not a datetime with a time zone")
    try:
        utc = value.astimezone(UTC)
    except OverflowError:
        raise InvalidRequestError(f"{value!r} has no time in UTC") from None
    digits = "microseconds" if utc.microsecond % 1000 else "milliseconds"
    return utc.isoformat(timespec=digits).replace("+00:00", "Z")


def flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise InvalidRequestError(f"{value!r} is not true or false")
    return value


def scalar(value: object) -> Scalar:
    """A scalar inside a JSON object: a string, a boolean, or a number that a double can hold."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and abs(value) <= float_info.max:
        return value
    raise InvalidRequestError("only strings, booleans and finite numbers can be compared")


def number_or_text(value: object) -> Scalar:
    """A scalar that has an order: not a boolean."""
    checked = scalar(value)
    if isinstance(checked, bool):
        raise InvalidRequestError("a boolean comes neither before nor after another")
    return checked


def of_one_type(values: Sequence[Scalar]) -> Sequence[Scalar]:
    """Values that are all strings, all numbers, or all booleans."""
    kinds = {
        "boolean" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"
        for value in values
    }
    if len(kinds) > 1:
        raise InvalidRequestError("the values of one list are of one type")
    return values
