"""Principals: the kinds of callers and of API keys, and their roles (CONTRACT.md section 8).

Apart from the rows, which the authorizer's start need not wait for.
"""

from __future__ import annotations

from enum import StrEnum


class UserRole(StrEnum):
    """A user's role on the platform; ``admin`` sees every workspace."""

    ADMIN = "admin"
    USER = "user"
    SERVICE = "service"


class WorkspaceRole(StrEnum):
    """A caller's role in one workspace (CONTRACT.md section 8)."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"


class PrincipalKind(StrEnum):
    """The kind of a caller: a user, or an API key."""

    USER = "user"
    KEY = "key"


class KeyKind(StrEnum):
    """The kinds of API key: secret, public, and a user's token."""

    SECRET = "sec"  # noqa: S105 - a kind, no secret
    PUBLIC = "pub"
    TOKEN = "tok"  # noqa: S105 - a kind, no secret
