"""DELETE /api/integration-installs/{id}: soft-delete. For editors (CONTRACT.md section 4)."""

from __future__ import annotations

from installs import commands, config
from installs.http import Request, endpoint, no_parameters
from installs.store.table import Table, client


@endpoint
def handler(request: Request) -> object:
    """Uninstall; what hangs from the install follows by the cascade."""
    no_parameters(request)
    table = Table(config.table_name(), client())
    tier = config.default_retention_tier()
    commands.uninstall(table, request.principal, request.install_id, stack_tier=tier)
    return {"success": True}
