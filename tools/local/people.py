"""Users of the table: for the pages' sign-in, and for the lines to paste at the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from installs.store import items, keys, scans
from installs.store.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
    table = Table(table_name, tables)
    for role in map(items.decode, scans.with_prefix(table, keys.ROLE_PREFIX)):
        roles.setdefault(role["userId"], {})[role["workspaceId"]] = role["role"]
    listed = [
        User(row["id"], row["name"], row["role"] == "admin", roles.get(row["id"], {}))
        for row in map(items.decode, scans.with_sort_key(table, keys.user("").sk))
    ]
    return sorted(listed, key=lambda user: user.id)


def workspace_names(tables: DynamoDBClient, table_name: str) -> dict[str, str]:
    """Return the names of all workspaces, by id."""
    found = scans.with_sort_key(Table(table_name, tables), keys.workspace("").sk)
    return {row["id"]: row["name"] for row in map(items.decode, found)}


def page_settings(
    base_url: str, known: Iterable[User], workspaces: Mapping[str, str], key: SigningKey
) -> dict[str, Any]:
    """Return the pages' settings as JSON.

    They are the API's URL, a fresh token for each user, and the workspaces' names.
    """
    return {
        "baseUrl": base_url,
        "workspaces": dict(workspaces),
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
    table = Table(table_name, tables)
    roles = map(items.decode, scans.with_prefix(table, keys.ROLE_PREFIX))
    editors = {role["workspaceId"]: role["userId"] for role in roles if role["role"] == "editor"}
    installs = map(items.decode, scans.with_sort_key(table, keys.INSTALL_SK))
    sampled = [
        install
        for install in installs
        if install["workspaceId"] in editors
        and "deletedAt" not in install
        and "parentInstallId" not in install
    ]
    best = min(
        sampled, key=lambda install: ("solutionId" not in install, install["id"]), default=None
    )
    return None if best is None else (editors[best["workspaceId"]], best["id"])
