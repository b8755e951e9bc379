"""The one factory of rows (CONTRACT.md section 1), as lines of an import.

A test names the fields that it is about; the others have plain values. ``tests.records`` has the
same rows as the records of ``installs.model``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from installs.api_keys import digest
from installs.query.language.schema import INSTALL

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Row = dict[str, Any]

CREATED: Final = "2026-01-01T00:00:00.000Z"
WORKSPACE: Final = "wsp_acme"
USERS: Final = {
    "usr_vera": "viewer",
    "usr_ed": "editor",
    "usr_ada": "admin",
}
"""The users of the workspace, and their roles in it."""
VALUE: Final = "eu-value-of-a-variable"
"""A value of the installs' variables, which no log may contain."""
STRANGER: Final = "usr_sam"
INTEGRATION: Final = "itg_crm"


def base() -> list[Row]:
    """A workspace with users of each role, another with a stranger, and an integration."""
    return [
        workspace(WORKSPACE, "acme"),
        workspace("wsp_other", "other"),
        *(user(user_id) for user_id in (*USERS, STRANGER)),
        *(role(user_id, WORKSPACE, name) for user_id, name in USERS.items()),
        role(STRANGER, "wsp_other", "admin"),
        integration(INTEGRATION),
        integration_version("ver_crm_2", INTEGRATION),
    ]


def family(name: str) -> list[Row]:
    """An install with three members, an add-on, an add-on of that, and a solution of its own.

    Of the members one is enabled, one disabled, one detached.
    """
    root = f"ins_{name}"
    return [
        solution(f"sol_{name}"),
        install(root, solutionId=f"sol_{name}"),
        member(f"mem_{name}_on", root),
        member(f"mem_{name}_off", root, enabled=False),
        member(f"mem_{name}_detached", root, detached=True),
        install(f"{root}_addon", parentInstallId=root),
        member(f"mem_{name}_addon", f"{root}_addon"),
        install(f"{root}_addon_addon", parentInstallId=f"{root}_addon"),
        solution_member(f"som_{name}", f"sol_{name}", f"ent_mem_{name}_on"),
    ]


def to_page_through() -> list[Row]:
    """Thirty installs, a day apart, that a filter on their variables finds."""
    return [
        install(
            f"ins_page_{day:02}",
            variables={"pages": True},
            installedAt=f"2026-03-{day:02}T00:00:00.000Z",
            lastUpgradedAt=None if day % 2 else f"2026-05-{day:02}T00:00:00.000Z",
        )
        for day in range(1, 31)
    ]


MARKUP: Final = "<img src=x onerror=\"document.title='broken into'\">"
"""Markup that would run as HTML."""


def hostile() -> Row:
    """An install whose variables would harm a page that shows them as anything but text."""
    return install("ins_hostile", variables={MARKUP: [MARKUP, "</pre><script>alert(1)</script>"]})


def integration(integration_id: str, **fields: object) -> Row:
    return {
        "type": "integration",
        "id": integration_id,
        "workspaceId": WORKSPACE,
        "slug": "crm",
        "name": "CRM",
        "description": None,
        "publisher": "acme",
        "trustTier": "first_party",
        "currentVersion": "2.0.0",
        "visibility": "private",
        "createdAt": CREATED,
        "updatedAt": CREATED,
        "deletedAt": None,
        **fields,
    }


def integration_version(version_id: str, integration_id: str, **fields: object) -> Row:
    return {
        "type": "integrationVersion",
        "id": version_id,
        "integrationId": integration_id,
        "version": "2.0.0",
        "changelog": None,
        "publishedBy": "usr_ada",
        "publishedAt": CREATED,
        **fields,
    }


def workspace(workspace_id: str, handle: str, **fields: object) -> Row:
    return {
        "type": "workspace",
        "id": workspace_id,
        "organizationId": None,
        "name": handle.title(),
        "handle": handle,
        "ownerId": "usr_ada",
        "defaultRetentionTier": None,
        "createdAt": CREATED,
        "updatedAt": CREATED,
        "deletedAt": None,
        **fields,
    }


def user(user_id: str, **fields: object) -> Row:
    name = user_id.removeprefix("usr_")
    return {
        "type": "user",
        "id": user_id,
        "name": name.title(),
        "email": f"{name}@example.com",
        "handle": name,
        "role": "user",
        "createdAt": CREATED,
        **fields,
    }


def role(user_id: str, workspace_id: str, name: str, **fields: object) -> Row:
    return {
        "type": "workspaceMember",
        "id": f"wsm_{user_id}_{workspace_id}",
        "workspaceId": workspace_id,
        "userId": user_id,
        "role": name,
        "createdAt": CREATED,
        **fields,
    }


def api_key(key_id: str, secret: str, **fields: object) -> Row:
    """A workspace's secret key."""
    return {
        "type": "apiKey",
        "id": key_id,
        "kind": "sec",
        "workspaceId": WORKSPACE,
        "role": "admin",
        "secretSha256": digest(secret),
        **fields,
    }


def install(install_id: str, **fields: object) -> Row:
    return {
        "type": "install",
        "id": install_id,
        "integrationId": INTEGRATION,
        "integrationVersionId": "ver_crm_2",
        "workspaceId": WORKSPACE,
        "variables": {"region": VALUE},
        "memberPolicy": "auto_all",
        "installedBy": "usr_ada",
        "installedAt": CREATED,
        **{field.name: None for field in INSTALL.fields.values() if field.nullable},
        **fields,
    }


def member(member_id: str, install_id: str, **fields: object) -> Row:
    return {
        "type": "integrationMember",
        "id": member_id,
        "integrationInstallId": install_id,
        "workspaceId": WORKSPACE,
        "entityId": f"ent_{member_id}",
        "entityVersionId": None,
        "sourceMemberSlug": "contacts",
        "isClone": False,
        "sourceVersionId": None,
        "detached": False,
        "enabled": True,
        "permissions": {},
        "addedBy": "usr_ada",
        "addedAt": CREATED,
        "deletedAt": None,
        "retentionTier": None,
        **fields,
    }


def solution(solution_id: str, **fields: object) -> Row:
    return {
        "type": "solution",
        "id": solution_id,
        "workspaceId": WORKSPACE,
        "name": "Sales",
        "description": None,
        "createdBy": "usr_ada",
        "createdAt": CREATED,
        "updatedAt": CREATED,
        "deletedAt": None,
        "retentionTier": None,
        **fields,
    }


def solution_member(member_id: str, solution_id: str, entity_id: str, **fields: object) -> Row:
    return {
        "type": "solutionMember",
        "id": member_id,
        "solutionId": solution_id,
        "entityId": entity_id,
        "addedBy": "usr_ada",
        "addedAt": CREATED,
        "deletedAt": None,
        "retentionTier": None,
        **fields,
    }


def stored(row: Row) -> Row:
    """A row as the table holds it: without its type, its JSON objects as their text."""
    return {
        field: json.dumps(value, separators=(",", ":")) if isinstance(value, dict) else value
        for field, value in row.items()
        if field != "type"
    }


def write(path: Path, rows: Iterable[Row]) -> Path:
    """Write the rows as an import file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
