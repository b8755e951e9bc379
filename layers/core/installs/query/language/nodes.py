"""The tree of a filter: frozen nodes, with negation at the leaves alone (docs/adr/0005).

A row is kept only if the filter is true. With NOT pushed down to the leaves, no node above them
needs a third truth value: a comparison with a null is not true in either polarity, as SQL's unknown
is neither kept nor made true by NOT::

    {"NOT": {"OR": [{"memberPolicy": "manual"}, {"solution": {"name": {"contains": "x"}}}]}}

    And(Leaf("memberPolicy", "neq", "manual"),
        ToOne("solution", Leaf("name", "contains", "x", negated=True)))
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from installs.query.language.operators import OPERATORS, Argument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Quantifier(StrEnum):
    """The number of related rows for which the inner filter has to be true."""

    SOME = "some"
    EVERY = "every"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A comparison of a field, or of a value inside its JSON, with an argument.

    ``negated`` is used only if no operator has the opposite meaning (``Operator.inverse``).
    """

    field: str
    operator: str
    value: Argument
    negated: bool = False
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class And:
    """A conjunction; true if it has no children."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """A disjunction; false if it has no children."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ToOne:
    """A filter on the related row; if there is none, all its fields are null (left join)."""

    relation: str
    inner: Node


@dataclass(frozen=True, slots=True)
class ToMany:
    """A filter on related rows: true or false, never unknown (SQL's EXISTS).

    - ``some``: the inner filter is true for at least one row.
    - ``none``: it is true for no row.
    - ``every``: it is true for all rows, also if there are none.
    - ``every``, ``negated``: at least one row fails it; no other quantifier is negated.
    """

    relation: str
    quantifier: Quantifier
    inner: Node
    negated: bool = False

    @property
    def with_deleted(self) -> bool:
        """True if deleted related rows count: the inner filter constrains deletion."""
        return constrains_deletion(self.inner)


Node = Leaf | And | Or | ToOne | ToMany

TRUE: Final = And(())
FALSE: Final = Or(())


def comparison(
    field: str,
    operator: str,
    value: Argument,
    *,
    negated: bool = False,
    path: tuple[str, ...] = (),
) -> Leaf:
    """Return a comparison in normal form.

    A negation becomes the inverse operator if there is one; repeated values of a list are dropped,
    and a list of one value becomes ``eq`` or ``neq``.
    """
    if operator == "isNull":
        return Leaf(field, operator, bool(value) != negated, path=path)
    inverse = OPERATORS[operator].inverse
    if negated and inverse is not None:
        operator, negated = inverse, False
    if operator in ("in", "nin") and isinstance(value, tuple):
        value = tuple(dict.fromkeys(value))
        if len(value) == 1:
            operator, value = ("eq" if operator == "in" else "neq"), value[0]
    return Leaf(field, operator, value, negated, path)


def conjunction(*nodes: Node) -> Node:
    """Return the conjunction of nodes, flat; of a single node, the node; of none, ``TRUE``."""
    return _combined(And, nodes)


def disjunction(*nodes: Node) -> Node:
    """Return the disjunction of nodes, flat; of a single node, the node; of none, ``FALSE``."""
    return _combined(Or, nodes)


def _combined(kind: type[And | Or], nodes: Iterable[Node]) -> Node:
    children: list[Node] = []
    for node in nodes:
        if isinstance(node, kind):
            children.extend(node.children)
        else:
            children.append(node)
    return children[0] if len(children) == 1 else kind(tuple(children))


def leaves(node: Node) -> Iterator[Leaf]:
    """Yield the comparisons of the row's own fields, not those inside relations."""
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, And | Or):
        for child in node.children:
            yield from leaves(child)


def relation_filters(node: Node) -> Iterator[ToOne | ToMany]:
    """Yield the filters on related rows, not those inside them."""
    if isinstance(node, ToOne | ToMany):
        yield node
    elif isinstance(node, And | Or):
        for child in node.children:
            yield from relation_filters(child)


def constrains_deletion(node: Node) -> bool:
    """Return True if the filter compares the row's own ``deletedAt`` or ``retentionTier``.

    An empty list does not compare: with it, ``in`` is always false and ``nin`` always true.
    """
    return any(
        leaf.field in ("deletedAt", "retentionTier") and leaf.value != () for leaf in leaves(node)
    )


def referenced_fields(node: Node) -> frozenset[str]:
    """Return the row's own fields that the filter reads."""
    return frozenset(leaf.field for leaf in leaves(node))


@dataclass(frozen=True, slots=True)
class Projection:
    """The fields of one relation's rows that a filter reads, wherever it names the relation."""

    fields: frozenset[str]
    with_deleted: bool
    """True if deleted rows count somewhere in the filter; the predicate knows where."""
    relations: Mapping[str, Projection]


def related_projections(node: Node) -> Mapping[str, Projection]:
    """Return the fields that the filter reads of related rows, by relation."""
    inner: dict[str, list[ToOne | ToMany]] = {}
    for related in relation_filters(node):
        inner.setdefault(related.relation, []).append(related)
    return {name: _projection(mentions) for name, mentions in inner.items()}


def _projection(mentions: list[ToOne | ToMany]) -> Projection:
    together = And(tuple(mention.inner for mention in mentions))
    return Projection(
        referenced_fields(together),
        any(isinstance(mention, ToMany) and mention.with_deleted for mention in mentions),
        related_projections(together),
    )


def canonical(node: Node) -> str:
    """Return a text that is the same for equal filters, however they were written.

    Order and repetition in AND, OR and lists do not matter, nor do aliases and bare scalars.
    """
    if isinstance(node, Leaf):
        value: object = node.value
        if node.operator in ("in", "nin") and isinstance(node.value, tuple):
            value = sorted(node.value, key=json.dumps)
        return json.dumps([node.field, node.path, node.operator, node.negated, value])
    if isinstance(node, ToOne):
        return f'{{"{node.relation}":{canonical(node.inner)}}}'
    if isinstance(node, ToMany):
        word = f"{'not ' if node.negated else ''}{node.quantifier}"
        return f'{{"{node.relation} {word}":{canonical(node.inner)}}}'
    word = "and" if isinstance(node, And) else "or"
    children = sorted({canonical(child) for child in node.children})
    return children[0] if len(children) == 1 else f'{{"{word}":[{",".join(children)}]}}'
