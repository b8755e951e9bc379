"""Pushdown: the part of a filter that DynamoDB checks while it reads (docs/adr/0007).

A pushed condition is sound: it accepts every row that the filter keeps. If it is exact, it accepts
no other row, so that DynamoDB can count the matching rows. DynamoDB's logic has two values; a
comparison that a missing attribute would make true is joined with ``attribute_exists``::

    memberPolicy neq "manual"         attribute_exists(memberPolicy) AND memberPolicy <> :v; exact
    the same, and variables hasKey    the same condition; not exact
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
    """A condition for DynamoDB; ``None``: nothing to check."""

    condition: Filter | None
    exact: bool
    """True if the condition is equivalent to the filter."""


NO_CONDITION: Final = Pushed(None, exact=False)

_OPERATOR: Final = re.compile(r"AND|OR|NOT|IN|BETWEEN|attribute_|[<>=]+")
"""The operators and functions of an expression, whose names and values are placeholders."""


def pushdown(nodes: Iterable[Node], extra: Iterable[Filter] = ()) -> Pushed:
    """Return the condition of a conjunction, with as many parts as an expression can hold.

    ``extra`` are further conditions of the conjunction, which are exact.
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
        return NO_CONDITION if condition is None else Pushed(condition, exact=True)
    if isinstance(node, And):
        return pushdown(node.children)
    if isinstance(node, Or):
        parts = list(map(_pushed, node.children))
        conditions = [part.condition for part in parts if part.condition is not None]
        if not parts or len(conditions) < len(parts):
            return NO_CONDITION
        # DynamoDB refuses parentheses around parentheses, as one part alone would get.
        either = conditions[0] if len(conditions) == 1 else AnyOf(conditions)
        return Pushed(either, all(part.exact for part in parts))
    return NO_CONDITION


def _comparison(leaf: Leaf) -> Filter | None:
    """Return a comparison of a field with strings; ``None`` if DynamoDB has no such comparison."""
    comparator = OPERATORS[leaf.operator].pushdown
    if comparator is None or leaf.path or leaf.value in ((), ""):
        return None
    if comparator == "attribute_not_exists":
        return Missing(leaf.field) if leaf.value else Exists(leaf.field)
    condition = _positive(leaf, comparator)
    if condition is None:
        return None
    negated = leaf.negated or comparator == "NOT IN"
    if negated:
        condition = Not(condition)
    true_if_missing = negated or comparator == "<>"
    return All([Exists(leaf.field), condition]) if true_if_missing else condition


def _positive(leaf: Leaf, comparator: str) -> Filter | None:
    """Return a comparison without its negation; ``None`` if an expression cannot hold it."""
    name, value = leaf.field, leaf.value
    if not isinstance(value, tuple):
        return Compare(name, comparator, value)  # type: ignore[arg-type]
    if "" in value or len(value) > IN_LIMIT:
        return None
    if comparator != "BETWEEN":
        return OneOf(name, value)  # type: ignore[arg-type]
    low, high = value
    return Between(name, low, high) if low <= high else None  # type: ignore[arg-type,operator]
