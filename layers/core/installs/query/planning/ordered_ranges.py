"""Ordered ranges: key ranges that are read in the order of a request (docs/adr/0025).

The *presorted prefix* is the longest prefix of the sort whose fields are constant in the range or
are its next sort-key fields, all in one direction. Rows that tie on it are sorted after they are
read, as PostgreSQL's incremental sort does. For the live installs of one workspace, whose sort keys
hold ``installedAt`` and ``id``::

    installedAt desc, id desc                  3 of 3 sort fields, read backward
    workspaceId asc, installedAt asc, id asc   3 of 3, read forward
    installedAt desc, memberPolicy asc, id asc 1 of 3, read backward; ties are sorted
    memberPolicy asc, id asc                   none: the range cannot be read in this order
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from installs.query.language.order import Order
from installs.store.sort_keys import end
from installs.store.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from installs.query.language.order import OrderKey, SortField, SortValues
    from installs.query.planning.key_ranges import KeyRange


@dataclass(frozen=True, slots=True)
class OrderedRange:
    """A key range with the direction in which it is read, and its presorted prefix."""

    key_range: KeyRange
    order: Order
    presorted: int
    """The length of the presorted prefix, in sort fields; at least one."""
    forward: bool
    """True if the range is read in ascending order of its sort keys."""
    leading_rank: OrderKey
    """The rank of the range's rows by the first sort field.

    Ranges with a lower rank come entirely before this one.
    """
    rows: int = 1
    """The estimated number of rows."""

    @property
    def tied(self) -> bool:
        """True if all rows of the range tie on the presorted prefix."""
        return all(name in self.key_range.constants for name in self.order.fields[: self.presorted])

    def sized(self, rows: int) -> OrderedRange:
        """Return the same range with an estimated number of rows."""
        return replace(self, rows=rows)

    def reversed(self) -> OrderedRange:
        """Return the same range, read in the reverse order."""
        order = self.order.reversed()
        leading_rank = _leading_rank(order.sort_fields[0], self.key_range)
        return replace(self, order=order, forward=not self.forward, leading_rank=leading_rank)

    def slice(self, start: SortValues | None, stop: SortValues | None) -> Span | None:
        """Return the part between two positions, both included; ``None`` if it is empty.

        Rows that tie with a position on the presorted prefix are included.
        """
        bounds = [(self.key_range.lower, self.key_range.upper)]
        for position, after in ((start, True), (stop, False)):
            if position is not None:
                side = self._side(position, after=after)
                if side is None:
                    return None
                bounds.append(side)
        lower = max((low for low, _ in bounds if low is not None), default=None)
        upper = min((high for _, high in bounds if high is not None), default=None)
        if lower is not None and upper is not None and lower > upper:
            return None
        return Span(self.key_range.index, self.key_range.partition, lower, upper, self.forward)

    def sort_values(self, sort_key: str) -> SortValues:
        """Return the values of the presorted prefix in a row with this sort key."""
        values = self.key_range.layout.split(sort_key)
        return tuple(
            values[name] if name in values else self.key_range.constants[name]
            for name in self.order.fields[: self.presorted]
        )

    def _side(self, position: SortValues, *, after: bool) -> tuple[str | None, str | None] | None:
        """Return the bounds of the sort keys on one side of a position: after it, or before it.

        Rows that tie with the position are on either side. ``None``: the whole range is on the
        other side. With the sort key ``installedAt, id``, read backward::

            (2026-01-02, ins_5), after    None, "2026-01-02#ins_5": later rows have lower keys
            (2026-01-02, ins_5), before   "2026-01-02#ins_5", None
        """
        layout = self.key_range.layout
        values, rows_are_after = self._compare(position)
        are_on_this_side = rows_are_after in (after, None)
        if not are_on_this_side and not values:
            return None
        # The first and the last sort key of the rows that have the position's leading values.
        first = layout.start(*values)
        last = first if len(values) == len(layout.fields) else end(first)
        has_higher_keys = after == self.forward
        if has_higher_keys:
            return (first if are_on_this_side else last) or None, None
        return None, last if are_on_this_side else first

    def _compare(self, position: SortValues) -> tuple[list[str], bool | None]:
        """Compare the range's rows with a position, on the presorted prefix.

        Return the position's leading values in the sort key. Return True if the rows that have them
        are after the position, False if they are before it, and ``None`` if they tie. In a range of
        ``wsp_b`` with the sort key ``lastUpgradedAt, id``, by workspaceId, then lastUpgradedAt desc
        nulls last::

            wsp_a, ...         [], True: the constant wsp_b is after wsp_a
            wsp_b, null, ins_1 [], False: all rows of the range have a value, and nulls are last
            wsp_b, 2026, ins_1 ["2026", "ins_1"], None
        """
        constants = self.key_range.constants
        values: list[str] = []
        presorted = self.order.sort_fields[: self.presorted]
        for sort_field, value in zip(presorted, position, strict=False):
            if sort_field.field in constants:
                range_rank = rank(sort_field, constants[sort_field.field])
                position_rank = rank(sort_field, value)
                if range_rank != position_rank:
                    return values, range_rank > position_rank
            elif value is None:
                return values, sort_field.nulls_first
            else:
                values.append(value)
        return values, None


def ordered_range(key_range: KeyRange, order: Order) -> OrderedRange | None:
    """Return the range as it is read in an order; ``None`` if too little of it is presorted.

    After the presorted prefix, the sort key may hold only the id: otherwise the rows of a tie would
    not follow one another. No index holds fields of related rows: they are joined to all rows at
    once.
    """
    if order.related_fields:
        return None
    presorted = 0
    unused = key_range.layout.fields
    ascending: bool | None = None
    for sort_field in order.sort_fields:
        if sort_field.field not in key_range.constants:
            is_next = unused[:1] == (sort_field.field,)
            turns = ascending is not None and ascending != sort_field.ascending
            if not is_next or turns:
                break
            unused, ascending = unused[1:], sort_field.ascending
        presorted += 1
    if not presorted or unused not in ((), ("id",)):
        return None
    leading_rank = _leading_rank(order.sort_fields[0], key_range)
    return OrderedRange(key_range, order, presorted, ascending is not False, leading_rank)


def between(
    ranges: Iterable[OrderedRange], start: SortValues | None, stop: SortValues | None
) -> list[OrderedRange]:
    """Return the ranges that have rows, or may have, between two positions, both included."""
    return [ordered for ordered in ranges if ordered.slice(start, stop) is not None]


def rank(sort_field: SortField, value: str | None) -> OrderKey:
    """Return the part of an order key for one field."""
    return Order((sort_field,)).order_key((value,))


def _leading_rank(first: SortField, key_range: KeyRange) -> OrderKey:
    """Return the rank of the range's rows by the first sort field of the order.

    If the field is not constant in the range, all rows have a value: only the rank of values
    against nulls is known.
    """
    if first.field in key_range.constants:
        return rank(first, key_range.constants[first.field])
    return rank(first, "")[:1]
