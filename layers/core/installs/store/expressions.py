"""Conditions and actions of DynamoDB, as frozen values that encode themselves.

Every name and every value goes through ``Placeholders``, so that no expression contains a reserved
word or a value of a caller.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from installs.store import keys
from installs.store.items import Item, encode, encode_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from installs.store.keys import Key

Value = str | bool | int


class Placeholders:
    """Allocator of ``#n`` for names and ``:v`` for values; equal names share a placeholder."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: Item = {}

    def name(self, attribute: str) -> str:
        """Return the placeholder of an attribute's name."""
        return self._names.setdefault(attribute, f"#n{len(self._names)}")

    def value(self, value: Value) -> str:
        """Return a new placeholder for a value."""
        placeholder = f":v{len(self._values)}"
        self._values[placeholder] = encode(value)
        return placeholder

    def attributes(self) -> dict[str, Any]:
        """Return the request parameters of the placeholders; DynamoDB refuses empty ones."""
        parameters = {
            "ExpressionAttributeNames": {short: name for name, short in self._names.items()},
            "ExpressionAttributeValues": self._values,
        }
        return {parameter: mapping for parameter, mapping in parameters.items() if mapping}


@dataclass(frozen=True, slots=True)
class Exists:
    """Condition: the item has the attribute."""

    attribute: str = keys.PK

    def encode(self, placeholders: Placeholders) -> str:
        """Return the condition as an expression."""
        return f"attribute_exists({placeholders.name(self.attribute)})"


@dataclass(frozen=True, slots=True)
class Missing:
    """Condition: the item does not have the attribute, or does not exist."""

    attribute: str = keys.PK

    def encode(self, placeholders: Placeholders) -> str:
        """Return the condition as an expression."""
        return f"attribute_not_exists({placeholders.name(self.attribute)})"


@dataclass(frozen=True, slots=True)
class Equals:
    """Condition: the attribute has the value."""

    attribute: str
    value: Value

    def encode(self, placeholders: Placeholders) -> str:
        """Return the condition as an expression."""
        return f"{placeholders.name(self.attribute)} = {placeholders.value(self.value)}"


Condition = Exists | Missing | Equals


def same(attribute: str, value: Value | None) -> Condition:
    """Condition: the attribute is as it was read; ``None`` means absent."""
    return Missing(attribute) if value is None else Equals(attribute, value)


@dataclass(frozen=True, slots=True)
class Update:
    """Action: set, remove and add attributes of one item."""

    key: Key
    conditions: Sequence[Condition] = ()
    set: Mapping[str, Value] = field(default_factory=dict)
    remove: Sequence[str] = ()
    add: Mapping[str, int] = field(default_factory=dict)

    def encode(self, table: str) -> dict[str, Any]:
        """Return the action as a member of ``TransactWriteItems``."""
        p = Placeholders()
        clauses = {
            "SET": [f"{p.name(name)} = {p.value(value)}" for name, value in self.set.items()],
            "REMOVE": [p.name(name) for name in self.remove],
            "ADD": [f"{p.name(name)} {p.value(value)}" for name, value in self.add.items()],
        }
        expression = " ".join(
            f"{verb} {', '.join(terms)}" for verb, terms in clauses.items() if terms
        )
        return {
            "Update": {
                "TableName": table,
                "Key": encode_key(self.key),
                "UpdateExpression": expression,
                **_conditions(self.conditions, p),
            }
        }


@dataclass(frozen=True, slots=True)
class Delete:
    """Action: delete one item."""

    key: Key
    conditions: Sequence[Condition] = ()

    def encode(self, table: str) -> dict[str, Any]:
        """Return the action as a member of ``TransactWriteItems``."""
        conditions = _conditions(self.conditions, Placeholders())
        return {"Delete": {"TableName": table, "Key": encode_key(self.key), **conditions}}


@dataclass(frozen=True, slots=True)
class Check:
    """Action: require conditions of an item without writing it."""

    key: Key
    conditions: Sequence[Condition]

    def encode(self, table: str) -> dict[str, Any]:
        """Return the action as a member of ``TransactWriteItems``."""
        conditions = _conditions(self.conditions, Placeholders())
        return {"ConditionCheck": {"TableName": table, "Key": encode_key(self.key), **conditions}}


Action = Update | Delete | Check


def _conditions(conditions: Sequence[Condition], placeholders: Placeholders) -> dict[str, Any]:
    expression = " AND ".join(condition.encode(placeholders) for condition in conditions)
    condition = {"ConditionExpression": expression} if expression else {}
    return condition | placeholders.attributes()
