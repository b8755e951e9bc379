"""Sort keys of the indexes: composed when an item is written, bounded and split when it is read.

A sort key is a fixed prefix and the values of some fields, separated by ``#``; the id is the
last, so that no two are equal. ``#`` sorts below every character of a value, so that the order of
the keys is the order of the values, one after the other::

    INSTALLED.compose("2026-01-01T00:00:00.000Z", "ins_1")  -> 2026-01-01T00:00:00.000Z#ins_1
    INSTALLED.start("2026-01-01T00:00:00.000Z")             -> 2026-01-01T00:00:00.000Z#
    WORKSPACE_INSTALLED.within("wsp_1").prefix              -> wsp_1#
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from installs.store.items import Item
    from installs.store.keys import Index

_SEPARATOR: Final = "#"

_ABOVE: Final = "~"
"""Sorts above every character of an id or a date, and above ``#``."""

NO_VALUE: Final = "0"
WITH_VALUE: Final = "1"
"""The ranks of a null and of a value at the beginning of ``latestKey``."""


@dataclass(frozen=True, slots=True)
class SortKeyLayout:
    """The layout of the sort keys in a part of an index: a fixed prefix, then values of fields."""

    fields: tuple[str, ...]
    """In their order; the id is the last."""
    prefix: str = ""

    def within(self, value: str) -> SortKeyLayout:
        """The layout of the keys whose first field has a value."""
        return SortKeyLayout(self.fields[1:], self.compose(value) + _SEPARATOR)

    def compose(self, *values: str) -> str:
        """The sort key of the values of all fields."""
        return self.prefix + _SEPARATOR.join(values)

    def start(self, *values: str) -> str:
        """The prefix of the sort keys whose first fields have these values."""
        if not values:
            return self.prefix
        composed = self.compose(*values)
        return composed if len(values) == len(self.fields) else composed + _SEPARATOR

    def bounds(
        self, lowest: str | None = None, highest: str | None = None
    ) -> tuple[str | None, str | None]:
        """Bounds of the sort keys whose first field is between two values, both included."""
        lower, upper = self.prefix + (lowest or ""), self.prefix + (highest or "")
        return lower or None, end(upper) if upper else None

    def split(self, sort_key: str) -> Mapping[str, str]:
        """The values of the fields in a sort key, by field."""
        values = sort_key.removeprefix(self.prefix).split(_SEPARATOR)
        return dict(zip(self.fields, values, strict=True))


INSTALLED: Final = SortKeyLayout(("installedAt", "id"))
WORKSPACE_INSTALLED: Final = SortKeyLayout(("workspaceId", "installedAt", "id"))
LATEST_UPGRADE: Final = SortKeyLayout(("lastUpgradedAt", "id"), WITH_VALUE + _SEPARATOR)
LATEST_DELETION: Final = SortKeyLayout(("deletedAt", "id"), WITH_VALUE + _SEPARATOR)
NEVER_UPGRADED: Final = SortKeyLayout(("id",), NO_VALUE + _SEPARATOR)


def end(start: str) -> str:
    """The upper bound of the sort keys that begin with a text; no other key is between."""
    return start + _ABOVE


def sort_key(index: Index, item: Item) -> str:
    """The sort key in an index of an item, or of an item's keys alone."""
    value: str = item[index.sort]["S"]
    return value
