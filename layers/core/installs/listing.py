"""The list of installs: from query parameters to a page, as the caller sees it (section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from installs import access, clock
from installs.query.execution.executor import run
from installs.query.language.parameters import parse
from installs.query.language.schema import ENTITIES, PUBLIC_ENTITIES
from installs.query.planning.cost import BUDGET
from installs.store.reader import TableReader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from installs.access import Principal
    from installs.query.execution.page import Page
    from installs.store.table import Table


def list_installs(
    table: Table, principal: Principal, parameters: Mapping[str, Sequence[str]]
) -> Page:
    """Return the page that the parameters ask for; each parameter has a list of its values.

    The caller's roles are read first: to a public key, some fields are unknown, and no message
    names them.

    Raises
    ------
    InvalidParameterError, InvalidFilterError, InvalidOrderByError, InvalidCursorError
        A parameter is not valid; the error names the place.
    QueryTooExpensiveError
        The list would read more than the budget.
    """
    scope = access.scope_of(table, principal)
    query = parse(parameters, PUBLIC_ENTITIES if scope.public else ENTITIES)
    page = run(query, scope.workspace_ids, TableReader(table, BUDGET), clock.now())
    table.usage.plan, table.usage.returned = page.plan, len(page.rows)
    return page
