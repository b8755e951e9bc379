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
from installs.query.language.schema import ENTITIES, INSTALL, PUBLIC_ENTITIES, Entity, target
from installs.store.history import COUNTS, ChangeKind
from tools.openapi import words
from tools.openapi.filters import DATE, ref
from tools.openapi.rows import answer, or_null, row_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

_ENUMS: Final = {
    ChangeKind: words.CHANGE_KIND,
    Cause: words.CAUSE,
    ActorKind: words.ACTOR_KIND,
}
_COUNT: Final[Json] = {"type": "integer", "minimum": 0}


def of_list() -> Json:
    """The parameter of a list."""
    return _parameter(OF_LIST, "integration,installer")


def of_install() -> Json:
    """The parameter of one install."""
    return _parameter(OF_INSTALL, "integration,members,history")


def _parameter(names: Sequence[str], example: str) -> Json:
    """The parameter ``include``, a text of names: generators repeat a list."""
    name = f"({'|'.join(names)})"
    return {
        "name": INCLUDE,
        "in": "query",
        "description": f"{words.INCLUDE} Names: {', '.join(names)}.",
        "schema": {"type": "string", "pattern": f"^{name}(,{name}){{0,{len(names) - 1}}}$"},
        "example": example,
    }


def schemas() -> Json:
    """The schemas of related rows, and of ``included`` in both answers."""
    to_one = {
        member: {
            "type": "object",
            "description": words.BY_ID,
            "additionalProperties": ref(target(INSTALL.relations[name]).name),
        }
        for name, member in TO_ONE.items()
    }
    lists = {name: target(INSTALL.relations[name]).name for name in TO_MANY}
    to_many = {
        name: {"description": words.SOME_ROWS, **ref(f"{entity}List")}
        for name, entity in lists.items()
    }
    history = {HISTORY: {"description": words.HISTORY, **ref("History")}}
    return {
        **{entity.name: _row(entity) for entity in ENTITIES.values() if entity is not INSTALL},
        **{f"{entity}List": _list(entity) for entity in lists.values()},
        "Included": _included(to_one),
        "IncludedWithInstall": _included({**to_one, **to_many, **history}),
        **_history(),
    }


def _list(entity: str) -> Json:
    rows = {"type": "array", "maxItems": MAX_ROWS, "items": ref(entity)}
    return answer(
        words.SOME_ROWS,
        {
            "total": {"description": "Their number.", **_COUNT},
            "data": {"description": f"The first {MAX_ROWS}.", **rows},
        },
    )


def _row(entity: Entity) -> Json:
    """The schema of a related row; a public key is shown fewer fields of a user."""
    public = PUBLIC_ENTITIES[entity.name].fields
    return answer(
        words.ROWS[entity.name],
        row_fields(entity),
        optional=[name for name in entity.fields if name not in public],
    )


def _included(members: Json) -> Json:
    return answer(words.INCLUDED, members, optional=members)


def _history() -> Json:
    """The schemas of a history and its entries (CONTRACT.md section 11)."""
    text = or_null({"type": "string"})
    entries = {"type": "array", "maxItems": MAX_ENTRIES, "items": ref("HistoryEntry")}
    return {
        "History": answer(
            words.HISTORY,
            {
                "data": {"description": "The entries, the newest first.", **entries},
                "hasMore": {"type": "boolean", "description": "True if there are older ones."},
            },
        ),
        "HistoryEntry": answer(
            words.ENTRY,
            {
                "revision": {"type": "integer", "description": "Grows with each change."},
                "occurredAt": {"description": "The time of the change.", **DATE},
                "kind": {"description": words.CHANGE_KIND, **ref("ChangeKind")},
                "cause": {"description": words.CAUSE, **ref("Cause")},
                "actor": {"description": words.ACTOR, **ref("Actor")},
                "requestId": {"description": "The request that began it, if one did.", **text},
                "deletionId": {"description": "The uninstall that it belongs to.", **text},
                "fields": {
                    "type": "array",
                    "description": "Names of the changed fields.",
                    "items": {"type": "string"},
                },
                "counts": {"description": words.COUNTS, **or_null(ref("Counts"))},
            },
        ),
        "Actor": answer(
            words.ACTOR,
            {
                "id": {"description": "A user's or a key's; a service's name.", **text},
                "kind": {"description": words.ACTOR_KIND, **ref("ActorKind")},
            },
        ),
        "Counts": answer(
            words.COUNTS,
            {name: {"description": f"The number of rows {name}.", **_COUNT} for name in COUNTS},
        ),
        **{
            enum.__name__: {
                "type": "string",
                "description": text,
                "enum": [str(member) for member in enum],
            }
            for enum, text in _ENUMS.items()
        },
    }
