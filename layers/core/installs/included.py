"""The related rows and the history of one install, as JSON (CONTRACT.md sections 2 and 3)."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import orjson

from installs import access, clock
from installs.errors import Issue, QueryTooExpensiveError
from installs.origin import ActorKind
from installs.query.execution.included import IncludeLoader, RelatedRows
from installs.query.language.include import HISTORY, INCLUDE
from installs.query.language.parameters import parse_of_install
from installs.query.language.schema import ENTITIES, PUBLIC_ENTITIES, Kind
from installs.query.planning.cost import BUDGET
from installs.store import history
from installs.store.items import install_to_item
from installs.store.reader import TableReader
from installs.store.usage import BudgetExceededError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from installs.access import Principal
    from installs.lifecycle import InstallState
    from installs.model import Install
    from installs.query.execution.included import Included
    from installs.query.language.parameters import InstallQuery
    from installs.query.language.schema import Row
    from installs.store.history import Entry
    from installs.store.table import Table

MAX_ENTRIES: Final = 100
"""The most entries of a history."""
TOO_MANY: Final = "the install has too many related rows to count; include fewer relations"

_USERS: Final = "users"
_JSON_FIELDS: Final = frozenset(
    field.name
    for entity in ENTITIES.values()
    for field in entity.fields.values()
    if field.kind is Kind.JSON
)
"""The fields that are JSON objects, which rows have as text."""
_ENTRY_FIELDS: Final = (
    "revision", "occurredAt", "kind", "cause", "actor", "requestId", "deletionId", "fields",
)  # fmt: skip


def query_of_install(
    table: Table, principal: Principal, parameters: Mapping[str, Sequence[str]]
) -> InstallQuery:
    """Return the query of the parameters of ``GET /{id}``, in the names that the caller knows.

    Raises
    ------
    InvalidParameterError
        A parameter is not valid; the error names it.
    """
    scope = access.scope_of(table, principal)
    return parse_of_install(parameters, PUBLIC_ENTITIES if scope.public else ENTITIES)


def of_install(
    table: Table, principal: Principal, state: InstallState, query: InstallQuery
) -> dict[str, Any]:
    """Return what a query includes with an install that the caller sees, as JSON.

    Raises
    ------
    QueryTooExpensiveError
        The related rows are more than the budget of a list.
    """
    scope = access.scope_of(table, principal)
    reader = TableReader(table, BUDGET)
    loader = IncludeLoader(reader, scope.workspace_ids, clock.now(), query.entities)
    try:
        related = loader.include([install_to_item(state)], query.include, query.deleted)
        answer = to_json(related)
        if HISTORY in query.include:
            entries = _newest_entries(table, state.row)
            answer[_USERS] = loader.users(_user_ids(entries)) | answer.get(_USERS, {})
            answer[HISTORY] = _history_to_json(entries)
    except BudgetExceededError as error:
        issue = Issue("too_expensive", TOO_MANY, INCLUDE)
        raise QueryTooExpensiveError(f"{INCLUDE}: {TOO_MANY}", [issue]) from error
    return answer


def to_json(included: Included) -> dict[str, Any]:
    """Return included rows, ready for ``orjson.dumps``."""
    return {
        member: {"total": rows.total, "data": list(map(_row_to_json, rows.first))}
        if isinstance(rows, RelatedRows)
        else {row_id: _row_to_json(row) for row_id, row in rows.items()}
        for member, rows in included.items()
    }


def _row_to_json(row: Row) -> dict[str, Any]:
    return {
        name: orjson.Fragment(value) if name in _JSON_FIELDS else value
        for name, value in row.items()
    }


def _newest_entries(table: Table, install: Install) -> list[Entry]:
    """Read the newest entries of an install, and one more if there is one."""
    limit = MAX_ENTRIES + 1
    return list(
        islice(
            history.read_newest(table, install.id, install.workspace_id, clock.now(), limit), limit
        )
    )


def _user_ids(entries: Sequence[Entry]) -> list[str]:
    """Return the ids of the users among the actors, each once."""
    origins = (entry.origin for entry in entries[:MAX_ENTRIES])
    return list(
        dict.fromkeys(
            origin.actor_id
            for origin in origins
            if origin.actor_kind is ActorKind.USER and origin.actor_id is not None
        )
    )


def _history_to_json(entries: Sequence[Entry]) -> dict[str, Any]:
    documents = (entry.document() for entry in entries[:MAX_ENTRIES])
    data = [
        {name: document[name] for name in _ENTRY_FIELDS} | {"counts": document.get("counts")}
        for document in documents
    ]
    return {"data": data, "hasMore": len(entries) > MAX_ENTRIES}
