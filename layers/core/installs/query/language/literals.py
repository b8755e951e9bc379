"""Literals: the values that a filter compares with, checked and normalized.

::

    installedAt   "2026-11-23T11:00:00+01:00"   "2026-11-23T10:00:00.000Z"
    installedAt   "2026-11-23T10:00:00.0005Z"   "2026-11-23T10:00:00.000Z5"
    memberPolicy  "manual"                      "manual"
    memberPolicy  "manuel"                      LiteralError: did you mean 'manual'?
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from installs.query.language.document import NotANumber, quoted, suggestion
from installs.query.language.operators import JsonType, Scalar, json_type
from installs.query.language.schema import Field, Kind

MAX_STRING: Final = 1024
"""Characters in a string (CONTRACT.md section 2)."""

_DATE_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))",
    re.ASCII | re.IGNORECASE,
)
_EXAMPLE: Final = "2026-11-23T10:00:00.000Z"
_EXACT: Final = 2**53
_NO_TIME: Final = (
    "is not a time that a row can have: a day of the calendar at 00:00:00-23:59:59, in UTC of the"
    " years 0001-9999"
)


class LiteralError(ValueError):
    """A value with which the field cannot be compared."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def literal(field: Field, value: object) -> Scalar:
    """Return a value to compare a field with, in the form that rows have.

    Raises ``LiteralError`` if the field can never hold such a value. For an id field, any string is
    accepted: one that is not a valid id matches nothing.
    """
    if value is None:
        raise LiteralError(
            "null_value", 'a comparison with null is never true: use {"isNull": true}'
        )
    if field.kind is Kind.BOOLEAN:
        if isinstance(value, bool):
            return value
        raise LiteralError("wrong_type", f"{quoted(value)} is not true or false")
    if field.kind is Kind.DATE and not isinstance(value, str):
        raise LiteralError("wrong_type", f"{quoted(value)} is not a date-time such as {_EXAMPLE}")
    checked = text(value)
    if field.kind is Kind.ENUM and checked not in field.values:
        raise LiteralError(
            "unknown_value",
            f"{quoted(checked)} is not one of {', '.join(field.values)}"
            f"{suggestion(checked, field.values)}",
        )
    return date_time(checked) if field.kind is Kind.DATE else checked


def text(value: object) -> str:
    """Return a string, if a row can hold its characters and its length."""
    if not isinstance(value, str):
        raise LiteralError("wrong_type", f"{quoted(value)} is not a string")
    if len(value) > MAX_STRING:
        raise LiteralError("too_long", f"a string has at most {MAX_STRING:,} characters")
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise LiteralError("invalid_string", "a string cannot hold half of a surrogate pair")
    return value


def json_scalar(value: object) -> Scalar:
    """Return a string, number or boolean to compare with a scalar inside a JSON object."""
    if value is None:
        raise LiteralError(
            "null_value", 'a comparison with null is never true: use {"isNull": true}'
        )
    if isinstance(value, NotANumber):
        raise LiteralError(
            "invalid_number", f"{quoted(value)} is not a number that can be compared"
        )
    kind = json_type(value)
    if kind is None or not isinstance(value, str | int | float):
        raise LiteralError("wrong_type", f"{quoted(value)} is not a string, a number or a boolean")
    if kind is JsonType.STRING:
        return text(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return value


def date_time(value: str) -> str:
    """Return an RFC 3339 date-time of any offset in UTC, in the form of rows.

    Rows have milliseconds. Finer digits follow the ``Z``, so that the order of bytes is the order
    of time: such a value equals no row, and is between two milliseconds.
    """
    match = _DATE_TIME.fullmatch(value)
    if match is None:
        detail = f"{quoted(value)} is not a date-time such as {_EXAMPLE}{_hint(value)}"
        raise LiteralError("invalid_date", detail)
    year, month, day, hour, minute, second = (int(match[part]) for part in range(1, 7))
    digits = (match[7] or "").ljust(3, "0")
    try:
        zone = UTC
        if match[8]:
            offset = timedelta(hours=_below(24, match[9]), minutes=_below(60, match[10]))
            zone = timezone(offset if match[8] == "+" else -offset)
        moment = datetime(year, month, day, hour, minute, second, int(digits[:3]) * 1000, zone)
        utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise LiteralError("invalid_date", f"{quoted(value)} {_NO_TIME}") from None
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z") + digits[3:].rstrip("0")


def _hint(value: str) -> str:
    """Return advice for a text that is almost a date-time."""
    if re.search(r"\d \d\d:\d\d$", value):
        return " (in a URL, + is written %2B)"
    return ""


def _below(bound: int, digits: str) -> int:
    number = int(digits)
    if number >= bound:
        raise ValueError(digits)
    return number
