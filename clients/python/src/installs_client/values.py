"""Values of a row as it was sent, read with their types; a wrong one is a built-in error."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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


_READERS: Final[Mapping[str, Callable[[Any], object]]] = {
    "str": text,
    "str | None": text_or_none,
    "datetime": time,
    "datetime | None": time_or_none,
    "bool": flag,
    "Mapping[str, Any]": json_object,
}
"""The reader of a field, by its annotation."""


def field_values(row_type: type, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the API's fields of a row by their names in Python, read by their annotations.

    ``{"ownerId": "usr_1", ...}`` of a ``Workspace`` gives ``{"owner_id": "usr_1", ...}``.
    """
    return {name: read(row[member]) for name, member, read in _members(row_type)}


@cache
def _members(row_type: type) -> tuple[tuple[str, str, Callable[[Any], object]], ...]:
    """Return each field's name, its name in the API, and its reader."""
    return tuple(
        (field.name, _camel_case(field.name), _READERS[str(field.type)])
        for field in fields(row_type)
        if field.name not in ("raw", "included")
    )


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
