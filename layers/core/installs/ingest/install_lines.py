"""Lines of installs: the platform owns the facts, this service the lifecycle (section 10)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast
from uuid import UUID, uuid5

from installs import lifecycle
from installs.ingest.decisions import (
    Decision,
    DeferredError,
    RejectedError,
    Write,
    is_stale,
    latest,
    refused,
    result,
)
from installs.ingest.results import Outcome
from installs.lifecycle import Deletion, InstallState
from installs.store import installs as stored
from installs.store import items, keys
from installs.store.expressions import Check, Delete, Exists, Missing, Update, same
from installs.store.installs import Change

if TYPE_CHECKING:
    from installs.ingest.decisions import Options
    from installs.ingest.lines import Line
    from installs.ingest.snapshot import Snapshot
    from installs.model import Install
    from installs.store.expressions import Action

MAX_ANCESTORS: Final = 40
"""The longest chain of parents: each is guarded in the transaction that sets a parent."""

_NAMESPACE: Final = UUID("4e6fb7a0-6d0e-5d0c-9f55-0d2a6f7f2b7e")
"""For deletion ids from files: the same install deleted at the same time has the same id."""


def decide(line: Line, snapshot: Snapshot, options: Options) -> Decision:
    """Decide one line.

    Raises
    ------
    RejectedError, DeferredError, InvalidLineError
        It cannot be applied.
    UnreadError
        Items have to be read first.
    """
    key, tombstone = keys.install(line.id), keys.tombstone("install", line.id)
    snapshot.need(key, tombstone, keys.pending_work(line.id))
    state = snapshot.install(line.id)
    if state is None or options.present(state, snapshot.now) is None:
        return _create(line, state, snapshot, options)
    if is_stale(line, state.as_of):
        return Decision(result(line, Outcome.STALE))
    return _change(line, state, snapshot, options)


def _create(
    line: Line, expired: InstallState | None, snapshot: Snapshot, options: Options
) -> Decision:
    tombstone = keys.tombstone("install", line.id)
    removal = snapshot.get(tombstone)
    if (removal is not None or expired is not None) and not options.recreates:
        raise RejectedError("install_purged", "was purged, or is past its retention", "/id")
    # The cascade of a purge has to end before the id may come in again, or it would mix two lives.
    unfinished = DeferredError("purge_unfinished", "its purge is still under way")
    if expired is not None:
        return Decision(refused(line, unfinished), Write((Change(expired, None),)))
    if snapshot.get(keys.pending_work(line.id)) is not None:
        raise unfinished
    if line.patch is not None:
        raise RejectedError("unknown_row", "is a merge, and there is no such install", "/id")
    row = cast("Install", line.row)
    guards = _references(row, snapshot, options, may_be_orphan=options.allow_orphans)
    last = 0 if removal is None else removal.get(items.REVISION, 0)
    state = InstallState(_live(row), revision=last)
    state = _with_lifecycle(line, state, row, snapshot, options)
    state = replace(state, as_of=line.as_of, orphan_of=_orphan_of(row, snapshot, options))
    guards.append(Check(tombstone, [Missing()]) if removal is None else Delete(tombstone))
    write = Write((Change(None, state),), tuple(guards), size=_size(state))
    # A live line whose install is deleted with its parent is no lifecycle that was kept.
    kept = row.deleted_at is not None and _kept(line, row, state)
    return Decision(result(line, Outcome.CREATED, kept=kept), write)


def _change(line: Line, state: InstallState, snapshot: Snapshot, options: Options) -> Decision:
    row = cast("Install", line.applied_to(state.row))
    for field, attribute in (("workspace_id", "workspaceId"), ("integration_id", "integrationId")):
        if getattr(row, field) != getattr(state.row, field):
            raise RejectedError(
                "immutable_field",
                "cannot change: purge the install and send another",
                f"/{attribute}",
            )
    moved = row.parent_install_id != state.row.parent_install_id
    facts = replace(row, deleted_at=state.row.deleted_at, retention_tier=state.row.retention_tier)
    after = replace(state, row=facts)
    if moved or options.uses_lifecycle_of(line):
        guards = _references(
            row, snapshot, options, may_be_orphan=options.allow_orphans or not moved
        )
        after = replace(
            after, orphan_of=_orphan_of(row, snapshot, options) if moved else state.orphan_of
        )
        after = _with_lifecycle(line, after, row, snapshot, options)
    else:
        guards = [_workspace(row, snapshot)]
    kept = _kept(line, row, after)
    as_of = latest(line, state.as_of)
    if after == state:
        noted = Write(actions=(_noted(state, as_of),), size=0) if as_of != state.as_of else None
        return Decision(result(line, Outcome.UNCHANGED, kept=kept), noted)
    after = replace(after, as_of=as_of)
    change = Change(state, after, past_retention=options.lifecycle_from_file)
    write = Write((change,), tuple(guards), size=_size(after))
    return Decision(result(line, Outcome.CHANGED, kept=kept), write)


def _references(
    row: Install, snapshot: Snapshot, options: Options, *, may_be_orphan: bool
) -> list[Action]:
    """Check what a row refers to, and return what must still hold when it is written."""
    if row.parent_install_id is None:
        return [_workspace(row, snapshot)]
    snapshot.need(keys.workspace(row.workspace_id), keys.install(row.parent_install_id))
    parent = snapshot.install(row.parent_install_id)
    absent = options.present(parent, snapshot.now) is None and row.parent_install_id != row.id
    if absent and not may_be_orphan:
        raise RejectedError("unknown_parent", "is not an install", "/parentInstallId")
    if absent:
        gone = Check(keys.install(row.parent_install_id), stored.state_guard(parent))
        return [_workspace(row, snapshot), gone]
    return [_workspace(row, snapshot), *_ancestry(row, row.parent_install_id, snapshot)]


def _workspace(row: Install, snapshot: Snapshot) -> Action:
    if snapshot.get(keys.workspace(row.workspace_id)) is None:
        raise RejectedError("unknown_workspace", "is not a workspace", "/workspaceId")
    return Check(keys.workspace(row.workspace_id), [Exists()])


def _ancestry(row: Install, parent_id: str, snapshot: Snapshot) -> list[Action]:
    """Guard the state of the parent, and each ancestor, which must not be the install itself."""
    pointer = "/parentInstallId"
    parent = snapshot.install(parent_id)
    if parent is not None and parent.row.workspace_id != row.workspace_id:
        raise RejectedError("parent_in_other_workspace", "is in another workspace", pointer)
    guards: list[Action] = []
    seen = {row.id}
    above: str | None = parent_id
    while above is not None:
        if above in seen:
            raise RejectedError("parent_cycle", f"makes {row.id} its own ancestor", pointer)
        if len(seen) > MAX_ANCESTORS:
            detail = f"has {MAX_ANCESTORS} ancestors or more"
            raise RejectedError("parent_too_deep", detail, pointer)
        seen.add(above)
        ancestor = snapshot.install(above)
        if ancestor is None:
            guards.append(Check(keys.install(above), [Missing()]))
            break
        unmoved = same("parentInstallId", ancestor.row.parent_install_id)
        state_guard = stored.state_guard(ancestor) if above == parent_id else (Exists(),)
        guards.append(Check(keys.install(above), [*state_guard, unmoved]))
        above = ancestor.row.parent_install_id
    return guards


def _with_lifecycle(
    line: Line, state: InstallState, row: Install, snapshot: Snapshot, options: Options
) -> InstallState:
    """Return the install live or deleted, as its parent is, or as a restored backup says."""
    parent_id = row.parent_install_id
    parent = None if parent_id is None else snapshot.install(parent_id)
    parent = options.present(parent, snapshot.now)
    if options.uses_lifecycle_of(line):
        state = _from_file(state, row, parent)
    return lifecycle.following(state, None if parent is None else parent.deletion)


def _from_file(state: InstallState, row: Install, parent: InstallState | None) -> InstallState:
    """Return the install with the lifecycle of its line.

    An install that was deleted at the time of its parent's deletion belongs to that deletion.
    """
    if row.deleted_at is None:
        return lifecycle.restored(state)
    parent_deletion = None if parent is None else parent.deletion
    if parent_deletion is not None and parent_deletion.at == row.deleted_at:
        return lifecycle.deleted(state, parent_deletion, cascaded=True)
    known = state.deletion
    deletion_id = uuid5(_NAMESPACE, f"{row.id} {row.deleted_at}").hex
    if known is not None and known.at == row.deleted_at and not state.cascaded:
        deletion_id = known.id
    purge_at = lifecycle.purge_time(row.deleted_at, row.retention_tier)
    deletion = Deletion(deletion_id, row.deleted_at, row.retention_tier, purge_at)
    return lifecycle.deleted(state, deletion, cascaded=False)


def _orphan_of(row: Install, snapshot: Snapshot, options: Options) -> str | None:
    """Return the deletion of a parent that the install outlives: its cascade leaves it live."""
    if row.parent_install_id is None:
        return None
    parent = snapshot.install(row.parent_install_id)
    if options.present(parent, snapshot.now) is not None:
        return None
    deletion = (
        snapshot.deletion_being_purged(row.parent_install_id) if parent is None else parent.deletion
    )
    return None if deletion is None else deletion.id


def _noted(state: InstallState, as_of: str | None) -> Action:
    return Update(keys.install(state.row.id), stored.as_read(state), set={items.AS_OF: str(as_of)})


def _live(row: Install) -> Install:
    return replace(row, deleted_at=None, retention_tier=None)


def _kept(line: Line, row: Install, after: InstallState) -> bool:
    """Return True if the lifecycle in a line differs from that of the install after it."""
    line_lifecycle = row.deleted_at, row.retention_tier
    return line.says_lifecycle and line_lifecycle != (
        after.row.deleted_at,
        after.row.retention_tier,
    )


def _size(state: InstallState) -> int:
    return 4096 + 2 * len(state.row.variables.encode())
