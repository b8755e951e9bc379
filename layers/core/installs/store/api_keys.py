"""API keys in the table: by the hash of their secret, and by their id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from installs.model import ApiKey
from installs.store import keys
from installs.store.items import FIELD_NAMES, decode
from installs.store.table import Range

if TYPE_CHECKING:
    from installs.store.items import Item
    from installs.store.table import Table

KEY_ID: Final = "keyId"
"""The attribute of a secret's pointer that has the id of its key."""


def by_secret(table: Table, secret_sha256: str) -> ApiKey | None:
    """Read the key of a secret, revoked or not; strongly consistent."""
    pointer = table.get(keys.secret(secret_sha256))
    item = None if pointer is None else table.get(keys.api_key(decode(pointer)[KEY_ID]))
    return None if item is None else of_item(item)


def by_id(table: Table, key_id: str) -> ApiKey | None:
    """Read a key by its id, revoked or not; strongly consistent.

    This queries the partition, as for roles: every endpoint has that permission already.
    """
    items = table.query(Range(keys.api_key(key_id).pk), consistent=True)
    return next(map(of_item, items), None)


def workspace_is_closed(table: Table, workspace_id: str) -> bool:
    """Return True if the workspace is deleted or absent; strongly consistent."""
    item = table.get(keys.workspace(workspace_id))
    return item is None or "deletedAt" in item


def of_item(item: Item) -> ApiKey:
    """Decode a key."""
    values = decode(item)
    fields: list[Any] = [values.get(attribute) for _, attribute in FIELD_NAMES[ApiKey]]
    return ApiKey(*fields)
