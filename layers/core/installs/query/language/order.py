"""The order of rows: one key for sorting, cursors and key ranges (docs/adr/0004).

An *order key* is a tuple whose own comparison is the order; a *sort key* is always DynamoDB's. An
order key has for each field a rank that puts nulls first or last, then the value; a descending
field's value is a string with reversed comparison. An enum's values follow one another as they are
declared. Strings of related rows compare by their casefolded form first (docs/adr/0038). The id is
the last field, so that no two rows are equal::

    [{"lastUpgradedAt": "desc_nulls_last"}]
    Order(lastUpgradedAt desc nulls last, id desc)

    upgraded on January 1   (0, Descending("2026-01-01T00:00:00.000Z"), 0, Descending("ins_1"))
    never upgraded          (1, "", 0, Descending("ins_2"))
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from installs.query.language.operators import fold
from installs.query.language.schema import INSTALL, Field, Kind, Row, target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MAX_SORT_FIELDS: Final = 5

MAX_SORTED: Final = 128
"""The number of characters by which a related row's string sorts: a cursor has room for five."""

SortValues = tuple[str | None, ...]
"""The value of each sort field in a row, the id last: the content of a cursor."""

OrderKey = tuple[int | str, ...]
"""Sort values in the form whose comparison is the order."""

SORTABLE_KINDS: Final = (Kind.ID, Kind.ENUM, Kind.DATE, Kind.STRING)
"""The kinds of fields to sort by; a cursor holds any value that such a field can have."""
SORTABLE_FIELDS: Final = {
    name: field for name, field in INSTALL.fields.items() if field.kind in SORTABLE_KINDS
}
RELATED_KINDS: Final = (Kind.DATE, Kind.STRING)
"""The kinds of fields of related rows to sort by."""


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
    relation: str | None = None
    """The relation to one whose row has the field; ``None``: the install itself has it."""

    @property
    def name(self) -> str:
        """The name among the sort fields: ``installedAt``, ``integration.name``."""
        return self.field if self.relation is None else f"{self.relation}.{self.field}"

    @property
    def definition(self) -> Field:
        """The field; of a related row it may be null, since the row may be absent."""
        if self.relation is None:
            return INSTALL.fields[self.field]
        field = target(INSTALL.relations[self.relation]).fields[self.field]
        return replace(field, nullable=True)

    def value(self, row: Mapping[str, Any]) -> str | None:
        """Return the value in a row with its related rows; a related one is cut to MAX_SORTED."""
        if self.relation is None:
            own: str | None = row.get(self.field)
            return own
        related: str | None = (row.get(self.relation) or {}).get(self.field)
        return None if related is None else related[:MAX_SORTED]

    def reversed(self) -> SortField:
        """Return the same field in the reverse direction."""
        return replace(self, ascending=not self.ascending, nulls_first=not self.nulls_first)


class _Encoding(NamedTuple):
    """The encoding of a sort field's values in an order key."""

    ascending: bool
    null_rank: int
    value_rank: int
    enum_texts: Mapping[str, str]
    """By value of an enum: the text that sorts as the value was declared."""
    folded: bool
    """True if the casefolded value is compared first."""

    @classmethod
    def of(cls, sort_field: SortField) -> _Encoding:
        """Return the encoding of a sort field."""
        field = sort_field.definition
        return cls(
            sort_field.ascending,
            null_rank=int(not sort_field.nulls_first),
            value_rank=int(sort_field.nulls_first),
            enum_texts={value: f"{number:02}" for number, value in enumerate(field.values)},
            folded=sort_field.relation is not None and field.kind is Kind.STRING,
        )


@dataclass(frozen=True)
class Order:
    """A total order of installs; the last sort field is the id."""

    sort_fields: tuple[SortField, ...]

    @cached_property
    def _encodings(self) -> tuple[_Encoding, ...]:
        return tuple(map(_Encoding.of, self.sort_fields))

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The names of the sort fields; the last is the id."""
        return tuple(sort_field.name for sort_field in self.sort_fields)

    @cached_property
    def own_fields(self) -> frozenset[str]:
        """The install's own sort fields."""
        return frozenset(
            sort_field.field for sort_field in self.sort_fields if sort_field.relation is None
        )

    @cached_property
    def related_fields(self) -> Mapping[str, frozenset[str]]:
        """The sort fields of related rows, by relation."""
        relations = {
            sort_field.relation
            for sort_field in self.sort_fields
            if sort_field.relation is not None
        }
        return {
            relation: frozenset(
                sort_field.field
                for sort_field in self.sort_fields
                if sort_field.relation == relation
            )
            for relation in sorted(relations)
        }

    @cached_property
    def values(self) -> Callable[[Row], SortValues]:
        """The function from a row, with the related rows of the sort fields, to its sort values."""
        names = self.fields
        if self.related_fields:
            return lambda row: tuple(sort_field.value(row) for sort_field in self.sort_fields)
        return lambda row: tuple(map(row.get, names))

    def order_key(self, values: Sequence[str | None]) -> OrderKey:
        """Return the order key of values.

        A key of only the leading values sorts before every row that has these values.
        """
        parts: list[int | str] = []
        for value, (ascending, null_rank, value_rank, enum_texts, folded) in zip(
            values, self._encodings, strict=False
        ):
            if value is None:
                parts += (null_rank, "")
                continue
            text = enum_texts.get(value, value) if enum_texts else value
            parts.append(value_rank)
            if folded:
                casefolded = fold(text)
                parts.append(casefolded if ascending else Descending(casefolded))
            parts.append(text if ascending else Descending(text))
        return tuple(parts)

    def position_key(self, position: Sequence[str | None] | None) -> OrderKey | None:
        """Return the order key of a position; ``None`` for none."""
        return None if position is None else self.order_key(position)

    def reversed(self) -> Order:
        """Return the order of the same rows from the other end."""
        return Order(tuple(sort_field.reversed() for sort_field in self.sort_fields))

    def canonical(self) -> str:
        """Return a text that is the same for equal orders, however they were written."""
        return ",".join(
            f"{sort_field.name} {'asc' if sort_field.ascending else 'desc'}"
            f" {'first' if sort_field.nulls_first else 'last'}"
            for sort_field in self.sort_fields
        )


def total_order(sort_fields: Sequence[SortField]) -> Order:
    """Return the order by the sort fields, made total by the id, in normal form.

    Sort fields after the id have no effect and are dropped. For a field that is not nullable,
    ``nulls_first`` is set to the default of its direction.
    """
    total: list[SortField] = []
    for sort_field in sort_fields:
        nullable = sort_field.definition.nullable
        total.append(
            sort_field if nullable else replace(sort_field, nulls_first=not sort_field.ascending)
        )
        if sort_field.name == "id":
            return Order(tuple(total))
    ascending = total[-1].ascending
    return Order((*total, SortField("id", ascending, not ascending)))


DEFAULT_ORDER: Final = total_order((SortField("installedAt", ascending=False, nulls_first=True),))
