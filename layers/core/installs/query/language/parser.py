"""The parser: from the text of a filter to its tree (CONTRACT.md section 2, Filter).

All issues are reported at once, each with a JSON pointer::

    {"memberPolicy": "manual", "members": {"some": {"enabled": true}}}

    And(Leaf("memberPolicy", "eq", "manual"),
        ToMany("members", SOME, Leaf("enabled", "eq", True)))

Limits, counted while parsing:

- depth: the number of AND, OR, NOT, field-level ``not`` and relations around a comparison; 8 at
  most. A quantifier (``some``) belongs to its relation.
- nodes: comparisons, AND, OR, NOT, field-level ``not`` and relations; 100 at most. The entries of
  a list of values are not counted.
- relations: nested 2 deep; 8 to one and 3 to many in all. The quantifiers of one key are one
  relation.
- 6 KB of UTF-8, 100 entries in a list, 1,024 characters in a string.

In a ``path``, a decimal number without leading zeros is also an index into an array, from 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from installs.errors import InvalidFilterError, Issue
from installs.query.language.comparators import field_filter
from installs.query.language.document import DocumentError, quoted, read, suggestion
from installs.query.language.length import MAX_FILTER_BYTES
from installs.query.language.literals import literal
from installs.query.language.nodes import (
    FALSE,
    Node,
    Quantifier,
    ToMany,
    ToOne,
    comparison,
    conjunction,
    disjunction,
)
from installs.query.language.parse_context import Location, ParseContext, StopParsing
from installs.query.language.schema import ENTITIES, INSTALL, Entity, Relation, target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from installs.query.language.schema import Entities

_LOGICAL: Final = {
    "AND": "AND", "OR": "OR", "NOT": "NOT", "and": "AND", "or": "OR", "not": "NOT",
}  # fmt: skip
_QUANTIFIERS: Final = tuple(quantifier.value for quantifier in Quantifier)
_NEGATED: Final = {Quantifier.SOME: Quantifier.NONE, Quantifier.NONE: Quantifier.SOME}


def parse_filter(text: str, entities: Entities = ENTITIES) -> Node | None:
    """Return the tree of a filter on installs; ``None`` for ``{}``, which is no filter.

    Other fields than those of ``entities`` are unknown.

    Raises ``InvalidFilterError`` with an issue for each problem, 20 at most.
    """
    context = ParseContext(entities)
    try:
        value = read(text, max_bytes=MAX_FILTER_BYTES)
        if isinstance(value, dict) and not value:
            return None
        node = _filter(context, Location(), INSTALL, value, negated=False)
    except DocumentError as error:
        raise _invalid([Issue("invalid_json", str(error), "filter", "")]) from None
    except StopParsing:
        raise _invalid(context.issues) from None
    if context.issues:
        raise _invalid(context.issues)
    return node


def equals(entity: Entity, field: str, value: object) -> Node:
    """Return the node of ``{field: value}``; raises ``LiteralError`` (a ValueError)."""
    return comparison(field, "eq", literal(entity.fields[field], value))


def one_of_ids(ids: Iterable[str]) -> Node:
    """Return the node of a set of installs by id."""
    return comparison("id", "in", tuple(ids))


def _invalid(issues: list[Issue]) -> InvalidFilterError:
    first = issues[0]
    more = f" (and {len(issues) - 1} more)" if len(issues) > 1 else ""
    return InvalidFilterError(f"{first.pointer or 'filter'}: {first.detail}{more}", issues)


def _filter(
    context: ParseContext,
    location: Location,
    entity: Entity,
    value: object,
    *,
    negated: bool,
    expected: str = "a filter",
) -> Node:
    members = context.non_empty_object(location, value, expected)
    parts = (
        _key(context, location.at(key), entity, key, inner, negated=negated)
        for key, inner in (members or {}).items()
    )
    return _combined(parts, either=negated)


def _key(
    context: ParseContext,
    location: Location,
    entity: Entity,
    key: str,
    value: object,
    *,
    negated: bool,
) -> Node:
    if key in _LOGICAL:
        return _logical(context, location, entity, _LOGICAL[key], value, negated=negated)
    if key in entity.fields:
        return field_filter(context, location, entity.fields[key], value, negated=negated)
    if key in entity.relations:
        return _relation(context, location, entity.relations[key], value, negated=negated)
    known = (*entity.fields, *entity.relations, "AND", "OR", "NOT")
    detail = f"{quoted(key)} is not a field of {entity.name}{suggestion(key, known)}"
    context.report(location, "unknown_field", detail)
    return FALSE


def _logical(
    context: ParseContext,
    location: Location,
    entity: Entity,
    word: str,
    value: object,
    *,
    negated: bool,
) -> Node:
    inner = context.nested(location)
    if inner is None:
        return FALSE
    if word == "NOT":
        return _filter(context, inner, entity, value, negated=not negated)
    entries = context.short_list(inner, value, "a list of filters") or ()
    parts = (
        _filter(context, inner.at(index), entity, entry, negated=negated)
        for index, entry in enumerate(entries)
    )
    either = word == "OR"
    return _combined(parts, either=either != negated)


def _relation(
    context: ParseContext, location: Location, relation: Relation, value: object, *, negated: bool
) -> Node:
    inner = context.related(location, many=relation.many)
    if inner is None:
        return FALSE
    entity = target(relation, context.entities)
    if not relation.many:
        expected = f"a filter; the id alone is compared by {relation.foreign_key}"
        return ToOne(
            relation.name,
            _filter(context, inner, entity, value, negated=negated, expected=expected),
        )
    quantified = context.non_empty_object(inner, value, "a filter under some, every or none") or {}
    parts = (
        _quantified(context, inner.at(key), relation, key, inner_value, negated=negated)
        for key, inner_value in quantified.items()
    )
    return _combined(parts, either=negated)


def _quantified(
    context: ParseContext,
    location: Location,
    relation: Relation,
    key: str,
    value: object,
    *,
    negated: bool,
) -> Node:
    if key not in _QUANTIFIERS:
        detail = f"{quoted(key)} is not one of {', '.join(_QUANTIFIERS)}: {relation.name} are many"
        context.report(location, "unknown_quantifier", f"{detail}{suggestion(key, _QUANTIFIERS)}")
        return FALSE
    related = target(relation, context.entities)
    inner = _filter(context, location, related, value, negated=False)
    quantifier = Quantifier(key)
    if not negated:
        return ToMany(relation.name, quantifier, inner)
    opposite = _NEGATED.get(quantifier, quantifier)
    return ToMany(relation.name, opposite, inner, negated=opposite is quantifier)


def _combined(parts: Iterable[Node], *, either: bool) -> Node:
    """Return the disjunction of the parts if ``either``, else their conjunction.

    Under NOT, which is pushed down to the parts, the two change places (De Morgan).
    """
    return disjunction(*parts) if either else conjunction(*parts)
