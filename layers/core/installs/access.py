"""Access control: the caller, the caller's scope, and the caller's roles (CONTRACT.md section 8).

Roles are rows of the table, never claims of a token.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from installs import api_keys, clock
from installs.errors import ForbiddenError, NotFoundError, UnauthorizedError
from installs.principals import KeyKind, PrincipalKind, UserRole, WorkspaceRole
from installs.store import api_keys as stored_keys
from installs.store import roles

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from installs.lifecycle import InstallState
    from installs.store.table import Table

CACHE_SECONDS: Final = 20
"""The time for which a warm function may serve reads from cached roles.

With the 30 seconds of the authorizer's cache this keeps within the 60 of the contract.
"""

_RANK: Final = {role: rank for rank, role in enumerate(WorkspaceRole)}


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller that the authorizer found: the id of a user or of an API key."""

    id: str
    kind: PrincipalKind = PrincipalKind.USER


@dataclass(frozen=True, slots=True)
class Scope:
    """The workspaces that a caller sees, with the role in each; or all workspaces."""

    all_workspaces: bool = False
    roles: Mapping[str, WorkspaceRole] = field(default_factory=dict)
    public: bool = False
    """True for a public key, which is shown less of people (section 8)."""

    @property
    def workspace_ids(self) -> frozenset[str] | None:
        """The ids of the workspaces; ``None`` is all workspaces."""
        return None if self.all_workspaces else frozenset(self.roles)

    def role(self, workspace_id: str) -> WorkspaceRole | None:
        """Return the role in a workspace; ``None`` if the caller does not see it."""
        return WorkspaceRole.ADMIN if self.all_workspaces else self.roles.get(workspace_id)


_scopes: dict[tuple[str, Principal], tuple[clock.Stamp, Scope]] = {}


def scope_of(table: Table, principal: Principal, *, fresh: bool = False) -> Scope:
    """Return the caller's scope; read again if ``fresh`` (for writes) or if the cache is old.

    Raises
    ------
    UnauthorizedError
        The caller is an API key that was revoked or has expired since it was authorized.
    """
    key = (table.name, principal)
    cached = _scopes.get(key)
    if not fresh and cached is not None and cached[0].within(CACHE_SECONDS):
        return cached[1]
    _scopes.pop(key, None)
    stamp = clock.Stamp()  # taken before the read, which may be slow
    by_key = principal.kind is PrincipalKind.KEY
    scope = _key_scope(table, principal.id) if by_key else _user_scope(table, principal.id)
    if len(_scopes) >= 1000:
        _scopes.clear()
    _scopes[key] = (stamp, scope)
    return scope


def _user_scope(table: Table, user_id: str) -> Scope:
    user_role, by_workspace = roles.of_user(table, user_id)
    return Scope(
        user_role == UserRole.ADMIN,
        {workspace_id: WorkspaceRole(role) for workspace_id, role in by_workspace.items()},
    )


def _key_scope(table: Table, key_id: str) -> Scope:
    """A workspace's key sees its workspace; a user's key has the user's scope."""
    key = stored_keys.by_id(table, key_id)
    if key is None or not api_keys.works(key, clock.now()):
        raise UnauthorizedError("The API key is revoked or has expired.")
    if key.workspace_id is not None:
        public = key.kind == KeyKind.PUBLIC
        return Scope(roles={key.workspace_id: api_keys.workspace_role(key)}, public=public)
    return _user_scope(table, str(key.user_id))


def is_visible(scope: Scope, state: InstallState, now: datetime) -> bool:
    """Return True if an install is within its retention and the caller's scope."""
    return not state.expired(now) and scope.role(state.row.workspace_id) is not None


def require_visible(scope: Scope, state: InstallState | None, now: datetime) -> InstallState:
    """Return the install if the caller may see it.

    Raises
    ------
    NotFoundError
        It is absent, past its retention, or out of scope; these are indistinguishable (section 3).
    """
    if state is None or not is_visible(scope, state, now):
        raise NotFoundError("There is no such install.")
    return state


def require_role(scope: Scope, state: InstallState, role: WorkspaceRole) -> None:
    """Refuse a caller whose role in the install's workspace is too low.

    Raises
    ------
    ForbiddenError
        The caller sees the install but lacks the role.
    """
    actual = scope.role(state.row.workspace_id)
    if actual is None or _RANK[actual] < _RANK[role]:
        raise ForbiddenError(f"This needs the role {role} in the install's workspace.")
