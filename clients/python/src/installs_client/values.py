"""Values of a row as it was sent, read with their types; a wrong one is a built-in error."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def text(value: object) -> str:
    """Return a string."""
    if not isinstance(value, str):
        raise TypeError("not a string")
    return value


def text_or_none(value: object) -> str | None:
    """Return a string, or None for null."""
    return None if value is None else text(value)


def time(value: str) -> datetime:
    """Return an aware time."""
    return datetime.fromisoformat(value)


def time_or_none(value: str | None) -> datetime | None:
    """Return an aware time, or None for null."""
    return None if value is None else time(value)


def flag(value: object) -> bool:
    """Return a boolean."""
    if not isinstance(value, bool):
        raise TypeError("not a boolean")
    return value


def json_object(value: object) -> Mapping[str, Any]:
    """Return a JSON object."""
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value
