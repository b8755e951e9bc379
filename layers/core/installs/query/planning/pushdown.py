"""What of a filter DynamoDB can check itself while it reads (docs/adr/0007).

A pushed condition is sound: whatever the filter keeps, it lets pass. Where it is exact, it lets
nothing else pass, so that rows may be counted without being read. DynamoDB's logic has two values,
so a comparison that a missing attribute would make true stands beside ``attribute_exists``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from installs.query.language.nodes import And, Leaf, Node, Or
from installs.query.language.operators import OPERATORS
from installs.store.expressions import Exists, Missing, Placeholders
from installs.store.filters import (
    IN_LIMIT,
    MAX_BYTES,
    MAX_OPERATORS,
    All,
    AnyOf,
    Between,
    Compare,
    Filter,
    Not,
    OneOf,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Pushed:
    """A condition for DynamoDB (``None``: nothing to check), and whether it is the filter."""

    condition: Filter | None
    exact: bool


NOTHING: Final = Pushed(None, exact=False)

_OPERATOR: Final = re.compile(r"AND|OR|NOT|IN|BETWEEN|attribute_|[<>=]+")
"""Operators and functions of an expression; names and values are placeholders."""


def pushdown(nodes: Iterable[Node], extra: Iterable[Filter] = ()) -> Pushed:
    """The condition of filters all of which must be true, as many of them as one can hold.

    ``extra`` are conditions that stand beside them; they are exact.
    """
    conditions = list(extra)
    exact = True
    for node in nodes:
        pushed = _pushed(node)
        exact = exact and pushed.exact
        if pushed.condition is None:
            continue
        if _fits([*conditions, pushed.condition]):
            conditions.append(pushed.condition)
        else:
            exact = False
    return Pushed(_all(conditions), exact)


def _fits(conditions: list[Filter]) -> bool:
    text = All(conditions).encode(Placeholders())
    return len(text) <= MAX_BYTES and len(_OPERATOR.findall(text)) <= MAX_OPERATORS


def _all(conditions: list[Filter]) -> Filter | None:
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    return All(conditions)


def _pushed(node: Node) -> Pushed:
    if isinstance(node, Leaf):
        condition = _comparison(node)
        return NOTHING if condition is None else Pushed(condition, exact=True)
    if isinstance(node, And):
        return pushdown(node.children)
    if isinstance(node, Or):
        parts = list(map(_pushed, node.children))
        conditions = [part.condition for part in parts if part.condition is not None]
        if not parts or len(conditions) < len(parts):
            return NOTHING
        # DynamoDB refuses parentheses around parentheses, as one part alone would get.
        either = conditions[0] if len(conditions) == 1 else AnyOf(conditions)
        return Pushed(either, all(part.exact for part in parts))
    return NOTHING


def _comparison(leaf: Leaf) -> Filter | None:
    """A comparison of a field with strings; ``None`` where DynamoDB has no such comparison."""
    comparator = OPERATORS[leaf.operator].pushdown
    if comparator is None or leaf.path or leaf.value in ((), ""):
        return None
    name, value = leaf.field, leaf.value
    if comparator == "attribute_not_exists":
        return Missing(name) if value else Exists(name)
    if not isinstance(value, tuple):
        plain: Filter = Compare(name, comparator, value)  # type: ignore[arg-type]
        needs_value = leaf.negated or comparator == "<>"
    elif "" in value or len(value) > IN_LIMIT:
        return None
    elif comparator == "BETWEEN":
        if value[0] > value[1]:  # type: ignore[operator]
            return None
        plain = Between(name, *value)  # type: ignore[arg-type]
        needs_value = leaf.negated
    else:
        plain = OneOf(name, value)  # type: ignore[arg-type]
        if comparator == "NOT IN":
            plain = Not(plain)
        needs_value = leaf.negated or comparator == "NOT IN"
    if leaf.negated:
        plain = Not(plain)
    return All([Exists(name), plain]) if needs_value else plain
