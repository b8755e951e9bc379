"""Lanes: stretches of an index that yield rows in order, and where a position lies in them.

A lane's rows differ in the fields that its sort key carries (``installedAt`` and the id, say);
other fields may be the same in all of them. A lane *leads* in the first keys of an order: as many
as are fixed, or follow one another in its sort key, all one way. Where it leads in all of them, it
is read in that order. Where it leads in all but the id that its sort key carries, rows that are
alike so far are read together, and sorted by the other keys (docs/adr/0025).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from installs.query.language.order import Order
from installs.store.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from installs.query.language.order import SortField, SortKey, SortValues
    from installs.store.counters import LiveCount
    from installs.store.items import Item
    from installs.store.keys import Index, State

ABOVE: Final = "~"
"""Sorts behind every character of an id or a date, and behind ``#``."""


@dataclass(frozen=True, slots=True)
class KeyRange:
    """A stretch of one partition of an index."""

    index: Index
    partition: str
    state: State
    sort_key_fields: tuple[str, ...] = ("installedAt", "id")
    """The fields that follow the prefix in the sort key; the id is the last."""
    prefix: str = ""
    """What the sort keys begin with."""
    constants: Mapping[str, str | None] = field(default_factory=dict)
    """Fields that have one value in all rows of the lane that are looked for."""
    lower: str | None = None
    upper: str | None = None
    """The sort keys between which the lane lies."""
    live_count: LiveCount | None = None
    """What counts the rows of the lane's partition or stretch; ``None``: nothing does."""
    complete: bool = True
    """Whether the lane holds all the rows that are counted there, and not some of them."""


@dataclass(frozen=True, slots=True)
class OrderedRange:
    """A lane in an order: which way to read it, and between which positions."""

    key_range: KeyRange
    order: Order
    presorted: int
    """In how many of the order's keys, from the first on, the lane leads."""
    forward: bool
    group: tuple[int | str, ...]
    """Ways of a smaller group come before this one as a whole."""
    rows: int = 1
    """How many rows the lane is thought to have."""

    @property
    def tied(self) -> bool:
        """Whether all rows of the lane are alike as far as it leads."""
        return all(name in self.key_range.constants for name in self.order.fields[: self.presorted])

    def span(self, near: SortValues | None, far: SortValues | None) -> Span | None:
        """What lies between two positions, both included; ``None``: nothing does."""
        lows, highs = [self.key_range.lower], [self.key_range.upper]
        for position, behind in ((near, True), (far, False)):
            if position is not None:
                cut = self._cut(position, behind=behind)
                if cut is None:
                    return None
                lows.append(cut[0] or None if behind is self.forward else None)
                highs.append(None if behind is self.forward else cut[1])
        low = max((text for text in lows if text is not None), default=None)
        high = min((text for text in highs if text is not None), default=None)
        if low is not None and high is not None and low > high:
            return None
        return Span(self.key_range.index, self.key_range.partition, low, high, self.forward)

    def values(self, last: Item) -> SortValues:
        """What a row is sorted by, as far as the lane leads, of the index keys of its item."""
        text = last[self.key_range.index.sort]["S"].removeprefix(self.key_range.prefix)
        carried = dict(zip(self.key_range.sort_key_fields, text.split("#"), strict=True))
        return tuple(
            carried[name] if name in carried else self.key_range.constants[name]
            for name in self.order.fields[: self.presorted]
        )

    def _cut(self, position: SortValues, *, behind: bool) -> tuple[str, str] | None:
        """The lowest and the highest sort key of what lies behind a position, or ahead of it.

        Only one of them is a bound, by the way in which the lane is read. The position itself is
        on either side, and so is all that is like it as far as the lane leads. ``None``: all of the
        lane is on the other side.
        """
        text = self.key_range.prefix
        for key, value in zip(self.order.sort_fields[: self.presorted], position, strict=False):
            if key.field in self.key_range.constants:
                mine, its = part(key, self.key_range.constants[key.field]), part(key, value)
                if mine != its:
                    return self._beginning(text, belongs=(mine > its) is behind)
            elif value is None:
                # The lane's rows all have a value here: they stand where the nulls do not.
                return self._beginning(text, belongs=key.nulls_first is behind)
            else:
                text += value if key.field == "id" else f"{value}#"
        return (
            (text, text) if self.presorted == len(position) else self._beginning(text, belongs=True)
        )

    def _beginning(self, text: str, *, belongs: bool) -> tuple[str, str] | None:
        """The bounds where all sort keys that begin with a text belong, or none of them does."""
        if belongs:
            return text, text + ABOVE
        return None if text == self.key_range.prefix else (text + ABOVE, text)


def ordered_range(lane: KeyRange, order: Order, rows: int = 1) -> OrderedRange | None:
    """How a lane of so many rows is read in an order; ``None`` where it does not lead enough."""
    led, carried = 0, 0
    forward = None
    for key in order.sort_fields:
        if key.field not in lane.constants:
            if key.field not in lane.sort_key_fields[carried:][:1] or forward is (
                not key.ascending
            ):
                break
            carried, forward = carried + 1, key.ascending
        led += 1
    if not led or lane.sort_key_fields[carried:] not in ((), ("id",)):
        return None
    return OrderedRange(
        lane, order, led, forward is not False, _group(order.sort_fields[0], lane), rows
    )


def between(
    ways: Iterable[OrderedRange], near: SortValues | None, far: SortValues | None
) -> list[OrderedRange]:
    """The ways that have something between two positions, both included."""
    return [one for one in ways if one.span(near, far) is not None]


def part(key: SortField, value: str | None) -> SortKey:
    """One field's part of a sort key."""
    return Order((key,)).sort_key_of_values((value,))


def _group(first: SortField, lane: KeyRange) -> tuple[int | str, ...]:
    """By the first field, where it is fixed; a lane in which it differs has values in it."""
    if first.field in lane.constants:
        return part(first, lane.constants[first.field])
    return part(first, "")[:1]
