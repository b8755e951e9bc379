"""Rows of API keys: create, list and revoke (CONTRACT.md section 8).

A secret is shown once, at its creation. The table stores only its SHA-256.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from installs import api_keys
from installs.clock import timestamp
from installs.ids import is_id
from installs.model import ApiKey
from installs.principals import KeyKind, WorkspaceRole
from installs.store import api_keys as stored
from installs.store import items, keys, scans
from installs.store.expressions import Exists, Missing, Update
from installs.store.table import ConditionFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from installs.store.table import Table


class ApiKeyError(Exception):
    """A request that cannot be carried out; its message is for the caller."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A new key, and its secret, which cannot be read again."""

    key: ApiKey
    secret: str


def create(
    table: Table,
    kind: KeyKind,
    owner: str,
    *,
    role: WorkspaceRole | None = None,
    days: int | None = None,
    label: str | None = None,
) -> NewKey:
    """Create a key of a workspace (``sec``, ``pub``) or of a user (``tok``).

    ``role`` is for ``sec`` only, admin by default. ``days``: until it expires; never by default.
    ``label``: words for people.

    Raises
    ------
    ApiKeyError
        There is no such owner, or the kind has no role to choose.
    """
    of_user = kind is KeyKind.TOKEN
    if role is not None and kind is not KeyKind.SECRET:
        raise ApiKeyError("Only a key of kind sec has a role: pub reads, tok acts as its user.")
    owner_key = keys.user(owner) if of_user else keys.workspace(owner)
    if label is not None and not 0 < len(label) <= api_keys.MAX_LABEL:
        raise ApiKeyError(f"A label has 1 to {api_keys.MAX_LABEL} characters.")
    if not is_id(owner) or table.get(owner_key) is None:
        raise ApiKeyError(f"There is no {'user' if of_user else 'workspace'} {owner}.")
    secret = api_keys.new_secret(kind)
    now = datetime.now(UTC)
    expires = None if days is None else timestamp(now + timedelta(days=days))
    key = ApiKey(
        id=f"key_{uuid4().hex}",
        kind=kind,
        workspace_id=None if of_user else owner,
        user_id=owner if of_user else None,
        role=role or (WorkspaceRole.ADMIN if kind is KeyKind.SECRET else WorkspaceRole.VIEWER),
        secret_sha256=api_keys.digest(secret),
        expires_at=expires,
        deleted_at=None,
        label=label,
        created_at=timestamp(now),
    )
    fields = items.decode(items.row_to_item(keys.api_key(key.id), key))
    attributes = {name: value for name, value in fields.items() if name not in (keys.PK, keys.SK)}
    table.transact(
        [
            Update(keys.api_key(key.id), (Missing(),), set=attributes),
            Update(keys.secret(key.secret_sha256), (Missing(),), set={stored.KEY_ID: key.id}),
        ]
    )
    return NewKey(key, secret)


def list_all(table: Table) -> Iterator[ApiKey]:
    """Return every key, also revoked and expired ones. Scans the whole table."""
    return map(stored.of_item, scans.with_sort_key(table, keys.api_key("").sk))


def revoke(table: Table, key_id: str) -> None:
    """Revoke a key for good; its row stays, with the time.

    Raises
    ------
    ApiKeyError
        There is no such key, or it is revoked already.
    """
    now = timestamp(datetime.now(UTC))
    conditions = Exists(), Missing("deletedAt")
    try:
        table.transact([Update(keys.api_key(key_id), conditions, set={"deletedAt": now})])
    except ConditionFailedError as error:
        raise ApiKeyError(f"There is no valid key {key_id}.") from error
