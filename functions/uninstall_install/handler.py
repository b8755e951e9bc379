"""DELETE /api/integration-installs/{id}: soft-delete. For editors (CONTRACT.md section 4)."""

from __future__ import annotations

from typing import Final

from installs import commands, config
from installs.http import Request, endpoint, no_parameters
from installs.store.table import Table, client

DEFAULT_TIER: Final = config.default_retention_tier()


@endpoint
def handler(request: Request) -> object:
    """Uninstall; what hangs from the install follows by the cascade."""
    no_parameters(request)
    table = Table(config.table_name(), client(), request.usage)
    commands.uninstall(
        table,
        request.principal,
        request.install_id,
        stack_tier=DEFAULT_TIER,
        request_id=request.id,
    )
    return {"success": True}
