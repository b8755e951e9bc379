"""DELETE /api/integration-installs/{id}/purge: for admins (CONTRACT.md section 6)."""

from __future__ import annotations

from installs import commands
from installs.http import Request, endpoint, no_parameters


@endpoint
def handler(request: Request) -> object:
    """Purge a deleted install; the cascade deletes its dependents."""
    no_parameters(request)
    table = request.table()
    commands.purge(
        table,
        request.principal,
        request.install_id,
        request_id=request.id,
        trace_id=request.trace_id,
    )
    return {"success": True}
