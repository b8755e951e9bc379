"""The order of the rows: one key, from which sort, cursor and keyset predicate all come.

``Order.sort_key_of_values`` is a tuple of plain values whose own comparison is the order: for each
field a rank that puts nulls where they belong, then the value, which for a descending field is a
string that compares the other way round. The id is always last, so that no two rows are equal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from installs.errors import InvalidOrderByError, Issue
from installs.query.language.document import (
    DocumentError,
    Duplicated,
    pointer,
    quoted,
    read,
    suggestion,
)
from installs.query.language.schema import INSTALL, Fields, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_BYTES: Final = 16 * 1024
MAX_SORT_FIELDS: Final = 5

SortValues = tuple[str | None, ...]
"""What a row is sorted by: the value of each key, the last of them its id. What a cursor holds."""

SortKey = tuple[int | str, ...]
"""Values in the form in which tuple comparison is the order."""


class Descending(str):
    """A string that sorts the other way round."""

    __slots__ = ()
    __lt__ = str.__gt__
    __le__ = str.__ge__
    __gt__ = str.__lt__
    __ge__ = str.__le__


@dataclass(frozen=True, slots=True)
class SortField:
    """One field to sort by."""

    field: str
    ascending: bool
    nulls_first: bool

    def reversed(self) -> SortField:
        """The same field the other way round."""
        return SortField(self.field, not self.ascending, not self.nulls_first)


@dataclass(frozen=True)
class Order:
    """A total order of installs; the last key is the id."""

    sort_fields: tuple[SortField, ...]

    @cached_property
    def _parts(self) -> tuple[tuple[bool, int, int], ...]:
        """Of each key: ascending, the rank of a null, the rank of a value."""
        return tuple(
            (key.ascending, int(not key.nulls_first), int(key.nulls_first))
            for key in self.sort_fields
        )

    @cached_property
    def _fields(self) -> tuple[str, ...]:
        return tuple(key.field for key in self.sort_fields)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the order reads of a row; the last is the id."""
        return self._fields

    def values(self, row: Fields) -> SortValues:
        """What the row is sorted by, as a cursor stores it."""
        return tuple(map(row.get, self._fields))  # type: ignore[arg-type]

    def sort_key_of_values(self, values: Sequence[str | None]) -> SortKey:
        """The one key function: a tuple that compares as the order has it.

        Of the first values alone it stands ahead of all rows that have these values.
        """
        parts: list[int | str] = []
        for value, (ascending, null, present) in zip(values, self._parts, strict=False):
            if value is None:
                parts += (null, "")
            else:
                parts += (present, value if ascending else Descending(value))
        return tuple(parts)

    def position_key(self, position: Sequence[str | None] | None) -> SortKey | None:
        """Return the sort key of a position; ``None`` for none."""
        return None if position is None else self.sort_key_of_values(position)

    def reversed(self) -> Order:
        """Return the order of the same rows from the other end."""
        return Order(tuple(key.reversed() for key in self.sort_fields))

    def canonical(self) -> str:
        """A text that is the same for the same order, however it was written."""
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
"""Ascending, and nulls first; the plain ones as PostgreSQL has them."""

_SPELLINGS: Final = DIRECTIONS | {
    "".join(word.capitalize() for word in name.split("_")): parts
    for name, parts in DIRECTIONS.items()
}
_SORTABLE: Final = {
    name: field for name, field in INSTALL.fields.items() if field.kind is not Kind.JSON
}


def total_order(sort_fields: Sequence[SortField]) -> Order:
    """An order by keys, made total by the id and put into its one normal form.

    Keys behind the id decide nothing and are dropped; where a field is never null, its nulls go
    where the plain direction puts them.
    """
    total: list[SortField] = []
    for key in sort_fields:
        nullable = _SORTABLE[key.field].nullable
        total.append(key if nullable else replace(key, nulls_first=not key.ascending))
        if key.field == "id":
            return Order(tuple(total))
    ascending = total[-1].ascending
    return Order((*total, SortField("id", ascending, not ascending)))


DEFAULT_ORDER: Final = total_order((SortField("installedAt", ascending=False, nulls_first=True),))


def parse_order_by(text: str | None) -> Order:
    """The order of an ``orderBy``; newest installs first where there is none.

    Raises ``InvalidOrderByError`` with an issue for each problem, each with a JSON pointer.
    """
    if text is None:
        return DEFAULT_ORDER
    try:
        given = read(text, max_bytes=MAX_BYTES)
    except DocumentError as error:
        raise _invalid([_issue("invalid_json", f"{error}; an order is {_FORM}")]) from None
    if not isinstance(given, list):
        raise _invalid([_issue("wrong_type", f"{quoted(given)} is not {_FORM}")])
    if not 1 <= len(given) <= MAX_SORT_FIELDS:
        raise _invalid(
            [
                _issue(
                    "too_long" if given else "empty_list", f"an order has 1-{MAX_SORT_FIELDS} keys"
                )
            ]
        )
    sort_fields: list[SortField] = []
    issues: list[Issue] = []
    for index, entry in enumerate(given):
        found = _sort_field(str(index), entry, {key.field for key in sort_fields})
        if isinstance(found, SortField):
            sort_fields.append(found)
        else:
            issues.append(found)
    if issues:
        raise _invalid(issues)
    return total_order(sort_fields)


_FORM: Final = 'a list of objects of one key each, such as [{"installedAt": "desc"}]'


def _sort_field(index: str, entry: object, before: set[str]) -> SortField | Issue:
    if isinstance(entry, Duplicated):
        detail = f"the key {quoted(entry.repeated[0])} stands twice"
        return _issue("duplicate_key", detail, index, entry.repeated[0])
    if not isinstance(entry, dict) or len(entry) != 1:
        shown = f"an object of {len(entry)} keys" if isinstance(entry, dict) else quoted(entry)
        return _issue("wrong_type", f'{shown} is not an object of one key: {{"id": "asc"}}', index)
    field, direction = next(iter(entry.items()))
    if field not in _SORTABLE:
        known = field in INSTALL.fields or field in INSTALL.relations
        detail = (
            f"{field} cannot be sorted by"
            if known
            else f"{quoted(field)} is not a field of Install{suggestion(field, _SORTABLE)}"
        )
        return _issue("field_not_allowed" if known else "unknown_field", detail, index, field)
    if field in before:
        return _issue("duplicate_key", f"{field} stands twice", index, field)
    if not isinstance(direction, str) or direction not in _SPELLINGS:
        near = suggestion(direction, DIRECTIONS) if isinstance(direction, str) else ""
        detail = f"{quoted(direction)} is not one of {', '.join(DIRECTIONS)}{near}"
        return _issue("unknown_value", detail, index, field)
    return SortField(field, *_SPELLINGS[direction])


def _issue(code: str, detail: str, *parts: str) -> Issue:
    return Issue(code, detail, "orderBy", pointer(parts))


def _invalid(issues: list[Issue]) -> InvalidOrderByError:
    first = issues[0]
    more = f" (and {len(issues) - 1} more)" if len(issues) > 1 else ""
    return InvalidOrderByError(f"{first.pointer or 'orderBy'}: {first.detail}{more}", issues)
