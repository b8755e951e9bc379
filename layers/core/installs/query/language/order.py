"""The order of rows: one sort key for sorting, cursors and key ranges (docs/adr/0004).

A sort key is a tuple whose own comparison is the order: for each field a rank that puts nulls first
or last, then the value; a descending field's value is a string with reversed comparison. An enum's
values follow one another as they are declared. The id is the last field, so that no two rows are
equal::

    [{"lastUpgradedAt": "desc_nulls_last"}]
    Order(lastUpgradedAt desc nulls last, id desc)

    upgraded on January 1   (0, Descending("2026-01-01T00:00:00.000Z"), 0, Descending("ins_1"))
    never upgraded          (1, "", 0, Descending("ins_2"))
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from installs.errors import InvalidOrderByError, Issue
from installs.query.language.document import (
    DocumentError,
    Duplicated,
    nested_text_advice,
    pointer,
    quoted,
    read,
    suggestion,
)
from installs.query.language.length import MAX_QUERY_CHARACTERS
from installs.query.language.schema import INSTALL, Fields, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_SORT_FIELDS: Final = 5

SortValues = tuple[str | None, ...]
"""The value of each sort field in a row, the id last: the content of a cursor."""

SortKey = tuple[int | str, ...]
"""Sort values in the form whose comparison is the order."""


class Descending(str):
    """A string with reversed comparison."""

    __slots__ = ()
    __lt__ = str.__gt__
    __le__ = str.__ge__
    __gt__ = str.__lt__
    __ge__ = str.__le__


@dataclass(frozen=True, slots=True)
class SortField:
    """A field to sort by, with its direction."""

    field: str
    ascending: bool
    nulls_first: bool

    def reversed(self) -> SortField:
        """Return the same field in the reverse direction."""
        return SortField(self.field, not self.ascending, not self.nulls_first)


@dataclass(frozen=True)
class Order:
    """A total order of installs; the last sort field is the id."""

    sort_fields: tuple[SortField, ...]

    @cached_property
    def _parts(self) -> tuple[tuple[bool, int, int, Mapping[str, str]], ...]:
        """By sort field: ascending, the rank of a null, the rank of a value, an enum's values."""
        return tuple(
            (key.ascending, int(not key.nulls_first), int(key.nulls_first), _positions(key.field))
            for key in self.sort_fields
        )

    @cached_property
    def _fields(self) -> tuple[str, ...]:
        return tuple(key.field for key in self.sort_fields)

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the sort fields; the last is the id."""
        return self._fields

    def values(self, row: Fields) -> SortValues:
        """Return the sort values of a row."""
        return tuple(map(row.get, self._fields))  # type: ignore[arg-type]

    def sort_key_of_values(self, values: Sequence[str | None]) -> SortKey:
        """Return the sort key of values.

        The key of the first values alone precedes all rows that have these values.
        """
        parts: list[int | str] = []
        for value, (ascending, null, present, positions) in zip(values, self._parts, strict=False):
            if value is None:
                parts += (null, "")
            else:
                text = positions.get(value, value) if positions else value
                parts += (present, text if ascending else Descending(text))
        return tuple(parts)

    def position_key(self, position: Sequence[str | None] | None) -> SortKey | None:
        """Return the sort key of a position; ``None`` for none."""
        return None if position is None else self.sort_key_of_values(position)

    def reversed(self) -> Order:
        """Return the order of the same rows from the other end."""
        return Order(tuple(key.reversed() for key in self.sort_fields))

    def canonical(self) -> str:
        """Return a text that is the same for equal orders, however they were written."""
        return ",".join(
            f"{key.field} {'asc' if key.ascending else 'desc'}"
            f" {'first' if key.nulls_first else 'last'}"
            for key in self.sort_fields
        )


DIRECTIONS: Final = {
    "asc": (True, False),
    "desc": (False, True),
    "asc_nulls_first": (True, True),
    "asc_nulls_last": (True, False),
    "desc_nulls_first": (False, True),
    "desc_nulls_last": (False, False),
}
"""By direction: ascending, and nulls first; plain directions are PostgreSQL's."""

_SPELLINGS: Final = DIRECTIONS | {
    "".join(word.capitalize() for word in name.split("_")): parts
    for name, parts in DIRECTIONS.items()
}
SORTABLE_KINDS: Final = (Kind.ID, Kind.ENUM, Kind.DATE, Kind.STRING)
"""The kinds of fields to sort by; a cursor holds any value that such a field can have."""
SORTABLE_FIELDS: Final = {
    name: field for name, field in INSTALL.fields.items() if field.kind in SORTABLE_KINDS
}


def _positions(field: str) -> Mapping[str, str]:
    """Return the texts by which the values of an enum sort; none for another field."""
    return {value: f"{number:02}" for number, value in enumerate(SORTABLE_FIELDS[field].values)}


def total_order(sort_fields: Sequence[SortField]) -> Order:
    """Return the order by the sort fields, made total by the id, in normal form.

    Sort fields after the id have no effect and are dropped. A field that is never null has its
    nulls where the plain direction puts them.
    """
    total: list[SortField] = []
    for key in sort_fields:
        nullable = SORTABLE_FIELDS[key.field].nullable
        total.append(key if nullable else replace(key, nulls_first=not key.ascending))
        if key.field == "id":
            return Order(tuple(total))
    ascending = total[-1].ascending
    return Order((*total, SortField("id", ascending, not ascending)))


DEFAULT_ORDER: Final = total_order((SortField("installedAt", ascending=False, nulls_first=True),))


def parse_order_by(text: str | None) -> Order:
    """Return the order of an ``orderBy``; without one, the newest installs come first.

    Raises ``InvalidOrderByError`` with an issue for each problem.
    """
    if text is None:
        return DEFAULT_ORDER
    try:
        entries = read(text, max_bytes=MAX_QUERY_CHARACTERS)
    except DocumentError as error:
        raise _invalid([_issue("invalid_json", f"{error}; an order is {_FORM}")]) from None
    if not isinstance(entries, list):
        detail = f"{quoted(entries)} is not {_FORM}{nested_text_advice(entries)}"
        raise _invalid([_issue("wrong_type", detail)])
    if not 1 <= len(entries) <= MAX_SORT_FIELDS:
        code = "too_long" if entries else "empty_list"
        raise _invalid([_issue(code, f"an order has 1-{MAX_SORT_FIELDS} sort fields")])
    sort_fields: list[SortField] = []
    issues: list[Issue] = []
    for index, entry in enumerate(entries):
        parsed = _sort_field(str(index), entry, {key.field for key in sort_fields})
        if isinstance(parsed, SortField):
            sort_fields.append(parsed)
        else:
            issues.append(parsed)
    if issues:
        raise _invalid(issues)
    return total_order(sort_fields)


_FORM: Final = 'a list of objects of one key each, such as [{"installedAt": "desc"}]'


def _sort_field(index: str, entry: object, before: set[str]) -> SortField | Issue:
    """Return the sort field of an entry, or the issue with it."""
    if isinstance(entry, Duplicated):
        detail = f"the key {quoted(entry.repeated[0])} appears twice"
        return _issue("duplicate_key", detail, index, entry.repeated[0])
    if not isinstance(entry, dict) or len(entry) != 1:
        text = f"an object of {len(entry)} keys" if isinstance(entry, dict) else quoted(entry)
        return _issue("wrong_type", f'{text} is not an object of one key: {{"id": "asc"}}', index)
    field, direction = next(iter(entry.items()))
    if field not in SORTABLE_FIELDS:
        return _not_sortable(index, field)
    if field in before:
        return _issue("duplicate_key", f"{field} appears twice", index, field)
    if not isinstance(direction, str) or direction not in _SPELLINGS:
        hint = suggestion(direction, DIRECTIONS) if isinstance(direction, str) else ""
        detail = f"{quoted(direction)} is not one of {', '.join(DIRECTIONS)}{hint}"
        return _issue("unknown_value", detail, index, field)
    return SortField(field, *_SPELLINGS[direction])


def _not_sortable(index: str, field: str) -> Issue:
    if field in INSTALL.fields or field in INSTALL.relations:
        return _issue("field_not_allowed", f"{field} cannot be sorted by", index, field)
    detail = f"{quoted(field)} is not a field of Install{suggestion(field, SORTABLE_FIELDS)}"
    return _issue("unknown_field", detail, index, field)


def _issue(code: str, detail: str, *parts: str) -> Issue:
    return Issue(code, detail, "orderBy", pointer(parts))


def _invalid(issues: list[Issue]) -> InvalidOrderByError:
    first = issues[0]
    more = f" (and {len(issues) - 1} more)" if len(issues) > 1 else ""
    return InvalidOrderByError(f"{first.pointer or 'orderBy'}: {first.detail}{more}", issues)
