"""GET /api/integration-installs: list, filter, order, page. For viewers (CONTRACT.md section 2)."""

from __future__ import annotations

from installs import access, clock
from installs.http import Request, endpoint
from installs.query.execution.executor import run
from installs.query.language.parameters import parse
from installs.query.planning.planner import BUDGET
from installs.rows import item_to_json
from installs.store.reader import TableReader


@endpoint
def handler(request: Request) -> object:
    """Answer with a page of the installs that the caller sees."""
    query = parse(request.query)
    table = request.table()
    scope = access.scope_of(table, request.principal).workspace_ids
    request.usage.budget = BUDGET
    page = run(query, scope, TableReader(table), clock.now())
    request.usage.plan, request.usage.returned = page.plan, len(page.rows)
    return {
        "data": [item_to_json(row) for row in page.rows],
        "pageInfo": {
            "total": page.total,
            "hasNextPage": page.has_next,
            "hasPreviousPage": page.has_previous,
            "startCursor": page.start,
            "endCursor": page.end,
        },
    }
