"""``orderBy``: from its text to the order of the rows (CONTRACT.md section 2, orderBy).

::

    [{"integration": {"name": "asc"}}, {"installedAt": "desc"}]
    Order(integration.name asc nulls last, installedAt desc, id desc)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from installs.errors import InvalidOrderByError, Issue
from installs.query.language.document import (
    DocumentError,
    Duplicated,
    nested_text_advice,
    pointer,
    quoted,
    read,
    suggestion,
)
from installs.query.language.length import MAX_QUERY_CHARACTERS
from installs.query.language.order import (
    DEFAULT_ORDER,
    MAX_SORT_FIELDS,
    RELATED_KINDS,
    SORTABLE_FIELDS,
    Order,
    SortField,
    total_order,
)
from installs.query.language.schema import ENTITIES, INSTALL, target

if TYPE_CHECKING:
    from installs.query.language.schema import Entities

DIRECTIONS: Final = {
    "asc": (True, False),
    "desc": (False, True),
    "asc_nulls_first": (True, True),
    "asc_nulls_last": (True, False),
    "desc_nulls_first": (False, True),
    "desc_nulls_last": (False, False),
}
"""By direction: ascending, and nulls first; plain directions are PostgreSQL's."""

_SPELLINGS: Final = DIRECTIONS | {
    "".join(word.capitalize() for word in name.split("_")): parts
    for name, parts in DIRECTIONS.items()
}
_EXPECTED_FORMAT: Final = 'a list of objects of one key each, such as [{"installedAt": "desc"}]'
_EXAMPLE: Final = '{"id": "asc"}'


def parse_order_by(text: str | None, entities: Entities = ENTITIES) -> Order:
    """Return the order of an ``orderBy``; without one, the newest installs come first.

    Other fields than those of ``entities`` are unknown. Raises ``InvalidOrderByError`` with an
    issue for each problem.
    """
    if text is None:
        return DEFAULT_ORDER
    try:
        entries = read(text, max_bytes=MAX_QUERY_CHARACTERS)
    except DocumentError as error:
        raise _invalid(
            [_issue("invalid_json", f"{error}; an order is {_EXPECTED_FORMAT}")]
        ) from None
    if not isinstance(entries, list):
        detail = f"{quoted(entries)} is not {_EXPECTED_FORMAT}{nested_text_advice(entries)}"
        raise _invalid([_issue("wrong_type", detail)])
    if not 1 <= len(entries) <= MAX_SORT_FIELDS:
        code = "too_long" if entries else "empty_list"
        raise _invalid([_issue(code, f"an order has 1-{MAX_SORT_FIELDS} sort fields")])
    sort_fields: list[SortField] = []
    issues: list[Issue] = []
    for index, entry in enumerate(entries):
        parser = _EntryParser(
            entities, str(index), frozenset(sort_field.name for sort_field in sort_fields)
        )
        parsed = parser.sort_field(entry)
        if isinstance(parsed, SortField):
            sort_fields.append(parsed)
        else:
            issues.append(parsed)
    if issues:
        raise _invalid(issues)
    return total_order(sort_fields)


@dataclass(frozen=True, slots=True)
class _EntryParser:
    """The parser of one entry of an order; returns an issue where it refuses."""

    entities: Entities
    index: str
    previous: frozenset[str]
    """The names of the sort fields before it."""

    def sort_field(self, entry: object) -> SortField | Issue:
        """Return the sort field of an entry."""
        pair = self._only_pair(entry, _EXAMPLE)
        if isinstance(pair, Issue):
            return pair
        field, direction = pair
        relation = INSTALL.relations.get(field)
        if relation is not None and not relation.many:
            return self._related(field, direction)
        if field not in SORTABLE_FIELDS:
            return self._not_sortable(field)
        return self._with_direction(SortField(field, ascending=True, nulls_first=False), direction)

    def _related(self, relation: str, entry: object) -> SortField | Issue:
        """Return the sort field of a relation's own object."""
        entity = target(INSTALL.relations[relation], self.entities)
        sortable = [field.name for field in entity.fields.values() if field.kind in RELATED_KINDS]
        example = f'{{"{sortable[0]}": "asc"}}'
        if not isinstance(entry, dict):
            detail = f"{relation} cannot be sorted by: name a field of it, such as {example}"
            return _issue("field_not_allowed", detail, self.index, relation)
        pair = self._only_pair(entry, example, relation)
        if isinstance(pair, Issue):
            return pair
        name, direction = pair
        if name in sortable:
            sort_field = SortField(name, ascending=True, nulls_first=False, relation=relation)
            return self._with_direction(sort_field, direction)
        if name in entity.fields:
            detail = f"{name} cannot be sorted by; of a related row only {', '.join(sortable)} can"
            return _issue("field_not_allowed", detail, self.index, relation, name)
        detail = f"{quoted(name)} is not a field of {entity.name}{suggestion(name, sortable)}"
        return _issue("unknown_field", detail, self.index, relation, name)

    def _only_pair(self, entry: object, form: str, *path: str) -> tuple[str, object] | Issue:
        """Return the key and the value of an object of one key."""
        if isinstance(entry, Duplicated):
            detail = f"the key {quoted(entry.repeated[0])} appears twice"
            return _issue("duplicate_key", detail, self.index, *path, entry.repeated[0])
        if not isinstance(entry, dict) or len(entry) != 1:
            text = f"an object of {len(entry)} keys" if isinstance(entry, dict) else quoted(entry)
            detail = f"{text} is not an object of one key: {form}"
            return _issue("wrong_type", detail, self.index, *path)
        return next(iter(entry.items()))

    def _with_direction(self, sort_field: SortField, direction: object) -> SortField | Issue:
        """Return a sort field in its direction."""
        path = (self.index, *sort_field.name.split("."))
        if sort_field.name in self.previous:
            return _issue("duplicate_key", f"{sort_field.name} appears twice", *path)
        if not isinstance(direction, str) or direction not in _SPELLINGS:
            hint = suggestion(direction, DIRECTIONS) if isinstance(direction, str) else ""
            detail = f"{quoted(direction)} is not one of {', '.join(DIRECTIONS)}{hint}"
            return _issue("unknown_value", detail, *path)
        return SortField(sort_field.field, *_SPELLINGS[direction], sort_field.relation)

    def _not_sortable(self, field: str) -> Issue:
        if field in INSTALL.fields or field in INSTALL.relations:
            return _issue("field_not_allowed", f"{field} cannot be sorted by", self.index, field)
        hint = suggestion(field, SORTABLE_FIELDS)
        if field.partition(".")[0] in INSTALL.relations:
            hint = ': a field of a related row is {"integration": {"name": "asc"}}'
        detail = f"{quoted(field)} is not a field of Install{hint}"
        return _issue("unknown_field", detail, self.index, field)


def _issue(code: str, detail: str, *parts: str) -> Issue:
    return Issue(code, detail, "orderBy", pointer(parts))


def _invalid(issues: list[Issue]) -> InvalidOrderByError:
    first = issues[0]
    more = f" (and {len(issues) - 1} more)" if len(issues) > 1 else ""
    return InvalidOrderByError(f"{first.pointer or 'orderBy'}: {first.detail}{more}", issues)
