"""Included rows: those that come with one install, and any as JSON (CONTRACT.md sections 2, 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from installs import access, clock
from installs.errors import Issue, QueryTooExpensiveError
from installs.query.execution.included import Beside, RelatedRows
from installs.query.language.include import INCLUDE
from installs.query.language.schema import ENTITIES, PUBLIC_ENTITIES, Kind
from installs.query.planning.cost import BUDGET
from installs.store.items import install_to_item
from installs.store.reader import TableReader
from installs.store.usage import BudgetExceededError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.access import Principal
    from installs.lifecycle import InstallState
    from installs.query.execution.included import Included
    from installs.query.execution.joins import Row
    from installs.store.table import Table

TOO_MANY: Final = "the install has too many related rows to count; include fewer relations"

_OBJECTS: Final = frozenset(
    field.name
    for entity in ENTITIES.values()
    for field in entity.fields.values()
    if field.kind is Kind.JSON
)
"""The fields that are JSON objects, which rows have as text."""


def of_install(
    table: Table, principal: Principal, state: InstallState, names: Sequence[str]
) -> Included:
    """Return the rows to include with an install that the caller sees.

    Raises
    ------
    QueryTooExpensiveError
        The related rows are more than the budget of a list.
    """
    scope = access.scope_of(table, principal)
    entities = PUBLIC_ENTITIES if scope.public else ENTITIES
    beside = Beside(TableReader(table), scope.workspace_ids, clock.now(), entities)
    table.usage.budget = BUDGET
    try:
        return beside.include([install_to_item(state)], names)
    except BudgetExceededError as error:
        issue = Issue("too_expensive", TOO_MANY, INCLUDE)
        raise QueryTooExpensiveError(f"{INCLUDE}: {TOO_MANY}", [issue]) from error


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
        name: orjson.Fragment(value) if name in _OBJECTS else value for name, value in row.items()
    }
