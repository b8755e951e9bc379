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

    from installs.query.language.order import Key, SortKey, Values
    from installs.store.counters import Count
    from installs.store.items import Item
    from installs.store.keys import Index, State

ABOVE: Final = "~"
"""Sorts behind every character of an id or a date, and behind ``#``."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A stretch of one partition of an index."""

    index: Index
    partition: str
    state: State
    carried: tuple[str, ...] = ("installedAt", "id")
    """The fields that follow the prefix in the sort key; the id is the last."""
    prefix: str = ""
    """What the sort keys begin with."""
    fixed: Mapping[str, str | None] = field(default_factory=dict)
    """Fields that have one value in all rows of the lane that are looked for."""
    low: str | None = None
    high: str | None = None
    """The sort keys between which the lane lies."""
    count: Count | None = None
    """What counts the rows of the lane's partition or stretch; ``None``: nothing does."""
    whole: bool = True
    """Whether the lane holds all the rows that are counted there, and not some of them."""


@dataclass(frozen=True, slots=True)
class Way:
    """A lane in an order: which way to read it, and between which positions."""

    lane: Lane
    order: Order
    led: int
    """In how many of the order's keys, from the first on, the lane leads."""
    forward: bool
    group: tuple[int | str, ...]
    """Ways of a smaller group come before this one as a whole."""
    rows: int = 1
    """How many rows the lane is thought to have."""

    @property
    def alike(self) -> bool:
        """Whether all rows of the lane are alike as far as it leads."""
        return all(name in self.lane.fixed for name in self.order.fields[: self.led])

    def span(self, near: Values | None, far: Values | None) -> Span | None:
        """What lies between two positions, both included; ``None``: nothing does."""
        lows, highs = [self.lane.low], [self.lane.high]
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
        return Span(self.lane.index, self.lane.partition, low, high, self.forward)

    def values(self, last: Item) -> Values:
        """What a row is sorted by, as far as the lane leads, of the index keys of its item."""
        text = last[self.lane.index.sort]["S"].removeprefix(self.lane.prefix)
        carried = dict(zip(self.lane.carried, text.split("#"), strict=True))
        return tuple(
            carried[name] if name in carried else self.lane.fixed[name]
            for name in self.order.fields[: self.led]
        )

    def _cut(self, position: Values, *, behind: bool) -> tuple[str, str] | None:
        """The lowest and the highest sort key of what lies behind a position, or ahead of it.

        Only one of them is a bound, by the way in which the lane is read. The position itself is
        on either side, and so is all that is like it as far as the lane leads. ``None``: all of the
        lane is on the other side.
        """
        text = self.lane.prefix
        for key, value in zip(self.order.keys[: self.led], position, strict=False):
            if key.field in self.lane.fixed:
                mine, its = part(key, self.lane.fixed[key.field]), part(key, value)
                if mine != its:
                    return self._beginning(text, belongs=(mine > its) is behind)
            elif value is None:
                # The lane's rows all have a value here: they stand where the nulls do not.
                return self._beginning(text, belongs=key.nulls_first is behind)
            else:
                text += value if key.field == "id" else f"{value}#"
        return (text, text) if self.led == len(position) else self._beginning(text, belongs=True)

    def _beginning(self, text: str, *, belongs: bool) -> tuple[str, str] | None:
        """The bounds where all sort keys that begin with a text belong, or none of them does."""
        if belongs:
            return text, text + ABOVE
        return None if text == self.lane.prefix else (text + ABOVE, text)


def way(lane: Lane, order: Order, rows: int = 1) -> Way | None:
    """How a lane of so many rows is read in an order; ``None`` where it does not lead enough."""
    led, carried = 0, 0
    forward = None
    for key in order.keys:
        if key.field not in lane.fixed:
            if key.field not in lane.carried[carried:][:1] or forward is (not key.ascending):
                break
            carried, forward = carried + 1, key.ascending
        led += 1
    if not led or lane.carried[carried:] not in ((), ("id",)):
        return None
    return Way(lane, order, led, forward is not False, _group(order.keys[0], lane), rows)


def between(ways: Iterable[Way], near: Values | None, far: Values | None) -> list[Way]:
    """The ways that have something between two positions, both included."""
    return [one for one in ways if one.span(near, far) is not None]


def part(key: Key, value: str | None) -> SortKey:
    """One field's part of a sort key."""
    return Order((key,)).sort_key_of_values((value,))


def _group(first: Key, lane: Lane) -> tuple[int | str, ...]:
    """By the first field, where it is fixed; a lane in which it differs has values in it."""
    if first.field in lane.fixed:
        return part(first, lane.fixed[first.field])
    return part(first, "")[:1]
