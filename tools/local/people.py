"""Users of the table: for the pages' sign-in, and for the lines to paste at the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from installs.store import items, keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from tools.tokens import SigningKey


@dataclass(frozen=True, slots=True)
class User:
    """A user and its roles."""

    id: str
    name: str
    is_admin: bool
    """True if the user sees every workspace."""
    roles: Mapping[str, str]
    """By workspace."""


def users(tables: DynamoDBClient, table_name: str) -> list[User]:
    """All users, by id."""
    roles: dict[str, dict[str, str]] = {}
    for role in _rows(tables, table_name, "begins_with(sk, :kind)", keys.ROLE_PREFIX):
        roles.setdefault(role["userId"], {})[role["workspaceId"]] = role["role"]
    found = [
        User(row["id"], row["name"], row["role"] == "admin", roles.get(row["id"], {}))
        for row in _rows(tables, table_name, "sk = :kind", "USER")
    ]
    return sorted(found, key=lambda user: user.id)


def page_settings(base_url: str, known: Iterable[User], key: SigningKey) -> dict[str, Any]:
    """Return the pages' settings as JSON: the API's URL, and a fresh token for each user."""
    return {
        "baseUrl": base_url,
        "users": [
            {
                "id": user.id,
                "name": user.name,
                "admin": user.is_admin,
                "roles": dict(user.roles),
                "token": key.token(user.id),
            }
            for user in known
        ],
    }


def sample(tables: DynamoDBClient, table_name: str) -> tuple[str, str] | None:
    """A user and an install in a workspace where the user is an editor, best one in a solution."""
    roles = _rows(tables, table_name, "begins_with(sk, :kind)", keys.ROLE_PREFIX)
    editors = {one["workspaceId"]: one["userId"] for one in roles if one["role"] == "editor"}
    installs = _rows(tables, table_name, "sk = :kind", keys.INSTALL_SK)
    shown = [
        one
        for one in installs
        if one["workspaceId"] in editors and "deletedAt" not in one and "parentInstallId" not in one
    ]
    best = min(shown, key=lambda one: ("solutionId" not in one, one["id"]), default=None)
    return None if best is None else (editors[best["workspaceId"]], best["id"])


def _rows(
    tables: DynamoDBClient, table_name: str, condition: str, kind: str
) -> Iterator[dict[str, Any]]:
    pages = tables.get_paginator("scan").paginate(
        TableName=table_name,
        FilterExpression=condition,
        ExpressionAttributeValues={":kind": {"S": kind}},
    )
    return (items.decode(cast("items.Item", item)) for page in pages for item in page["Items"])
