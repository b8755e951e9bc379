"""DELETE /api/integration-installs/{id}: soft-delete. For editors (CONTRACT.md section 4)."""

from __future__ import annotations

from typing import Final

from installs import commands, config
from installs.http import Request, endpoint, no_parameters

DEFAULT_TIER: Final = config.default_retention_tier()


@endpoint
def handler(request: Request) -> object:
    """Uninstall; the cascade deletes the dependents."""
    no_parameters(request)
    table = request.table()
    commands.uninstall(
        table,
        request.principal,
        request.install_id,
        stack_tier=DEFAULT_TIER,
        request_id=request.id,
        trace_id=request.trace_id,
    )
    return {"success": True}
