"""POST /api/integration-installs/{id}/restore: for editors (CONTRACT.md section 5)."""

from __future__ import annotations

from installs import commands
from installs.http import Request, endpoint, no_parameters
from installs.rows import row_to_json


@endpoint
def handler(request: Request) -> object:
    """Restore, and respond with the install."""
    no_parameters(request)
    table = request.table()
    state = commands.restore(
        table,
        request.principal,
        request.install_id,
        request_id=request.id,
        trace_id=request.trace_id,
    )
    return row_to_json(state.row)
