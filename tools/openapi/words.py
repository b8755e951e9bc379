"""Texts of the document: the API, its operations, and the fields of an install."""

from __future__ import annotations

from typing import Final, NamedTuple

API: Final = """\
Installs of integrations in workspaces: listed, read, uninstalled, restored and purged.

Every request carries a bearer token. A caller sees the installs of the workspaces in which it has
a role; what it may not see is not there: a list leaves it out, and its id is a 404. A **viewer**
lists and reads, an **editor** uninstalls and restores, an **admin** purges.

An uninstalled install goes to the trash (`deletedAt` is set) and is kept as long as its
`retentionTier` says: short 7 days, medium 30, long 90, none for ever. Its members, add-ons and
solution follow it within seconds, there and back.

Errors are problem details (RFC 9457). `code` is stable and meant for programs; `errors` names
each place that is wrong, by parameter and, in `filter` and `orderBy`, by JSON pointer.
"""

INSTALLS: Final = "What is installed, and the trash."


class Operation(NamedTuple):
    """Texts of an operation: a summary and a description."""

    summary: str
    description: str


LIST: Final = Operation(
    "List installs",
    """\
Everything that is given must hold: `filter`, `ids` and the shorthands are AND-ed. Without
`include_deleted`, deleted installs are left out, unless the query itself constrains `deletedAt`
or `retentionTier`.

For the next page send `pageInfo.endCursor` as `after`, for the previous one
`pageInfo.startCursor` as `before`, with all else as it was (`limit` may change). `total` is exact
and counts all pages.
""",
)
GET: Final = Operation(
    "Get an install",
    """\
Deleted or not. A 404 is one that does not exist, was purged, is past its retention, or is out of
the caller's reach: nothing tells which.
""",
)
UNINSTALL: Final = Operation(
    "Uninstall",
    """\
Moves the install to the trash. Its members are disabled and deleted, its add-ons uninstalled, its
solution deleted unless another live install is in it; this follows within seconds. Repeated,
nothing happens a second time. For editors.
""",
)
RESTORE: Final = Operation(
    "Restore from the trash",
    """\
Undoes exactly what the uninstall did: a member that was disabled before stays so. Repeated,
nothing happens a second time. An add-on whose parent is deleted is a 409. For editors.
""",
)
PURGE: Final = Operation(
    "Delete for good",
    """\
Only an install that is in the trash; a live one is a 409. What the uninstall took with it goes
too. There is no way back. For admins.
""",
)

FIELDS: Final = {
    "id": "The install.",
    "integrationId": "What is installed.",
    "integrationVersionId": "The version of it.",
    "workspaceId": "Where it is installed.",
    "variables": "The install's settings; any JSON object.",
    "authStateId": "What it is authorised by, if it needs that.",
    "memberPolicy": "How the entities that it brings become members.",
    "parentInstallId": "The install that this one extends, if it is an add-on.",
    "solutionId": "The solution that groups what it brought in.",
    "installedBy": "The user who installed it.",
    "installedAt": "When it was installed.",
    "lastUpgradedAt": "When its version last changed, if ever.",
    "deletedAt": "When it was uninstalled; null while it is live.",
    "retentionTier": "How long it is kept in the trash; null while it is live.",
}
