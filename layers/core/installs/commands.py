"""Get, uninstall, restore and purge: one function for each endpoint that names an install.

Each reads the install and the caller's roles consistently, asks ``access`` and ``lifecycle``, and
writes the decision in one transaction. If the row has changed in between, it starts again.
``request_id`` and ``trace_id`` are written with the change: the logs of the request, and of the
cascade that follows, are found by them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from installs import access, clock, lifecycle
from installs.errors import ConflictError, UnavailableError
from installs.origin import ActorKind, Cause, Origin
from installs.principals import WorkspaceRole
from installs.store import installs, keys, pending
from installs.store.expressions import Action, Check
from installs.store.installs import Change
from installs.store.table import ConditionFailedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from installs.access import Principal
    from installs.lifecycle import InstallState
    from installs.store.table import Table

_ATTEMPTS: Final = 5

Decision = tuple[Change, tuple[Action, ...]]


def get(table: Table, principal: Principal, install_id: str) -> InstallState:
    """The install, deleted or not (section 3)."""
    scope = access.scope_of(table, principal)
    return access.require_visible(scope, installs.get(table, install_id), clock.now())


def uninstall(
    table: Table,
    principal: Principal,
    install_id: str,
    *,
    stack_tier: str,
    request_id: str | None = None,
    trace_id: str | None = None,
) -> None:
    """Soft-delete the install (section 4). The tier is the workspace's or the stack's."""

    def decide(state: InstallState) -> Decision | None:
        tier = installs.default_tier(table, state.row.workspace_id) or stack_tier
        after = lifecycle.uninstall(state, tier=tier, now=clock.now(), deletion_id=uuid4().hex)
        return None if after is None else (Change(state, after), ())

    origin = _origin(principal, request_id, trace_id)
    _change(table, principal, install_id, WorkspaceRole.EDITOR, decide, origin)


def restore(
    table: Table,
    principal: Principal,
    install_id: str,
    *,
    request_id: str | None = None,
    trace_id: str | None = None,
) -> InstallState:
    """Restore the install, and return it as it is then (section 5).

    A parent that the caller cannot see counts as gone: the error must not reveal its state.
    """

    def decide(state: InstallState) -> Decision | None:
        parent_id, now = state.row.parent_install_id, clock.now()
        if parent_id is None:
            after = lifecycle.restore(state, None, now=now)
            return None if after is None else (Change(state, after), ())
        parent = installs.get(table, parent_id)
        scope = access.scope_of(table, principal)
        visible_parent = (
            parent if parent is not None and access.is_visible(scope, parent, now) else None
        )
        after = lifecycle.restore(state, visible_parent, now=now)
        if after is None:
            return None
        outlived = _deletion_of(table, parent_id, parent) if visible_parent is None else None
        after = replace(after, orphan_of=outlived)
        guard = Check(keys.install(parent_id), installs.state_guard(parent))
        return Change(state, after), (guard,)

    origin = _origin(principal, request_id, trace_id)
    return _change(table, principal, install_id, WorkspaceRole.EDITOR, decide, origin)


def _deletion_of(table: Table, parent_id: str, parent: InstallState | None) -> str | None:
    """Return the id of the parent's deletion, whose cascade must leave the install alone."""
    if parent is not None:
        return None if parent.deletion is None else parent.deletion.id
    pending_work = pending.get(table, parent_id)
    deletion = None if pending_work is None else pending_work.owner_refs.deletion
    return None if deletion is None else deletion.id


def purge(
    table: Table,
    principal: Principal,
    install_id: str,
    *,
    request_id: str | None = None,
    trace_id: str | None = None,
) -> None:
    """Delete a deleted install for good (section 6)."""

    def decide(state: InstallState) -> Decision:
        lifecycle.check_purge(state, now=clock.now())
        return Change(state, None), ()

    origin = _origin(principal, request_id, trace_id)
    _change(table, principal, install_id, WorkspaceRole.ADMIN, decide, origin)


def _origin(principal: Principal, request_id: str | None, trace_id: str | None) -> Origin:
    kind = ActorKind(principal.kind.value)
    return Origin(principal.id, kind, Cause.REQUEST, request_id, trace_id)


def _change(
    table: Table,
    principal: Principal,
    install_id: str,
    role: WorkspaceRole,
    decide: Callable[[InstallState], Decision | None],
    origin: Origin,
) -> InstallState:
    """Read, check, decide and write, again if the row has changed; return the state after it."""
    for _ in range(_ATTEMPTS):
        scope = access.scope_of(table, principal, fresh=True)
        state = access.require_visible(scope, installs.get(table, install_id), clock.now())
        access.require_role(scope, state, role)
        decision = decide(state)
        if decision is None:
            return state
        change, guards = decision
        try:
            installs.commit(table, [change], *guards, origin=origin)
        except (ConditionFailedError, UnavailableError) as error:
            if error.maybe_written:
                now = installs.get(table, install_id)
                if _made(change, now):
                    return now or state
            if isinstance(error, UnavailableError):
                raise
            continue
        return change.after or state
    raise ConflictError("The install kept changing; try again.")


def _made(change: Change, now: InstallState | None) -> bool:
    """Return True if a change whose answer was lost was written.

    A purge was written if the install is gone; an uninstall or a restore, if the install has the
    deletion that it should have, or none.
    """
    if change.after is None or now is None:
        return change.after is now
    wanted, present = change.after.deletion, now.deletion
    return (wanted and wanted.id) == (present and present.id)
