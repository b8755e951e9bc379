"""API keys: the syntax of secrets, their hashes, and the rights of keys (section 8).

A secret is ``<kind>_<43 characters of base64url>``: 256 random bits. The table holds its SHA-256
alone; with so many bits, no salt and no slow hash are needed. It is found by that hash, never by
comparing strings, so that the time of a look-up tells nothing of a secret.
"""

from __future__ import annotations

import re
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from installs.clock import timestamp
from installs.principals import KeyKind, WorkspaceRole

if TYPE_CHECKING:
    from datetime import datetime

    from installs.model import ApiKey

MAX_LABEL: Final = 200
"""The most characters of a key's label."""

_SECRET_BYTES: Final = 32
_SECRET: Final = re.compile(rf"({'|'.join(KeyKind)})_[A-Za-z0-9_-]{{1,252}}", re.ASCII)


def new_secret(kind: KeyKind) -> str:
    """Return a random secret, which is shown once and never stored."""
    import secrets  # here, since only tools make keys, and the authorizer's start would wait for it

    return f"{kind}_{secrets.token_urlsafe(_SECRET_BYTES)}"


def is_secret(text: str) -> bool:
    """Return True if a bearer token has the form of an API key."""
    return _SECRET.fullmatch(text) is not None


def digest(secret: str) -> str:
    """Return the SHA-256 of a secret in lower-case hexadecimal, as rows have it."""
    return sha256(secret.encode()).hexdigest()


def opens(key: ApiKey, secret: str) -> bool:
    """Return True if a secret is the key's, compared in constant time."""
    same = compare_digest(digest(secret), key.secret_sha256)
    return same and secret.startswith(f"{key.kind}_")


def works(key: ApiKey, now: datetime) -> bool:
    """Return True if the key is neither revoked nor expired."""
    return key.deleted_at is None and (key.expires_at is None or timestamp(now) < key.expires_at)


def workspace_role(key: ApiKey) -> WorkspaceRole:
    """Return the role of a workspace's key: a public one reads, whatever its row says."""
    return WorkspaceRole.VIEWER if key.kind == KeyKind.PUBLIC else WorkspaceRole(key.role)
