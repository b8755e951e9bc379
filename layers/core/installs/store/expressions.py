"""Conditions and actions of DynamoDB as frozen values that encode themselves.

Every name and every value goes through one allotter of placeholders, so that no reserved word and
no value of a caller ever stands in an expression.
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
    """Allots ``#n`` to names and ``:v`` to values; the same name gets the same placeholder."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: Item = {}

    def name(self, attribute: str) -> str:
        """The placeholder of an attribute's name."""
        return self._names.setdefault(attribute, f"#n{len(self._names)}")

    def value(self, value: Value) -> str:
        """A placeholder for a value."""
        placeholder = f":v{len(self._values)}"
        self._values[placeholder] = encode(value)
        return placeholder

    def attributes(self) -> dict[str, Any]:
        """The parameters that explain the placeholders; empty ones left out, as DynamoDB asks."""
        given = {
            "ExpressionAttributeNames": {short: name for name, short in self._names.items()},
            "ExpressionAttributeValues": self._values,
        }
        return {parameter: mapping for parameter, mapping in given.items() if mapping}


@dataclass(frozen=True, slots=True)
class Exists:
    """The item has the attribute."""

    attribute: str = keys.PK

    def encode(self, placeholders: Placeholders) -> str:
        """The condition's expression."""
        return f"attribute_exists({placeholders.name(self.attribute)})"


@dataclass(frozen=True, slots=True)
class Missing:
    """The item has no such attribute, or there is no item."""

    attribute: str = keys.PK

    def encode(self, placeholders: Placeholders) -> str:
        """The condition's expression."""
        return f"attribute_not_exists({placeholders.name(self.attribute)})"


@dataclass(frozen=True, slots=True)
class Equals:
    """The attribute has the value."""

    attribute: str
    value: Value

    def encode(self, placeholders: Placeholders) -> str:
        """The condition's expression."""
        return f"{placeholders.name(self.attribute)} = {placeholders.value(self.value)}"


Condition = Exists | Missing | Equals


def same(attribute: str, value: Value | None) -> Condition:
    """The attribute is as it was read; ``None`` is not there."""
    return Missing(attribute) if value is None else Equals(attribute, value)


@dataclass(frozen=True, slots=True)
class Update:
    """Sets, removes and adds attributes of one item."""

    key: Key
    conditions: Sequence[Condition] = ()
    set: Mapping[str, Value] = field(default_factory=dict)
    remove: Sequence[str] = ()
    add: Mapping[str, int] = field(default_factory=dict)

    def encode(self, table: str) -> dict[str, Any]:
        """The action as ``TransactWriteItems`` takes it."""
        p = Placeholders()
        clauses = {
            "SET": [f"{p.name(name)} = {p.value(value)}" for name, value in self.set.items()],
            "REMOVE": [p.name(name) for name in self.remove],
            "ADD": [f"{p.name(name)} {p.value(value)}" for name, value in self.add.items()],
        }
        expression = " ".join(f"{verb} {', '.join(what)}" for verb, what in clauses.items() if what)
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
    """Deletes one item."""

    key: Key
    conditions: Sequence[Condition] = ()

    def encode(self, table: str) -> dict[str, Any]:
        """The action as ``TransactWriteItems`` takes it."""
        conditions = _conditions(self.conditions, Placeholders())
        return {"Delete": {"TableName": table, "Key": encode_key(self.key), **conditions}}


@dataclass(frozen=True, slots=True)
class Check:
    """Requires something of an item that is not written."""

    key: Key
    conditions: Sequence[Condition]

    def encode(self, table: str) -> dict[str, Any]:
        """The action as ``TransactWriteItems`` takes it."""
        conditions = _conditions(self.conditions, Placeholders())
        return {"ConditionCheck": {"TableName": table, "Key": encode_key(self.key), **conditions}}


Action = Update | Delete | Check


def _conditions(conditions: Sequence[Condition], placeholders: Placeholders) -> dict[str, Any]:
    expression = " AND ".join(condition.encode(placeholders) for condition in conditions)
    given = {"ConditionExpression": expression} if expression else {}
    return given | placeholders.attributes()
