"""Constraints that a filter implies: values, dates and states that every matching row has.

They say where matching rows can be. Other rows can meet them too, so the filter is still evaluated
on each row::

    {"workspaceId": "wsp_1", "OR": [{"integrationId": "itg_1"}, {"integrationId": "itg_2"}],
     "installedAt": {"gte": "2026-01-01T00:00:00.000Z"}, "deletedAt": {"isNull": true}}

    values          workspaceId: wsp_1; integrationId: itg_1 or itg_2
    installed_from  2026-01-01T00:00:00.000Z
    states          live
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
_DELETED_ONLY: Final = ("deletedAt", "retentionTier")
"""Fields that only a deleted row has."""


@dataclass(frozen=True, slots=True)
class Constraints:
    """Conditions that every matching row meets."""

    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By field: the row's value is one of these."""
    installed_from: str | None = None
    """The earliest ``installedAt``."""
    installed_until: str | None = None
    """The latest ``installedAt``."""
    states: frozenset[State] = BOTH

    @property
    def unsatisfiable(self) -> bool:
        """True if no row can meet the constraints."""
        earliest, latest = self.installed_from, self.installed_until
        crossed = earliest is not None and latest is not None and earliest > latest
        return crossed or not self.states or not all(self.values.values())

    def constants(self) -> Mapping[str, str]:
        """Return the fields that have the same value in every row."""
        return {
            name: next(iter(values)) for name, values in self.values.items() if len(values) == 1
        }


ANYTHING: Final = Constraints()
UNSATISFIABLE: Final = Constraints(states=frozenset())


def implied_constraints(node: Node) -> Constraints:
    """Return the constraints that a filter on installs implies."""
    if isinstance(node, And):
        return reduce(_both, map(implied_constraints, node.children), ANYTHING)
    if isinstance(node, Or):
        branches = map(implied_constraints, node.children)
        satisfiable = [branch for branch in branches if not branch.unsatisfiable]
        return reduce(_either, satisfiable) if satisfiable else UNSATISFIABLE
    if isinstance(node, Leaf):
        return _of_leaf(node)
    return _of_relation(node)


def simplify(node: Node) -> Node:
    """Return the filter without the parts that are always true or always false."""
    if isinstance(node, Leaf):
        constant = _constant(node)
        return node if constant is None else TRUE if constant else FALSE
    if not isinstance(node, And | Or):
        return node
    is_and = isinstance(node, And)
    joined, absorbing = (conjunction, FALSE) if is_and else (disjunction, TRUE)
    neutral = TRUE if is_and else FALSE
    children = [part for part in map(simplify, node.children) if part != neutral]
    return absorbing if absorbing in children else joined(*children)


def conjuncts(node: Node) -> tuple[Node, ...]:
    """Return the parts of a conjunction; any other filter is its own only part."""
    return node.children if isinstance(node, And) else (node,)


def _constant(leaf: Leaf) -> bool | None:
    """Return the value of a comparison that is the same for every row; ``None`` for others."""
    if leaf.value == ():
        return leaf.operator == "nin"
    if leaf.operator == "between" and not leaf.negated and isinstance(leaf.value, tuple):
        low, high = leaf.value
        return False if low > high else None  # type: ignore[operator]
    return None


def _of_leaf(leaf: Leaf) -> Constraints:
    constant = _constant(leaf)
    if constant is not None:
        return ANYTHING if constant else UNSATISFIABLE
    if leaf.path or leaf.operator == "hasKey":
        return ANYTHING
    if leaf.field == _INSTALLED:
        return _of_date(leaf)
    equality = leaf.operator in ("eq", "in") and not leaf.negated
    values = {leaf.field: frozenset(_strings(leaf))} if equality else {}
    return Constraints(values, states=_states(leaf))


def _states(leaf: Leaf) -> frozenset[State]:
    """Return the states that a row can have for which a comparison is true."""
    if leaf.field not in _DELETED_ONLY:
        return BOTH
    if leaf.operator != "isNull" or leaf.value is False:
        return frozenset({State.DELETED})
    return frozenset({State.LIVE}) if leaf.field == "deletedAt" else BOTH


def _of_date(leaf: Leaf) -> Constraints:
    """Return bounds of ``installedAt``; strict comparisons give inclusive bounds."""
    if leaf.negated or leaf.operator in ("neq", "nin", "isNull"):
        # On a parent (ToOne), isNull is true if there is none: its branch of an Or is satisfiable.
        return ANYTHING
    values = list(_strings(leaf))
    earliest, latest = min(values), max(values)
    return Constraints(
        installed_from=None if leaf.operator in ("lt", "lte") else earliest,
        installed_until=None if leaf.operator in ("gt", "gte") else latest,
    )


def _strings(leaf: Leaf) -> Iterator[str]:
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    return (value for value in values if isinstance(value, str))


def _of_relation(node: ToOne | ToMany) -> Constraints:
    """Return the constraint on the install's foreign key, where the related row's id is known."""
    if isinstance(node, ToMany):
        return ANYTHING
    relation = INSTALL.relations.get(node.relation)
    ids = implied_constraints(node.inner).values.get("id")
    return ANYTHING if relation is None or ids is None else Constraints({relation.foreign_key: ids})


def _both(left: Constraints, right: Constraints) -> Constraints:
    values = dict(left.values)
    for name, allowed in right.values.items():
        values[name] = values[name] & allowed if name in values else allowed
    return Constraints(
        values,
        _tightest(max, left.installed_from, right.installed_from),
        _tightest(min, left.installed_until, right.installed_until),
        left.states & right.states,
    )


def _either(left: Constraints, right: Constraints) -> Constraints:
    shared = left.values.keys() & right.values.keys()
    return Constraints(
        {name: left.values[name] | right.values[name] for name in shared},
        _loosest(min, left.installed_from, right.installed_from),
        _loosest(max, left.installed_until, right.installed_until),
        left.states | right.states,
    )


def _tightest(choose: Callable[[Iterable[str]], str], *bounds: str | None) -> str | None:
    known = [bound for bound in bounds if bound is not None]
    return choose(known) if known else None


def _loosest(choose: Callable[[Iterable[str]], str], *bounds: str | None) -> str | None:
    known = [bound for bound in bounds if bound is not None]
    return choose(known) if len(known) == len(bounds) else None
