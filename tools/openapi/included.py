"""``include`` and what it brings along: its parameter, and the schemas of related rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from installs.included import MAX_ENTRIES
from installs.origin import ActorKind, Cause
from installs.query.execution.included import MAX_ROWS
from installs.query.language.include import (
    HISTORY,
    INCLUDE,
    OF_INSTALL,
    OF_LIST,
    TO_MANY,
    TO_ONE,
)
from installs.query.language.schema import (
    ENTITIES,
    INSTALL,
    PUBLIC_ENTITIES,
    Entity,
    Field,
    target,
)
from installs.store.history import COUNTS, ChangeKind
from tools.openapi import words
from tools.openapi.filters import DATE, ref, value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from enum import StrEnum

Json = dict[str, Any]

_OR_NULL: Final[Json] = {"type": ["string", "null"]}
_DESCRIPTIONS: Final = {INSTALL.name: words.FIELDS}


def parameter(names: Sequence[str]) -> Json:
    """The parameter ``include`` with the names that an operation takes."""
    return {
        "name": INCLUDE,
        "in": "query",
        "description": words.INCLUDE,
        "style": "form",
        "explode": False,
        "schema": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "string", "enum": list(names)},
        },
    }


def of_list() -> Json:
    """The parameter of a list."""
    return parameter(OF_LIST)


def of_install() -> Json:
    """The parameter of one install."""
    return parameter(OF_INSTALL)


def fields(entity: Entity) -> Json:
    """The schemas of an entity's fields in an answer, by name."""
    about = _DESCRIPTIONS.get(entity.name, {})
    return {
        field.name: {"description": about[field.name], **_value(field)} if about else _value(field)
        for field in entity.fields.values()
    }


def schemas() -> Json:
    """The schemas of related rows, and of ``included`` in both answers."""
    to_one = {
        member: {
            "type": "object",
            "description": "By id; a row that the caller does not see is absent.",
            "additionalProperties": ref(target(INSTALL.relations[name]).name),
        }
        for name, member in TO_ONE.items()
    }
    to_many = {
        name: {
            "type": "object",
            "description": f"Live rows: their number, and the first {MAX_ROWS}.",
            "required": ["total", "data"],
            "properties": {
                "total": {"type": "integer", "minimum": 0},
                "data": {
                    "type": "array",
                    "maxItems": MAX_ROWS,
                    "items": ref(target(INSTALL.relations[name]).name),
                },
            },
        }
        for name in TO_MANY
    }
    return {
        **{entity.name: _row(entity) for entity in ENTITIES.values() if entity is not INSTALL},
        "HistoryEntry": _entry(),
        "Included": _included(to_one),
        "IncludedWithInstall": _included({**to_one, **to_many, HISTORY: _history()}),
    }


def _history() -> Json:
    return {
        "type": "object",
        "description": f"The newest changes, at most {MAX_ENTRIES}; their actors are in users.",
        "required": ["data", "hasMore"],
        "properties": {
            "data": {"type": "array", "maxItems": MAX_ENTRIES, "items": ref("HistoryEntry")},
            "hasMore": {"type": "boolean", "description": "True if there are older entries."},
        },
    }


def _entry() -> Json:
    """The schema of an entry of a history (CONTRACT.md section 11)."""
    count = {"type": "integer", "minimum": 0}
    actor = {"id": _OR_NULL, "kind": _one_of(ActorKind)}
    counts = {
        "type": ["object", "null"],
        "description": "Of a settled entry: the dependents that were written.",
        "required": list(COUNTS),
        "properties": dict.fromkeys(COUNTS, count),
    }
    properties = {
        "revision": {"type": "integer", "description": "Grows with each change."},
        "occurredAt": DATE,
        "kind": _one_of(ChangeKind),
        "cause": _one_of(Cause),
        "actor": {"type": "object", "required": list(actor), "properties": actor},
        "requestId": _OR_NULL,
        "deletionId": _OR_NULL,
        "fields": {
            "type": "array",
            "description": "Names of the changed fields.",
            "items": {"type": "string"},
        },
        "counts": counts,
    }
    return {"type": "object", "required": list(properties), "properties": properties}


def _one_of(kinds: type[StrEnum]) -> Json:
    return {"type": "string", "enum": [str(kind) for kind in kinds]}


def _value(field: Field) -> Json:
    schema = value(field)
    if field.nullable and "enum" in schema:
        return {"type": ["string", "null"], "enum": [*schema["enum"], None]}
    if field.nullable:
        return {**schema, "type": ["string", "null"]}
    return schema


def _row(entity: Entity) -> Json:
    """The schema of a related row; a public key is shown fewer fields of a user."""
    required = PUBLIC_ENTITIES[entity.name].fields
    return {"type": "object", "required": list(required), "properties": fields(entity)}


def _included(members: Json) -> Json:
    return {
        "type": "object",
        "description": "A member for each name of include, and no other.",
        "properties": members,
    }
