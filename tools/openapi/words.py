"""Texts of the document: the API, its operations, and the fields of an install."""

from __future__ import annotations

from typing import Final, NamedTuple

API: Final = """\
List, read, uninstall, restore and purge installs of integrations in workspaces.

Every request carries a bearer token. A caller sees the installs of the workspaces in which it has
a role; other installs are absent: a list leaves them out, and their ids are a 404. A **viewer**
lists and reads, an **editor** uninstalls and restores, an **admin** purges.

An uninstalled install goes to the trash (`deletedAt` is set) for the days of its
`retentionTier`: short 7, medium 30, long 90, none forever. Its members, add-ons and solution
follow within seconds, also at a restore.

Errors are problem details (RFC 9457). `code` is stable and meant for programs; `errors` names
each place that is wrong, by parameter and, in `filter` and `orderBy`, by JSON pointer.
"""

INSTALLS: Final = "Installs, live and in the trash."


class Operation(NamedTuple):
    """Texts of an operation: a summary and a description."""

    summary: str
    description: str


LIST: Final = Operation(
    "List installs",
    """\
All conditions are AND-ed: `filter`, `ids` and the shorthands. Without
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
Returns a live or deleted install. `include` brings related rows along, and with `history` the
newest changes, which a public key (`pub_`) is not shown. A 404 means that the install does not
exist, was purged, is past its retention, or is not visible to the caller; these are
indistinguishable.
""",
)
UNINSTALL: Final = Operation(
    "Uninstall",
    """\
Moves the install to the trash. Its members are disabled and deleted, its add-ons uninstalled, its
solution deleted unless another live install is in it; this follows within seconds. Repeating
it changes nothing. For editors.
""",
)
RESTORE: Final = Operation(
    "Restore from the trash",
    """\
Undoes exactly what the uninstall did: a member that was disabled before stays disabled.
Repeating it changes nothing. An add-on whose parent is deleted is a 409. For editors.
""",
)
PURGE: Final = Operation(
    "Delete for good",
    """\
Deletes an install in the trash; a live one is a 409. Everything that its uninstall deleted is
deleted too. This cannot be undone. For admins.
""",
)

INCLUDE: Final = (
    "Related rows to bring along, comma-separated: each once, in the member `included`. Without it "
    "there is no such member."
)

FIELDS: Final = {
    "id": "The id of the install.",
    "integrationId": "The integration.",
    "integrationVersionId": "The version of the integration.",
    "workspaceId": "The workspace.",
    "variables": "The install's settings; any JSON object.",
    "authStateId": "Its authorization state, if it needs one.",
    "memberPolicy": "The policy by which its entities become members.",
    "parentInstallId": "The install that this add-on extends, if it is one.",
    "solutionId": "The solution that groups its entities.",
    "installedBy": "The user who installed it.",
    "installedAt": "The time of the installation.",
    "lastUpgradedAt": "The time of the last change of version, if any.",
    "deletedAt": "The time of the uninstall; null while it is live.",
    "retentionTier": "Its retention in the trash; null while it is live.",
}
