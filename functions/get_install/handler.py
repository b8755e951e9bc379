"""GET /api/integration-installs/{id}: one install. For viewers (CONTRACT.md section 3)."""

from __future__ import annotations

from installs import commands
from installs.http import Request, endpoint
from installs.rows import row_to_json
from installs.snap_start import preload

preload("installs.included")


@endpoint
def handler(request: Request) -> object:
    """Respond with the install, and with the rows that are to be included."""
    if not request.query:
        return row_to_json(commands.get(request.table(), request.principal, request.install_id).row)
    # Imported here: a start without include need not wait for the query language.
    from installs import included

    table = request.table()
    query = included.query_of_install(table, request.principal, request.query)
    state = commands.get(table, request.principal, request.install_id)
    row = row_to_json(state.row)
    if not query.include:
        return row
    return {**row, "included": included.of_install(table, request.principal, state, query)}
