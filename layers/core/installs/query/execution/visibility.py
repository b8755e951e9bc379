"""Visibility: the rows that a caller may see, whatever the filter says (CONTRACT.md sections 2, 3).

For a caller of ``wsp_1`` who does not ask for the trash::

    {"workspaceId": "wsp_1"}                          visible
    {"workspaceId": "wsp_1", "deletedAt": "2026..."}  in the trash: not visible
    {"workspaceId": "wsp_2"}                          of another workspace: not visible
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from installs.lifecycle import has_expired
from installs.query.language.parameters import Deleted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from installs.query.planning.list_request import ListRequest

VISIBILITY_FIELDS: Final = frozenset({"id", "workspaceId", "deletedAt", "purgeAt"})
"""The fields that decide whether a row is visible, requested or related; and its id."""


def is_visible(row: Mapping[str, Any], scope: frozenset[str] | None, now: datetime) -> bool:
    """Return True if a row is in the scope (``None``: everything) and within its retention."""
    if scope is not None and row["workspaceId"] not in scope:
        return False
    return not has_expired(row.get("purgeAt"), now)


def visibility(request: ListRequest) -> Callable[[Mapping[str, Any]], bool]:
    """Return a test of rows: in the scope, in a requested state, and within their retention."""
    deleted, scope, now = request.query.deleted, request.scope, request.now
    any_state, wants_deleted = deleted is Deleted.INCLUDED, deleted is Deleted.ONLY

    def visible(row: Mapping[str, Any]) -> bool:
        is_deleted = "deletedAt" in row
        return (any_state or is_deleted == wants_deleted) and is_visible(row, scope, now)

    return visible
