"""API keys and the pointers from the hashes of their secrets: one leads to the other.

A key without its pointer opens nothing; a pointer without its key refuses its secret to others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from installs.store import keys
from installs.store.api_keys import KEY_ID
from installs.store.expressions import Check, Delete, Equals, Missing, Update, same
from tools.operate.findings import Finding, write_repair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from installs.store.items import Item
    from installs.store.table import Table

_SECRET: Final = "secretSha256"  # noqa: S105 - the name of an attribute


@dataclass(slots=True)
class Secrets:
    """The API keys and the pointers of a scan."""

    hashes: dict[str, str] = field(default_factory=dict)
    """By API key: the hash of its secret."""
    pointers: dict[str, str] = field(default_factory=dict)
    """By hash: the API key that its pointer names."""

    def add(self, kind: str, owner_id: str, item: Item) -> None:
        """Add an API key or a pointer."""
        if kind == "KEY":
            self.hashes[owner_id] = item[_SECRET]["S"]
        else:
            self.pointers[owner_id] = item[KEY_ID]["S"]


def verify_secrets(table: Table, seen: Secrets, *, repair: bool) -> Iterator[Finding]:
    """Report API keys and pointers that do not agree, in two consecutive looks."""
    for key_id in sorted(seen.hashes):
        if seen.pointers.get(seen.hashes[key_id]) == key_id:
            continue
        digest, holder = look = _key(table, key_id)
        if digest is not None and holder != key_id and look == _key(table, key_id):
            fault = "its secret leads to no key" if holder is None else f"its secret is {holder}'s"
            repaired = _point(table, key_id, digest, holder) if repair else None
            yield Finding(f"apiKey {key_id}", (fault,), repaired)
    for hashed in sorted(seen.pointers):
        if seen.hashes.get(seen.pointers[hashed]) == hashed:
            continue
        holder, other = look = _pointer(table, hashed)
        if holder is not None and other != hashed and look == _pointer(table, hashed):
            fault = f"leads to the API key {holder}, which has another secret or is gone"
            repaired = _drop(table, hashed, holder, other) if repair else None
            yield Finding(f"secret {hashed}", (fault,), repaired)


def _key(table: Table, key_id: str) -> tuple[str | None, str | None]:
    """Return the hash of a key's secret, and the key that its pointer names."""
    digest = _hash(table, key_id)
    return digest, None if digest is None else _holder(table, digest)


def _pointer(table: Table, digest: str) -> tuple[str | None, str | None]:
    """Return the key that a pointer names, and the hash of that key's secret."""
    holder = _holder(table, digest)
    return holder, None if holder is None else _hash(table, holder)


def _hash(table: Table, key_id: str) -> str | None:
    item = table.get(keys.api_key(key_id))
    return None if item is None else item[_SECRET]["S"]


def _holder(table: Table, digest: str) -> str | None:
    item = table.get(keys.secret(digest))
    return None if item is None else item[KEY_ID]["S"]


def _point(table: Table, key_id: str, digest: str, holder: str | None) -> bool:
    """Write a missing pointer; one that another key has, too, is left to a hand."""
    if holder is not None and _hash(table, holder) == digest:
        return False
    pointer = Update(keys.secret(digest), [same(KEY_ID, holder)], set={KEY_ID: key_id})
    return write_repair(table, [pointer, Check(keys.api_key(key_id), [Equals(_SECRET, digest)])])


def _drop(table: Table, digest: str, holder: str, other: str | None) -> bool:
    """Delete a pointer that leads astray."""
    guard = [Missing()] if other is None else [Equals(_SECRET, other)]
    pointer = Delete(keys.secret(digest), [Equals(KEY_ID, holder)])
    return write_repair(table, [pointer, Check(keys.api_key(holder), guard)])
