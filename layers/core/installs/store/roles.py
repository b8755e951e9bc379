"""The roles of a user: rows of the user's own partition, read with one consistent query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from installs.store import keys
from installs.store.items import decode
from installs.store.table import Range

if TYPE_CHECKING:
    from collections.abc import Mapping

    from installs.store.table import Table


def of_user(table: Table, user_id: str) -> tuple[str | None, Mapping[str, str]]:
    """Read a user's role on the platform, and the roles by workspace.

    A user without a row has no roles, even if rows of roles remain.
    """
    platform = None
    by_workspace: dict[str, str] = {}
    for item in table.query(Range(keys.user(user_id).pk), consistent=True):
        values = decode(item)
        if values[keys.SK].startswith(keys.ROLE_PREFIX):
            by_workspace[values["workspaceId"]] = values["role"]
        else:
            platform = values["role"]
    return platform, {} if platform is None else by_workspace
