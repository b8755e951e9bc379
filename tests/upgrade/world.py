"""The rows of a release's table, and what is done to them before it is dumped."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from tests import rows

SECRETS: Final = {
    "key_sec": "sec_" + "s" * 43,
    "key_low": "sec_" + "l" * 43,
    "key_pub": "pub_" + "p" * 43,
    "key_tok": "tok_" + "t" * 43,
    "key_expired": "sec_" + "e" * 43,
    "key_revoked": "sec_" + "r" * 43,
    "key_closed": "sec_" + "c" * 43,
}
"""The secrets of the API keys, by id."""


def settled() -> list[rows.Row]:
    """Rows of every kind: those of the table whose cascades are finished."""
    lines = _base()
    for name in ("live", "deleted", "restored", "purged", "apart"):
        lines += rows.family(name)
    for name, workspace_id in (
        ("expired", "wsp_short"),
        ("kept", "wsp_keep"),
        ("closed", "wsp_closed"),
    ):
        lines += [_moved(row, workspace_id) for row in rows.family(name)]
    return [*lines, *_shared_solution(), *_came_in_deleted(), *_odd(), *_keys()]


def under_way() -> list[rows.Row]:
    """Rows of the table whose cascades are cut short."""
    lines = rows.base()
    for name in ("unfinished", "restoring", "purging", "mate"):
        lines += rows.family(name)
    return lines


def _base() -> list[rows.Row]:
    lines = rows.base()
    crm = next(row for row in lines if row["type"] == "integration")
    return [
        *lines,
        rows.workspace("wsp_short", "short") | {"defaultRetentionTier": "short"},
        rows.workspace("wsp_keep", "keep") | {"defaultRetentionTier": "none"},
        rows.workspace("wsp_closed", "closed") | {"deletedAt": "2026-10-01T00:00:00.000Z"},
        rows.user("usr_root") | {"role": "admin"},
        *(rows.role("usr_ada", name, "admin") for name in ("wsp_short", "wsp_keep", "wsp_closed")),
        rows.role("usr_vera", "wsp_short", "viewer"),
        crm
        | {
            "id": "itg_mail",
            "slug": "mail",
            "name": "Maïl & Söhne",
            "visibility": "public",
            "workspaceId": "wsp_other",
            "description": "sends mail",
        },
        crm
        | {
            "id": "itg_gone",
            "slug": "gone",
            "name": "Gone",
            "deletedAt": "2026-09-01T00:00:00.000Z",
        },
        {
            "type": "integrationVersion",
            "id": "ver_mail_1",
            "integrationId": "itg_mail",
            "version": "1.0.0",
            "changelog": "first",
            "publishedBy": "usr_sam",
            "publishedAt": rows.CREATED,
        },
    ]


def _moved(row: rows.Row, workspace_id: str) -> rows.Row:
    return row | ({"workspaceId": workspace_id} if "workspaceId" in row else {})


def _shared_solution() -> list[rows.Row]:
    """Two installs in one solution; one of them is uninstalled."""
    return [
        rows.solution("sol_shared", name="Shared", description="two installs"),
        rows.install(
            "ins_shared_a",
            solutionId="sol_shared",
            integrationId="itg_mail",
            integrationVersionId="ver_mail_1",
            memberPolicy="manual",
        ),
        rows.install(
            "ins_shared_b",
            solutionId="sol_shared",
            memberPolicy="auto_defaults",
            authStateId="aut_1",
        ),
        rows.member(
            "mem_shared_a",
            "ins_shared_a",
            isClone=True,
            sourceVersionId="ver_mail_1",
            permissions={"read": True, "scopes": ["a", "b"]},
        ),
        rows.member("mem_shared_b", "ins_shared_b"),
        rows.solution_member("som_shared_a", "sol_shared", "ent_mem_shared_a"),
        rows.solution_member("som_shared_b", "sol_shared", "ent_mem_shared_b"),
    ]


def _came_in_deleted() -> list[rows.Row]:
    """A deleted install with dependents, and a member that was deleted by itself before it."""
    gone = {"deletedAt": "2026-10-20T08:00:00.000Z", "retentionTier": "long"}
    before = {"deletedAt": "2026-10-01T00:00:00.000Z", "retentionTier": "none"}
    return [
        rows.install("ins_old", **gone),
        rows.member("mem_old", "ins_old", enabled=False, **gone),
        rows.install("ins_old_addon", parentInstallId="ins_old", **gone),
        rows.member("mem_old_before", "ins_old", enabled=False, **before),
    ]


def _odd() -> list[rows.Row]:
    """An install with variables of every kind, and thirty to page through."""
    return [
        rows.install(
            "ins_kinds",
            variables={
                "n": 1.10,
                "big": 12345678901234567890,
                "deep": {"list": [1, None, "x", {"y": False}]},
                "text": 'é 中 \u0000 " #',
            },
            installedAt="2026-02-03T04:05:06.789Z",
            lastUpgradedAt="2026-06-07T08:09:10.111Z",
            memberPolicy="manual",
        ),
        *rows.to_page_through(),
    ]


def _keys() -> list[rows.Row]:
    in_workspace = {"workspaceId": rows.WORKSPACE}
    past = "2026-10-01T00:00:00.000Z"
    return [
        _key("key_sec", role="admin", **in_workspace),
        _key("key_low", role="editor", expiresAt="2036-01-01T00:00:00.000Z", **in_workspace),
        _key("key_pub", **in_workspace),
        _key("key_tok", userId="usr_ada"),
        _key("key_expired", role="admin", expiresAt=past, **in_workspace),
        _key("key_revoked", role="admin", deletedAt=past, **in_workspace),
        _key("key_closed", role="admin", workspaceId="wsp_closed"),
    ]


def _key(key_id: str, **fields: object) -> rows.Row:
    secret = SECRETS[key_id]
    return {
        "type": "apiKey",
        "id": key_id,
        "kind": secret[:3],
        "workspaceId": None,
        "userId": None,
        "role": "viewer",
        "secretSha256": sha256(secret.encode()).hexdigest(),
        "expiresAt": None,
        "deletedAt": None,
        **fields,
    }
