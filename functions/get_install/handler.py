"""GET /api/integration-installs/{id}: one install. For viewers (CONTRACT.md section 3)."""

from __future__ import annotations

from installs import commands, config
from installs.http import Request, endpoint, no_parameters
from installs.rows import row_to_json
from installs.store.table import Table, client


@endpoint
def handler(request: Request) -> object:
    """Answer with the install."""
    no_parameters(request)
    table = Table(config.table_name(), client(), request.usage)
    return row_to_json(commands.get(table, request.principal, request.install_id).row)
