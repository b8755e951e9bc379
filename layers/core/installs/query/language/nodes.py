"""The filter as a tree of frozen nodes, in which NOT stands at the leaves alone.

A row is kept only where the filter is true. With NOT pushed to the leaves, ``And`` and ``Or`` are
true by what of theirs is true, so that nothing above a leaf needs a third truth value: a leaf over
a null is not true in either polarity, as SQL's unknown is neither kept nor turned into true by NOT.
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
    """Of how many related rows the inner filter has to be true."""

    SOME = "some"
    EVERY = "every"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field, or a place in its JSON, compared with an argument.

    ``negated`` only where no operator says the opposite (``Operator.inverse``).
    """

    field: str
    operator: str
    value: Argument
    negated: bool = False
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class And:
    """All of them; true if there are none."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them; false if there are none."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ToOne:
    """A filter on the related row; where there is none, every field of it is null (left join)."""

    relation: str
    inner: Node


@dataclass(frozen=True, slots=True)
class ToMany:
    """A filter on related rows: true or false, never unknown (SQL's EXISTS).

    some: there is a row of which the inner filter is true; none: there is not; every: there is no
    row of which it is not true, and ``negated`` (of ``every`` alone): there is one.
    """

    relation: str
    quantifier: Quantifier
    inner: Node
    negated: bool = False

    @property
    def with_deleted(self) -> bool:
        """Whether deleted related rows count: only if the inner filter constrains deletedAt."""
        return constrains(self.inner, "deletedAt")


Node = Leaf | And | Or | ToOne | ToMany

TRUE: Final = And(())
FALSE: Final = Or(())


def leaf(
    field: str,
    operator: str,
    value: Argument,
    *,
    negated: bool = False,
    path: tuple[str, ...] = (),
) -> Leaf:
    """A comparison in its one normal form.

    A negation becomes the inverse operator where there is one, the values of a list stand once
    each, and a list of one value is ``eq`` or ``neq``.
    """
    if operator == "isNull":
        return Leaf(field, operator, bool(value) is not negated, path=path)
    inverse = OPERATORS[operator].inverse
    if negated and inverse is not None:
        operator, negated = inverse, False
    if operator in ("in", "nin") and isinstance(value, tuple):
        value = tuple(dict.fromkeys(value))
        if len(value) == 1:
            operator, value = ("eq" if operator == "in" else "neq"), value[0]
    return Leaf(field, operator, value, negated, path)


def conjunction(*nodes: Node) -> Node:
    """All of the nodes, flat; a single one is itself, none is ``TRUE``."""
    return _joined(And, nodes)


def disjunction(*nodes: Node) -> Node:
    """At least one of the nodes, flat; a single one is itself, none is ``FALSE``."""
    return _joined(Or, nodes)


def _joined(kind: type[And | Or], nodes: Iterable[Node]) -> Node:
    children: list[Node] = []
    for node in nodes:
        if isinstance(node, kind):
            children.extend(node.children)
        else:
            children.append(node)
    return children[0] if len(children) == 1 else kind(tuple(children))


def leaves(node: Node) -> Iterator[Leaf]:
    """The comparisons of the row's own fields, not those inside relations."""
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, And | Or):
        for child in node.children:
            yield from leaves(child)


def relation_filters(node: Node) -> Iterator[ToOne | ToMany]:
    """The relations of the row itself, not those inside relations."""
    if isinstance(node, ToOne | ToMany):
        yield node
    elif isinstance(node, And | Or):
        for child in node.children:
            yield from relation_filters(child)


def constrains(node: Node, field: str) -> bool:
    """Whether the filter mentions the row's own field anywhere (not inside relations)."""
    return any(found.field == field for found in leaves(node))


def referenced_fields(node: Node) -> frozenset[str]:
    """The row's own fields that the filter reads."""
    return frozenset(found.field for found in leaves(node))


@dataclass(frozen=True, slots=True)
class Projection:
    """What a filter reads of the rows behind one relation, all its mentions taken together."""

    fields: frozenset[str]
    with_deleted: bool
    """Whether some mention (to-many) counts deleted rows; the evaluator sorts out which."""
    relations: Mapping[str, Projection]


def related_projections(node: Node) -> Mapping[str, Projection]:
    """What the filter reads of related rows, by relation; empty if it reads none."""
    inner: dict[str, list[ToOne | ToMany]] = {}
    for found in relation_filters(node):
        inner.setdefault(found.relation, []).append(found)
    return {name: _projection(mentions) for name, mentions in inner.items()}


def _projection(mentions: list[ToOne | ToMany]) -> Projection:
    together = And(tuple(mention.inner for mention in mentions))
    return Projection(
        referenced_fields(together),
        any(isinstance(mention, ToMany) and mention.with_deleted for mention in mentions),
        related_projections(together),
    )


def canonical(node: Node) -> str:
    """A text that is the same for the same query, however it was written.

    Order and repetition within AND, OR and lists do not matter, nor do aliases or bare scalars.
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
