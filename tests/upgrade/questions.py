"""Calls whose answers a release records: each plan of the list, each kind of caller."""

from __future__ import annotations

import json
from typing import Final

from tests import rows

Query = dict[str, str]

CALLERS: Final = (
    ("usr_root", "user"),
    ("usr_ada", "user"),
    ("usr_vera", "user"),
    ("usr_sam", "user"),
    ("key_pub", "key"),
    ("key_tok", "key"),
)
"""Principals and their kinds: a platform admin, members of workspaces, a stranger, API keys."""


def _filter(**condition: object) -> Query:
    return {"filter": json.dumps(condition)}


def _order(*fields: dict[str, str]) -> Query:
    return {"orderBy": json.dumps(fields)}


WITH_DELETED: Final[Query] = {"include_deleted": "true"}
TRASH: Final[Query] = {"include_deleted": "only"}

QUERIES: Final[tuple[Query, ...]] = (
    {},
    WITH_DELETED,
    TRASH,
    {"limit": "5"},
    {"limit": "7", **_order({"lastUpgradedAt": "asc"})},
    {"limit": "4", **WITH_DELETED, **_order({"memberPolicy": "desc"})},
    {"workspace_id": rows.WORKSPACE},
    {"workspace_id": "wsp_short", **WITH_DELETED},
    {"workspace_id": "wsp_keep", **TRASH},
    {"integration_id": "itg_crm"},
    {"integration_id": "itg_mail", **WITH_DELETED},
    {"workspace_id": rows.WORKSPACE, "integration_id": "itg_crm"},
    {"parent_install_id": "ins_live"},
    {"parent_install_id": "ins_deleted", **WITH_DELETED},
    {"parent_install_id": "ins_apart", **TRASH},
    {"solution_id": "sol_shared", **WITH_DELETED},
    {"solution_id": "sol_live"},
    {"member_policy": "manual"},
    {"retention_tier": "medium"},
    {"retention_tier": "none"},
    {"retention_tier": "long"},
    {"installed_by": "usr_ada", "limit": "3"},
    {"integration_version_id": "ver_mail_1", **WITH_DELETED},
    {"ids": "ins_live,ins_deleted,ins_purged,ins_expired,ins_kinds", **WITH_DELETED},
    _order({"installedAt": "asc"}),
    _order({"lastUpgradedAt": "asc"}),
    _order({"lastUpgradedAt": "desc_nulls_last"}, {"id": "asc"}),
    {**TRASH, **_order({"deletedAt": "desc"})},
    _order({"workspaceId": "asc"}, {"installedAt": "desc"}),
    _order({"solutionId": "asc_nulls_first"}),
    _filter(variables={"path": ["pages"], "eq": True}),
    _filter(variables={"path": ["n"], "gte": 1}),
    _filter(variables={"hasKey": "deep"}),
    _filter(members={"some": {"enabled": True}}),
    _filter(members={"some": {"enabled": False}}),
    _filter(members={"every": {"detached": False}}),
    _filter(members={"some": {"isClone": True}}),
    _filter(members={"some": {"deletedAt": {"isNull": False}}}),
    _filter(addOns={"some": {"deletedAt": {"isNull": False}}}),
    _filter(addOns={"some": {"memberPolicy": "auto_all"}}),
    _filter(solution={"name": {"startsWithi": "SH"}}),
    _filter(integration={"name": {"eqi": "mai\u0308l & so\u0308hne"}}),
    _filter(installer={"handle": "ada"}, workspace={"handle": "acme"}),
    _filter(parentInstall={"solutionId": "sol_live"}),
    _filter(deletedAt={"gte": "2026-11-01T00:00:00.000Z"}),
    _filter(OR=[{"solutionId": {"isNull": False}}, {"authStateId": "aut_1"}]),
    _filter(NOT={"lastUpgradedAt": {"lt": "2026-05-20T00:00:00.000Z"}}),
    _filter(integrationVersion={"changelog": {"isNull": False}}),
)
