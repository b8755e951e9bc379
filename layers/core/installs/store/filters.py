"""Filter expressions for the items of a query (AWS: filter expressions).

Frozen values that encode themselves, as the conditions of ``expressions.py`` do, which may be among
them. DynamoDB's logic has two values: on an absent attribute a comparison is false, and ``<>`` and
NOT of a comparison are true.
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
    """Condition: the attribute exists and compares with the value: ``= < <= > >=``."""

    attribute: str
    comparator: str
    value: Value

    def encode(self, placeholders: Placeholders) -> str:
        """Return the condition as an expression."""
        name, value = placeholders.name(self.attribute), placeholders.value(self.value)
        return f"{name} {self.comparator} {value}"


@dataclass(frozen=True, slots=True)
class Between:
    """Condition: the attribute is between two values, inclusive; ``low`` is not above ``high``."""

    attribute: str
    low: Value
    high: Value

    def encode(self, placeholders: Placeholders) -> str:
        """Return the condition as an expression."""
        low, high = placeholders.value(self.low), placeholders.value(self.high)
        return f"{placeholders.name(self.attribute)} BETWEEN {low} AND {high}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """Condition: the attribute has one of 1-100 values."""

    attribute: str
    values: Sequence[Value]

    def encode(self, placeholders: Placeholders) -> str:
        """Return the condition as an expression."""
        values = ", ".join(map(placeholders.value, self.values))
        return f"{placeholders.name(self.attribute)} IN ({values})"


@dataclass(frozen=True, slots=True)
class Not:
    """Condition: the inner condition is false; a comparison with an absent attribute is false."""

    condition: Filter

    def encode(self, placeholders: Placeholders) -> str:
        """Return the condition as an expression."""
        return f"NOT ({self.condition.encode(placeholders)})"


@dataclass(frozen=True, slots=True)
class All:
    """Condition: all of at least one condition are true."""

    conditions: Sequence[Filter]

    def encode(self, placeholders: Placeholders) -> str:
        """Return the condition as an expression."""
        return _join(self.conditions, " AND ", placeholders)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Condition: one of at least one condition is true."""

    conditions: Sequence[Filter]

    def encode(self, placeholders: Placeholders) -> str:
        """Return the condition as an expression."""
        return _join(self.conditions, " OR ", placeholders)


Filter = Exists | Missing | Compare | Between | OneOf | Not | All | AnyOf


def _join(conditions: Sequence[Filter], operator: str, placeholders: Placeholders) -> str:
    return operator.join(f"({condition.encode(placeholders)})" for condition in conditions)
