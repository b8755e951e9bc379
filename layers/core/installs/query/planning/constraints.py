"""What must hold of an install for a filter to be true: what narrows where to look for it.

Necessary, not sufficient: the filter is evaluated on each row all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Final

from installs.query.language.nodes import (
    FALSE,
    TRUE,
    And,
    Leaf,
    Node,
    Or,
    ToMany,
    ToOne,
    conjunction,
    disjunction,
)
from installs.query.language.schema import INSTALL
from installs.store.keys import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

BOTH: Final = frozenset(State)

_INSTALLED: Final = "installedAt"
_TELLS_STATE: Final = ("deletedAt", "retentionTier")
"""Fields that only a deleted row has."""


@dataclass(frozen=True, slots=True)
class Constraints:
    """Every row for which the filter is true has these values, dates and states."""

    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Of a field, the values one of which it has."""
    installed_from: str | None = None
    """The earliest ``installedAt``."""
    installed_until: str | None = None
    """The latest ``installedAt``."""
    states: frozenset[State] = BOTH

    @property
    def unsatisfiable(self) -> bool:
        """Whether no row can be like that."""
        crossed = (
            self.installed_from is not None
            and self.installed_until is not None
            and self.installed_from > self.installed_until
        )
        return crossed or not self.states or not all(self.values.values())

    def constants(self) -> Mapping[str, str]:
        """The fields that have one and the same value in every such row."""
        return {name: next(iter(some)) for name, some in self.values.items() if len(some) == 1}


ANYTHING: Final = Constraints()
NOTHING: Final = Constraints(states=frozenset())


def implied_constraints(node: Node) -> Constraints:
    """What must hold for a filter on installs."""
    if isinstance(node, And):
        return reduce(_both, map(implied_constraints, node.children), ANYTHING)
    if isinstance(node, Or):
        possible = [
            part for part in map(implied_constraints, node.children) if not part.unsatisfiable
        ]
        return reduce(_either, possible) if possible else NOTHING
    if isinstance(node, Leaf):
        return _of_leaf(node)
    return _of_relation(node)


def simplify(node: Node) -> Node:
    """The filter without parts that are always true or never."""
    if isinstance(node, Leaf):
        constant = _constant(node)
        return node if constant is None else TRUE if constant else FALSE
    if not isinstance(node, And | Or):
        return node
    all_of = isinstance(node, And)
    joined, end = (conjunction, FALSE) if all_of else (disjunction, TRUE)
    nothing = TRUE if all_of else FALSE
    children = [part for part in map(simplify, node.children) if part != nothing]
    return end if end in children else joined(*children)


def conjuncts(node: Node) -> tuple[Node, ...]:
    """The filters all of which must be true."""
    return node.children if isinstance(node, And) else (node,)


def _constant(leaf: Leaf) -> bool | None:
    """The answer of a comparison that is the same for every row; ``None`` where there is none."""
    if leaf.value == ():
        return leaf.operator == "nin"
    if leaf.operator == "between" and not leaf.negated and isinstance(leaf.value, tuple):
        low, high = leaf.value
        return False if low > high else None  # type: ignore[operator]
    return None


def _of_leaf(leaf: Leaf) -> Constraints:
    constant = _constant(leaf)
    if constant is not None:
        return ANYTHING if constant else NOTHING
    if leaf.path or leaf.operator == "hasKey":
        return ANYTHING
    states = BOTH
    if leaf.field in _TELLS_STATE:
        if leaf.operator != "isNull" or leaf.value is False:
            states = frozenset({State.DELETED})
        elif leaf.field == "deletedAt":
            states = frozenset({State.LIVE})
    if leaf.field == _INSTALLED:
        return _of_date(leaf)
    values = set(_values(leaf)) if leaf.operator in ("eq", "in") and not leaf.negated else None
    given = {} if values is None else {leaf.field: frozenset(values)}
    return Constraints(given, states=states)


def _of_date(leaf: Leaf) -> Constraints:
    """Bounds may hold a moment more than the filter does."""
    if leaf.negated or leaf.operator in ("neq", "nin", "isNull"):
        return ANYTHING  # of a related row that is not there, every date is null
    values = list(_values(leaf))
    low, high = min(values), max(values)
    return Constraints(
        installed_from=None if leaf.operator in ("lt", "lte") else low,
        installed_until=None if leaf.operator in ("gt", "gte") else high,
    )


def _values(leaf: Leaf) -> Iterator[str]:
    given = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    return (value for value in given if isinstance(value, str))


def _of_relation(node: ToOne | ToMany) -> Constraints:
    """A related row of certain ids is one that the install's own field names."""
    if isinstance(node, ToMany):
        return ANYTHING
    relation = INSTALL.relations.get(node.relation)
    ids = implied_constraints(node.inner).values.get("id")
    return ANYTHING if relation is None or ids is None else Constraints({relation.key: ids})


def _both(one: Constraints, other: Constraints) -> Constraints:
    values = dict(one.values)
    for name, some in other.values.items():
        values[name] = values[name] & some if name in values else some
    return Constraints(
        values,
        _chosen(max, one.installed_from, other.installed_from),
        _chosen(min, one.installed_until, other.installed_until),
        one.states & other.states,
    )


def _either(one: Constraints, other: Constraints) -> Constraints:
    return Constraints(
        {
            name: some | other.values[name]
            for name, some in one.values.items()
            if name in other.values
        },
        None
        if one.installed_from is None or other.installed_from is None
        else min(one.installed_from, other.installed_from),
        None
        if one.installed_until is None or other.installed_until is None
        else max(one.installed_until, other.installed_until),
        one.states | other.states,
    )


def _chosen(choose: Callable[[Iterable[str]], str], *bounds: str | None) -> str | None:
    given = [bound for bound in bounds if bound is not None]
    return choose(given) if given else None
