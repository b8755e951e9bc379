"""The values in a line: JSON with its numbers as written, ids, timestamps, JSON objects."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

from pydantic import BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

from installs.nesting import MAX_NESTING, nested_beyond

if TYPE_CHECKING:
    from collections.abc import Sequence

_TIMESTAMP: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"([Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_DEEPEST: Final = 100
"""The deepest nesting of a JSON object: deeper, and readers of it would differ."""
_INSTANT_DIGITS: Final = 9
_TOO_LARGE: Final = "has a number that is too large for a double"


class NotJsonError(ValueError):
    """A text is not the JSON that a line must be."""


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number as it was written: ``1.10`` stays ``1.10``, however many digits it has."""

    text: str


def parse(text: str) -> object:
    """Parse a JSON text.

    Raises
    ------
    NotJsonError
        The text is not JSON, or is JSON on which readers differ: a key twice in an object, a
        number that no double holds, half of a surrogate pair, more than 500 levels.
    """
    if nested_beyond(text):
        raise NotJsonError("is nested too deeply")
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_float=_number,
            parse_int=_number,
            parse_constant=_constant,
        )
        if _SURROGATE.search(text):
            require_readable(value)
    except json.JSONDecodeError as error:
        raise NotJsonError(f"is not JSON: {error.msg} (column {error.colno})") from error
    return value


def _unique(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotJsonError(f"has the key {json.dumps(twice)} twice in one object")
    return values


def _number(text: str) -> Number:
    if math.isinf(float(text)):
        raise NotJsonError(_TOO_LARGE)
    return Number(text)


def is_text(value: str) -> bool:
    """Return True if a string can be written as UTF-8."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def require_readable(value: object) -> None:
    """Refuse strings that are not UTF-8, numbers that no double holds, and too deep nesting.

    Raises
    ------
    NotJsonError
        There is one.
    """
    try:
        _check(value, 0)
    except OverflowError:
        raise NotJsonError(_TOO_LARGE) from None
    except UnicodeEncodeError:
        raise NotJsonError("has half of a surrogate pair, which is no text") from None


def _check(value: object, depth: int) -> None:
    if depth > MAX_NESTING:
        raise NotJsonError("is nested too deeply")
    if isinstance(value, dict):
        for name, item in value.items():
            _check(name, depth + 1)
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
    elif isinstance(value, str):
        value.encode()
    elif isinstance(value, int):
        float(value)


def _constant(text: str) -> NoReturn:
    raise NotJsonError(f"is not JSON: {text} is no JSON value")


def compact(value: object, deepest: int = _DEEPEST) -> str:
    """Write a parsed value as JSON: no spaces, keys in their order, numbers as written."""
    if deepest < 0:
        raise PydanticCustomError("json_depth", f"is nested more than {_DEEPEST} deep")
    if isinstance(value, dict | list):
        # One frame for each level: Python has a thousand.
        parts = []
        for item in value:
            name = f"{_text(item)}:" if isinstance(value, dict) else ""
            inner = value[item] if isinstance(value, dict) else item
            parts.append(name + compact(inner, deepest - 1))
        text = ",".join(parts)
        return f"{{{text}}}" if isinstance(value, dict) else f"[{text}]"
    if isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("json_number", "has a number that JSON does not know")
    return value.text if isinstance(value, Number) else _text(value)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _json_object(value: object) -> str:
    if not isinstance(value, dict):
        raise PydanticCustomError("json_object", "must be a JSON object")
    return compact(value)


def _timestamp(value: object) -> str:
    """RFC 3339 as the rows have it; finer fractions of a second are cut off."""
    return _fixed_width(value, 3)


def _instant(value: object) -> str:
    """RFC 3339 in UTC with nine digits of a second, so that changes within a millisecond differ."""
    return _fixed_width(value, _INSTANT_DIGITS)


def _fixed_width(value: object, digits: int) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError("timestamp", "must be a timestamp in a string")
    found = _TIMESTAMP.fullmatch(value)
    if found is None:
        raise PydanticCustomError(
            "timestamp", "must be an RFC 3339 timestamp like 2026-11-23T10:00:00.000Z"
        )
    fraction = ((found[1] or ".")[1:] + "0" * digits)[:digits]
    offset = "+00:00" if found[2] in "Zz" else found[2]
    try:
        utc = datetime.fromisoformat(f"{value[:10]}T{value[11:19]}{offset}").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise PydanticCustomError("timestamp", "must be a time that exists") from error
    return f"{utc.replace(tzinfo=None).isoformat()}.{fraction}Z"


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
Timestamp = Annotated[str, BeforeValidator(_timestamp)]
Instant = Annotated[str, BeforeValidator(_instant)]
JsonObject = Annotated[str, BeforeValidator(_json_object)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
