"""Predicates: the tree of a filter, compiled once per query to a function of rows.

A row is kept only if the filter is true. Since negation is at the leaves alone, booleans suffice: a
comparison with a null is false in either polarity (CONTRACT.md section 2, SQL's null logic)::

    matches = compile_filter(Leaf("memberPolicy", "neq", "manual"))
    matches({"memberPolicy": "auto_all"})   True
    matches({})                             False
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

from installs.nesting import nested_beyond
from installs.query.language.nodes import And, Leaf, Node, Or, Quantifier, ToMany, ToOne
from installs.query.language.operators import OPERATORS, json_type
from installs.query.language.schema import Row

Predicate = Callable[[Row], bool]

_ABSENT: Final[Row] = {}


def compile_filter(node: Node) -> Predicate:
    """Return the predicate of a filter.

    A row has its related rows under the relations' names: to one, a row or ``None``; to many, a
    sequence, with deleted rows if they count anywhere in the filter.
    """
    return _compile(node, _Decoder())


class _Decoder:
    """A decoder of JSON text that caches the last one: comparisons of a row share it."""

    __slots__ = ("_text", "_value")

    def __init__(self) -> None:
        self._text: object = None
        self._value: object = None

    def __call__(self, text: object) -> object:
        if text is not self._text:
            self._text = text
            try:
                self._value = _decoded(cast("str", text))
            except ValueError:
                self._value = None
        return self._value


def _no_number(_: str) -> None:
    """Decode NaN and the infinities, which JSON does not have, as null."""


_JSON: Final = json.JSONDecoder(parse_constant=_no_number)


def _decoded(text: str) -> object:
    return None if nested_beyond(text) else _JSON.decode(text)


def _compile(node: Node, decoder: _Decoder) -> Predicate:
    if isinstance(node, Leaf):
        return _leaf(node, decoder)
    if isinstance(node, And):
        return _all(tuple(_compile(child, decoder) for child in node.children))
    if isinstance(node, Or):
        return _any(tuple(_compile(child, decoder) for child in node.children))
    if isinstance(node, ToOne):
        return _related(node.relation, _compile(node.inner, decoder))
    return _many(node, _compile(node.inner, decoder))


def _all(children: tuple[Predicate, ...]) -> Predicate:
    def predicate(row: Row) -> bool:
        for child in children:  # noqa: SIM110 - all() would make a generator for every row
            if not child(row):
                return False
        return True

    return predicate


def _any(children: tuple[Predicate, ...]) -> Predicate:
    def predicate(row: Row) -> bool:
        for child in children:  # noqa: SIM110 - any() would make a generator for every row
            if child(row):
                return True
        return False

    return predicate


def _related(relation: str, inner: Predicate) -> Predicate:
    def predicate(row: Row) -> bool:
        return inner(cast("Row", row.get(relation) or _ABSENT))

    return predicate


def _many(node: ToMany, inner: Predicate) -> Predicate:
    relation, with_deleted = node.relation, node.with_deleted
    # Each quantifier looks for a row for which the inner filter is true (some, none) or not true
    # (every), and returns the result or its opposite.
    sought = node.quantifier is not Quantifier.EVERY
    answer = node.quantifier is Quantifier.SOME or node.negated

    def predicate(row: Row) -> bool:
        for related in cast("Sequence[Row]", row.get(relation) or ()):
            if (with_deleted or related.get("deletedAt") is None) and inner(related) == sought:
                return answer
        return not answer

    return predicate


def _leaf(leaf: Leaf, decoder: _Decoder) -> Predicate:
    if leaf.value == ():
        answer = leaf.operator == "nin"
        return lambda _: answer
    if leaf.operator == "hasKey":
        return _has_key(leaf, decoder)
    if leaf.path:
        return _json_leaf(leaf, decoder)
    field = leaf.field
    if leaf.operator == "isNull":
        absent = leaf.value is True
        return lambda row: (row.get(field) is None) == absent
    test = OPERATORS[leaf.operator].bind(leaf.value)
    if leaf.negated:
        return lambda row: (value := row.get(field)) is not None and not test(value)
    return lambda row: (value := row.get(field)) is not None and test(value)


def _has_key(leaf: Leaf, decoder: _Decoder) -> Predicate:
    value_of, key, wanted = _json_value(leaf, decoder), leaf.value, not leaf.negated

    def predicate(row: Row) -> bool:
        value = value_of(row)
        return value is not None and (isinstance(value, dict) and key in value) == wanted

    return predicate


def _json_leaf(leaf: Leaf, decoder: _Decoder) -> Predicate:
    """Return the predicate of a comparison after ``path``.

    Values of different types do not compare: the result is unknown, as for a null.
    """
    value_of, negated = _json_value(leaf, decoder), leaf.negated
    if leaf.operator == "isNull":
        absent = leaf.value is True
        return lambda row: (value_of(row) is None) == absent
    first = leaf.value[0] if isinstance(leaf.value, tuple) else leaf.value
    expected = json_type(first)
    test = OPERATORS[leaf.operator].bind(leaf.value)

    def predicate(row: Row) -> bool:
        value = value_of(row)
        return json_type(value) is expected and test(value) != negated

    return predicate


def _json_value(leaf: Leaf, decoder: _Decoder) -> Callable[[Row], object]:
    """Return the function from a row to the value at the path in its JSON."""
    field, path = leaf.field, leaf.path

    def value_of(row: Row) -> object:
        text = row.get(field)
        return None if text is None else _value_at(decoder(text), path)

    return value_of


def _value_at(value: object, path: tuple[str, ...]) -> object:
    """Return the value at a path; ``None`` if there is none."""
    for key in path:
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and _is_index(key) and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def _is_index(key: str) -> bool:
    """Return True for a short decimal number without leading zeros."""
    return key.isascii() and key.isdecimal() and len(key) < 10 and (key == "0" or key[0] != "0")
