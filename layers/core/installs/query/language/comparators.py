"""What a filter says of one field: a bare value, or an object of operators."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from installs.query.language.document import quoted, suggestion
from installs.query.language.literals import json_scalar, literal, text
from installs.query.language.nodes import FALSE, Node, conjunction, disjunction, leaf
from installs.query.language.operators import (
    OPERATORS,
    Argument,
    Operator,
    Scalar,
    Shape,
    find,
    json_type,
    operators_of,
    path_operators,
)
from installs.query.language.schema import Field, Kind

if TYPE_CHECKING:
    from installs.query.language.parse_context import ParseContext, Position

NOT: Final = "not"
PATH: Final = "path"

Path = tuple[str, ...]


def field_filter(
    context: ParseContext, position: Position, field: Field, given: object, *, negated: bool
) -> Node:
    """The node of a field's key in a filter."""
    if position.optional:
        field = replace(field, nullable=True)
    return _given(context, position, field, given, negated=negated, path=())


def _given(
    context: ParseContext,
    position: Position,
    field: Field,
    given: object,
    *,
    negated: bool,
    path: Path,
) -> Node:
    if isinstance(given, dict):
        return _operators(context, position, field, given, negated=negated, path=path)
    if isinstance(given, list):
        context.report(
            position, "wrong_type", "a list is not a value: for one of several, use 'in'"
        )
    elif field.kind is Kind.JSON and not path:
        context.report(position, "wrong_type", f"{field.name} takes an object with {_JSON_FORMS}")
    else:
        return _comparison(
            context, position, field, OPERATORS["eq"], given, negated=negated, path=path
        )
    return FALSE


def _operators(
    context: ParseContext,
    position: Position,
    field: Field,
    given: dict[str, object],
    *,
    negated: bool,
    path: Path,
) -> Node:
    if context.non_empty_object(position, given, "a comparison") is None:
        return FALSE
    keys = list(given)
    if field.kind is Kind.JSON and not path and PATH in given:
        keys.remove(PATH)
        path = _path(context, position.at(PATH), given[PATH])
        if len(keys) != 1:
            context.report(position, "wrong_type", "'path' stands with exactly one operator")
            return FALSE
    parts: list[Node] = []
    for key in keys:
        at = position.at(key)
        if key == NOT:
            inner = context.nested(at)
            if inner is not None:
                parts.append(
                    _given(context, inner, field, given[key], negated=not negated, path=path)
                )
            continue
        operator = _operator(context, at, field, key, path)
        if operator is not None:
            parts.append(
                _comparison(context, at, field, operator, given[key], negated=negated, path=path)
            )
    return disjunction(*parts) if negated else conjunction(*parts)


def _operator(
    context: ParseContext, position: Position, field: Field, key: str, path: Path
) -> Operator | None:
    """The operator of a key, if the field takes it."""
    allowed = path_operators() if path else operators_of(field.kind, nullable=field.nullable)
    operator = find(key)
    if operator is not None and operator.name in allowed:
        return operator
    takes = f"{field.name} takes {', '.join((*allowed, NOT))}"
    if field.kind is Kind.JSON:
        takes = f"'path' takes {', '.join((*allowed, NOT))}" if path else f"use {_JSON_FORMS}"
    if operator is None:
        detail = f"{quoted(key)} is not an operator; {takes}{suggestion(key, allowed)}"
        context.report(position, "unknown_operator", detail)
    elif operator.shape is Shape.FLAG and field.kind in operator.kinds:
        context.report(position, "operator_not_allowed", f"{field.name} is never null")
    else:
        detail = f"{quoted(key)} does not apply to {'a path' if path else field.name}; {takes}"
        context.report(position, "operator_not_allowed", detail)
    return None


def _comparison(
    context: ParseContext,
    position: Position,
    field: Field,
    operator: Operator,
    given: object,
    *,
    negated: bool,
    path: Path,
) -> Node:
    context.count_node(position)
    argument = _argument(context, position, field, operator, given, path)
    if argument is None:
        return FALSE
    return leaf(field.name, operator.name, argument, negated=negated, path=path)


def _argument(
    context: ParseContext,
    position: Position,
    field: Field,
    operator: Operator,
    given: object,
    path: Path,
) -> Argument | None:
    if operator.shape is Shape.FLAG:
        if isinstance(given, bool):
            return given
        context.report(position, "wrong_type", f"{quoted(given)} is not true or false")
        return None
    if operator.shape is Shape.KEY:
        return context.checked(position, text, given)
    if operator.shape is Shape.SCALAR:
        return _scalar(context, position, field, operator, given, path)
    entries = context.short_list(position, given, operator.shape.value)
    if entries is None:
        return None
    if operator.shape is Shape.PAIR and len(entries) != 2:
        context.report(position, "wrong_type", f"'{operator.name}' takes {operator.shape.value}")
        return None
    checked = [
        _scalar(context, position.at(index), field, operator, entry, path)
        for index, entry in enumerate(entries)
    ]
    if len({json_type(entry) for entry in checked if entry is not None}) > 1:
        context.report(position, "wrong_type", "the values of one list are of one type")
        return None
    values = tuple(entry for entry in checked if entry is not None)
    return values if len(values) == len(entries) else None


def _scalar(
    context: ParseContext,
    position: Position,
    field: Field,
    operator: Operator,
    given: object,
    path: Path,
) -> Scalar | None:
    if not path:
        return context.checked(position, partial(literal, field), given)
    checked = context.checked(position, json_scalar, given)
    kind = None if checked is None else json_type(checked)
    if kind is None or kind in operator.json_types:
        return checked
    context.report(position, "wrong_type", f"'{operator.name}' does not compare a {kind}")
    return None


def _path(context: ParseContext, position: Position, given: object) -> Path:
    """The keys of a path; where they are wrong, something that is a path all the same."""
    entries = context.short_list(position, given, "a list of keys")
    if entries is not None and not entries:
        context.report(position, "wrong_type", "a path has at least one key")
    checked = (
        context.checked(position.at(index), text, entry)
        for index, entry in enumerate(entries or ())
    )
    return tuple(entry or "" for entry in checked) or ("",)


_JSON_FORMS: Final = '{"path": ["a", "b"], "eq": 1} or {"hasKey": "a"}'
