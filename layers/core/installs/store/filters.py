"""What a FilterExpression can say of items that a query reads (AWS: filter expressions).

Frozen values that encode themselves, as the conditions of ``expressions.py`` do; those can stand
among them. DynamoDB's logic has two values: over an attribute that is not there a comparison is
false, ``<>`` and NOT of a comparison are true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from installs.store.expressions import Exists, Missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.store.expressions import Placeholders, Value

MAX_BYTES: Final = 4096
"""The longest expression (AWS: service quotas)."""

MAX_OPERATORS: Final = 300
"""The most operators and functions in one expression (AWS: service quotas)."""

IN_LIMIT: Final = 100
"""The most values after IN (AWS: service quotas)."""


@dataclass(frozen=True, slots=True)
class Compare:
    """The attribute is there and compares so with the value: ``= < <= > >=``."""

    attribute: str
    comparator: str
    value: Value

    def encode(self, placeholders: Placeholders) -> str:
        """The condition's expression."""
        name, value = placeholders.name(self.attribute), placeholders.value(self.value)
        return f"{name} {self.comparator} {value}"


@dataclass(frozen=True, slots=True)
class Between:
    """The attribute lies between two values, both included; ``low`` is not above ``high``."""

    attribute: str
    low: Value
    high: Value

    def encode(self, placeholders: Placeholders) -> str:
        """The condition's expression."""
        low, high = placeholders.value(self.low), placeholders.value(self.high)
        return f"{placeholders.name(self.attribute)} BETWEEN {low} AND {high}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """The attribute has one of the values: 1-100 of them."""

    attribute: str
    values: Sequence[Value]

    def encode(self, placeholders: Placeholders) -> str:
        """The condition's expression."""
        values = ", ".join(map(placeholders.value, self.values))
        return f"{placeholders.name(self.attribute)} IN ({values})"


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold; of a comparison, also where the attribute is not there."""

    condition: Filter

    def encode(self, placeholders: Placeholders) -> str:
        """The condition's expression."""
        return f"NOT ({self.condition.encode(placeholders)})"


@dataclass(frozen=True, slots=True)
class All:
    """All of the conditions hold; at least one is given."""

    conditions: Sequence[Filter]

    def encode(self, placeholders: Placeholders) -> str:
        """The condition's expression."""
        return _joined(self.conditions, " AND ", placeholders)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the conditions holds; at least one is given."""

    conditions: Sequence[Filter]

    def encode(self, placeholders: Placeholders) -> str:
        """The condition's expression."""
        return _joined(self.conditions, " OR ", placeholders)


Filter = Exists | Missing | Compare | Between | OneOf | Not | All | AnyOf


def _joined(conditions: Sequence[Filter], word: str, placeholders: Placeholders) -> str:
    return word.join(f"({condition.encode(placeholders)})" for condition in conditions)
