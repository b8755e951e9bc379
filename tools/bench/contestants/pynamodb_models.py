"""A peer: PynamoDB's models, and the standard library's JSON."""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from installs.store import keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tools.bench.contestants.events import Answer, Event

NAME = "PynamoDB"


class ByWorkspace(GlobalSecondaryIndex["Install"]):  # type: ignore[no-untyped-call]
    """The live and the deleted installs of a workspace."""

    class Meta:
        """Where it is."""

        index_name = "byWorkspace"
        projection = AllProjection()

    workspaceKey = UnicodeAttribute(hash_key=True)
    installedKey = UnicodeAttribute(range_key=True)


class ByIntegration(GlobalSecondaryIndex["Install"]):  # type: ignore[no-untyped-call]
    """The live and the deleted installs of an integration."""

    class Meta:
        """Where it is."""

        index_name = "byIntegration"
        projection = AllProjection()

    integrationKey = UnicodeAttribute(hash_key=True)
    workspaceInstalledKey = UnicodeAttribute(range_key=True)


class _Meta:
    table_name = os.environ["TABLE_NAME"]
    host = os.environ["AWS_ENDPOINT_URL_DYNAMODB"]
    region = os.environ["AWS_DEFAULT_REGION"]


class Install(Model):
    """An install (CONTRACT.md section 1), and the keys of the indexes."""

    Meta = _Meta  # type: ignore[assignment]

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    by_workspace = ByWorkspace()
    by_integration = ByIntegration()
    workspaceKey = UnicodeAttribute()
    installedKey = UnicodeAttribute()
    latestKey = UnicodeAttribute()
    integrationKey = UnicodeAttribute()
    workspaceInstalledKey = UnicodeAttribute()
    shardKey = UnicodeAttribute()
    solutionKey = UnicodeAttribute(null=True)
    purgeAt = NumberAttribute(null=True)
    id = UnicodeAttribute()
    integrationId = UnicodeAttribute()
    integrationVersionId = UnicodeAttribute()
    workspaceId = UnicodeAttribute()
    variables = UnicodeAttribute()
    authStateId = UnicodeAttribute(null=True)
    memberPolicy = UnicodeAttribute()
    parentInstallId = UnicodeAttribute(null=True)
    solutionId = UnicodeAttribute(null=True)
    installedBy = UnicodeAttribute()
    installedAt = UnicodeAttribute()
    lastUpgradedAt = UnicodeAttribute(null=True)
    deletedAt = UnicodeAttribute(null=True)
    retentionTier = UnicodeAttribute(null=True)

    def shown(self) -> dict[str, Any]:
        """The install as the API shows it."""
        row = {name: getattr(self, name) for name in SHOWN}
        return row | {"variables": json.loads(self.variables)}


class Role(Model):
    """A user's place in a workspace."""

    Meta = _Meta  # type: ignore[assignment]

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    workspaceId = UnicodeAttribute()


SHOWN = (
    "id", "integrationId", "integrationVersionId", "workspaceId", "variables", "authStateId",
    "memberPolicy", "parentInstallId", "solutionId", "installedBy", "installedAt",
    "lastUpgradedAt", "deletedAt", "retentionTier",
)  # fmt: skip


def handler(event: Event) -> Answer:
    """Answer a request."""
    install = (event["pathParameters"] or {}).get("id")
    if install is None:
        user = event["requestContext"]["authorizer"]["principal"]
        answer: object = _list(event["queryStringParameters"] or {}, user)
    elif event["httpMethod"] == "GET":
        answer = _install(install).shown()
    elif event["httpMethod"] == "DELETE":
        answer = _uninstall(install)
    else:
        answer = _restore(install)
    headers = {"Content-Type": "application/json"}
    return {"statusCode": 200, "headers": headers, "body": json.dumps(answer)}


def _list(query: dict[str, str], user: str) -> dict[str, Any]:
    limit = int(query.get("limit", 100))
    workspace, back = query.get("workspace_id"), "before" in query
    if "ids" in query:
        wanted = [astuple(keys.install(one)) for one in query["ids"].split(",")]
        rows = _newest_first(Install.batch_get(wanted))
    elif workspace is None:
        rows = _newest_first(row for one in _workspaces(user) for row in _newest(one, limit + 1))
    elif "filter" in query or "orderBy" in query:
        rows = list(Install.by_workspace.query(f"{workspace}#live"))
        rows = _sorted(_filtered(rows, query), query)
    elif "integration_id" in query:
        rows = list(
            Install.by_integration.query(
                f"{query['integration_id']}#live",
                Install.workspaceInstalledKey.startswith(f"{workspace}#"),
                scan_index_forward=False, limit=limit + 1, page_size=limit + 1,
            )
        )  # fmt: skip
    else:
        start = query.get("before") or query.get("after")
        rows = _newest(workspace, limit + 1, start, forward=back)
    more = len(rows) > limit
    rows = rows[:limit][::-1] if back else rows[:limit]
    return {
        "data": [row.shown() for row in rows],
        "pageInfo": {
            "total": None,
            "hasNextPage": back or more,
            "hasPreviousPage": more if back else "after" in query,
            "startCursor": _encode(rows[0]) if rows else None,
            "endCursor": _encode(rows[-1]) if rows else None,
        },
    }


@cache
def _workspaces(user: str) -> Sequence[str]:
    mine = Role.query(f"USER#{user}", Role.sk.startswith(keys.ROLE_PREFIX))
    return [role.workspaceId for role in mine]


def _newest(
    workspace: str, limit: int, cursor: str | None = None, *, forward: bool = False
) -> list[Install]:
    start = None if cursor is None else json.loads(urlsafe_b64decode(cursor))
    return list(
        Install.by_workspace.query(
            f"{workspace}#live", scan_index_forward=forward, limit=limit, page_size=limit,
            last_evaluated_key=start,
        )
    )  # fmt: skip


def _newest_first(rows: Iterable[Install]) -> list[Install]:
    return sorted(rows, key=lambda row: row.installedKey, reverse=True)


def _filtered(rows: list[Install], query: dict[str, str]) -> list[Install]:
    wanted = json.loads(query.get("filter", "{}")).get("variables")
    if not wanted:
        return rows
    (name,) = wanted["path"]
    return [row for row in rows if json.loads(row.variables).get(name) == wanted["eq"]]


def _sorted(rows: list[Install], query: dict[str, str]) -> list[Install]:
    for key in reversed(json.loads(query.get("orderBy", "[]"))):
        ((name, direction),) = key.items()
        rows = sorted(rows, key=lambda row: str(getattr(row, name)), reverse=direction == "desc")
    return rows


def _install(install_id: str) -> Install:
    key = keys.install(install_id)
    return Install.get(key.pk, key.sk, consistent_read=True)


def _uninstall(install_id: str) -> dict[str, Any]:
    row, now = _install(install_id), datetime.now(UTC)
    at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    row.update(
        actions=[
            Install.deletedAt.set(at),
            Install.retentionTier.set("medium"),
            Install.purgeAt.set(int((now + timedelta(days=30)).timestamp())),
            Install.latestKey.set(keys.latest(at, install_id)),
            *_moved(row, "deleted"),
        ],
        condition=Install.deletedAt.does_not_exist(),
    )
    return {"success": True}


def _restore(install_id: str) -> dict[str, Any]:
    row = _install(install_id)
    row.update(
        actions=[
            Install.deletedAt.remove(),
            Install.retentionTier.remove(),
            Install.purgeAt.remove(),
            Install.latestKey.set(keys.latest(row.lastUpgradedAt, install_id)),
            *_moved(row, "live"),
        ],
        condition=Install.deletedAt.exists(),
    )
    return row.shown()


def _moved(row: Install, state: str) -> list[Any]:
    names = ("workspaceKey", "integrationKey", "shardKey", "solutionKey")
    there = [(getattr(Install, name), getattr(row, name)) for name in names]
    return [key.set(f"{value.rsplit('#', 1)[0]}#{state}") for key, value in there if value]


def _encode(row: Install) -> str:
    key = {name: {"S": getattr(row, name)} for name in ("pk", "sk", "workspaceKey", "installedKey")}
    return urlsafe_b64encode(json.dumps(key).encode()).decode()
