"""GET /api/integration-installs/{id}: one install. For viewers (CONTRACT.md section 3)."""

from __future__ import annotations

from installs import commands
from installs.http import Request, endpoint, no_parameters
from installs.rows import row_to_json


@endpoint
def handler(request: Request) -> object:
    """Respond with the install."""
    no_parameters(request)
    table = request.table()
    return row_to_json(commands.get(table, request.principal, request.install_id).row)
