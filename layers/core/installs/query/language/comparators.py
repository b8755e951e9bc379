"""Comparators: the filter of one field, a bare value or an object of operators.

::

    "memberPolicy": "manual"                     memberPolicy eq "manual"
    "installedAt": {"gte": "2026-01-01T00:00:00Z", "lt": "2026-02-01T00:00:00Z"}
                                                 And(installedAt gte ..., installedAt lt ...)
    "variables": {"path": ["a", "b"], "gt": 3}   variables.a.b gt 3
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from installs.query.language.document import quoted, suggestion
from installs.query.language.literals import json_scalar, literal, text
from installs.query.language.nodes import FALSE, Node, comparison, conjunction, disjunction
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
    from installs.query.language.parse_context import Location, ParseContext

NOT: Final = "not"
PATH: Final = "path"

_JSON_FORMS: Final = '{"path": ["a", "b"], "eq": 1} or {"hasKey": "a"}'


def field_filter(
    context: ParseContext, location: Location, field: Field, value: object, *, negated: bool
) -> Node:
    """Return the node of a field's key in a filter."""
    if location.optional:
        field = replace(field, nullable=True)
    return _FieldParser(context, field, negated).comparisons(location, value)


@dataclass(frozen=True, slots=True)
class _FieldParser:
    """The parser of what a filter says of one field, or of a value inside its JSON."""

    context: ParseContext
    field: Field
    negated: bool
    path: tuple[str, ...] = ()

    def comparisons(self, location: Location, value: object) -> Node:
        """Return the node of a bare value or an object of operators."""
        if isinstance(value, dict):
            return self._of_object(location, value)
        if isinstance(value, list):
            detail = "a list is not a value: for one of several, use 'in'"
            self.context.report(location, "wrong_type", detail)
        elif self.field.kind is Kind.JSON and not self.path:
            detail = f"{self.field.name} takes an object with {_JSON_FORMS}"
            self.context.report(location, "wrong_type", detail)
        else:
            return self._comparison(location, OPERATORS["eq"], value)
        return FALSE

    def _of_object(self, location: Location, value: dict[str, object]) -> Node:
        if self.context.non_empty_object(location, value, "a comparison") is None:
            return FALSE
        if self.field.kind is Kind.JSON and not self.path and PATH in value:
            return self._of_path(location, value)
        return self._of_operators(location, value)

    def _of_path(self, location: Location, value: dict[str, object]) -> Node:
        path = self._checked_path(location.at(PATH), value[PATH])
        operators = {key: argument for key, argument in value.items() if key != PATH}
        if len(operators) != 1:
            self.context.report(location, "wrong_type", "'path' takes exactly one operator with it")
            return FALSE
        return replace(self, path=path)._of_operators(location, operators)

    def _of_operators(self, location: Location, operators: dict[str, object]) -> Node:
        parts: list[Node] = []
        for key, argument in operators.items():
            at = location.at(key)
            if key == NOT:
                inner = self.context.nested(at)
                if inner is not None:
                    opposite = replace(self, negated=not self.negated)
                    parts.append(opposite.comparisons(inner, argument))
                continue
            operator = self._operator(at, key)
            if operator is not None:
                parts.append(self._comparison(at, operator, argument))
        return disjunction(*parts) if self.negated else conjunction(*parts)

    def _operator(self, location: Location, key: str) -> Operator | None:
        """Return the operator of a key; ``None`` if the field does not take it."""
        field, path = self.field, self.path
        allowed = path_operators() if path else operators_of(field.kind, nullable=field.nullable)
        operator = find(key)
        if operator is not None and operator.name in allowed:
            return operator
        takes = f"{field.name} takes {', '.join((*allowed, NOT))}"
        if field.kind is Kind.JSON:
            takes = f"'path' takes {', '.join((*allowed, NOT))}" if path else f"use {_JSON_FORMS}"
        if operator is None:
            detail = f"{quoted(key)} is not an operator; {takes}{suggestion(key, allowed)}"
            self.context.report(location, "unknown_operator", detail)
        elif operator.shape is Shape.FLAG and field.kind in operator.kinds:
            self.context.report(location, "operator_not_allowed", f"{field.name} is never null")
        else:
            detail = f"{quoted(key)} does not apply to {'a path' if path else field.name}; {takes}"
            self.context.report(location, "operator_not_allowed", detail)
        return None

    def _comparison(self, location: Location, operator: Operator, value: object) -> Node:
        self.context.count_node(location)
        argument = self._argument(location, operator, value)
        if argument is None:
            return FALSE
        return comparison(
            self.field.name, operator.name, argument, negated=self.negated, path=self.path
        )

    def _argument(self, location: Location, operator: Operator, value: object) -> Argument | None:
        """Return the argument in the shape that the operator takes; ``None`` if it is refused."""
        match operator.shape:
            case Shape.FLAG:
                return self._flag(location, value)
            case Shape.KEY:
                return self.context.checked(location, text, value)
            case Shape.SCALAR:
                return self._scalar(location, operator, value)
            case Shape.LIST | Shape.PAIR:
                return self._list(location, operator, value)

    def _flag(self, location: Location, value: object) -> bool | None:
        if isinstance(value, bool):
            return value
        self.context.report(location, "wrong_type", f"{quoted(value)} is not true or false")
        return None

    def _list(
        self, location: Location, operator: Operator, value: object
    ) -> tuple[Scalar, ...] | None:
        entries = self.context.short_list(location, value, operator.shape.value)
        if entries is None:
            return None
        if operator.shape is Shape.PAIR and len(entries) != 2:
            detail = f"'{operator.name}' takes {operator.shape.value}"
            self.context.report(location, "wrong_type", detail)
            return None
        checked = [
            self._scalar(location.at(index), operator, entry) for index, entry in enumerate(entries)
        ]
        values = tuple(entry for entry in checked if entry is not None)
        if len(set(map(json_type, values))) > 1:
            self.context.report(location, "wrong_type", "the values of one list are of one type")
            return None
        return values if len(values) == len(entries) else None

    def _scalar(self, location: Location, operator: Operator, value: object) -> Scalar | None:
        if not self.path:
            return self.context.checked(location, partial(literal, self.field), value)
        scalar = self.context.checked(location, json_scalar, value)
        kind = None if scalar is None else json_type(scalar)
        if kind is None or kind in operator.json_types:
            return scalar
        detail = f"'{operator.name}' does not compare a {kind}"
        self.context.report(location, "wrong_type", detail)
        return None

    def _checked_path(self, location: Location, value: object) -> tuple[str, ...]:
        """Return the keys of a path; if they are refused, another path, so that parsing goes on."""
        entries = self.context.short_list(location, value, "a list of keys")
        if entries is not None and not entries:
            self.context.report(location, "wrong_type", "a path has at least one key")
        keys = (
            self.context.checked(location.at(index), text, entry)
            for index, entry in enumerate(entries or ())
        )
        return tuple(key or "" for key in keys) or ("",)
