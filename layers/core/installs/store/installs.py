"""Installs in the table: reads, and the transaction that every change of state goes through."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from installs import clock
from installs.origin import CASCADE, Cause
from installs.store import counters, history, items, keys, pending
from installs.store.expressions import (
    Action,
    Check,
    Condition,
    Delete,
    Exists,
    Missing,
    Update,
    same,
)
from installs.store.table import ConditionFailedError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from installs.lifecycle import InstallState, OwnerRefs
    from installs.origin import Origin
    from installs.store.counters import Counted
    from installs.store.history import Entry
    from installs.store.keys import Key
    from installs.store.table import Table


TOMBSTONE: Final = timedelta(days=90)
"""The lifetime of the tombstone of a purged install."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of an install from the state that was read to another.

    Without ``before`` it creates the install, without ``after`` it deletes it for good.
    ``past_retention``: it is meant for an install past its retention too, as a backup holds one,
    and ``erase`` deletes one.
    """

    before: InstallState | None
    after: InstallState | None
    past_retention: bool = False

    @property
    def states(self) -> tuple[InstallState, ...]:
        """The states before and after, without the absent one."""
        return tuple(state for state in (self.before, self.after) if state is not None)

    @property
    def id(self) -> str:
        """The id of the install."""
        return self.states[0].row.id

    @property
    def reconciled(self) -> bool:
        """Return True if the dependents of the install have to be reconciled after the change."""
        if self.before is None:
            return (
                self.states[-1].deletion is not None or self.states[-1].row.solution_id is not None
            )
        return self.after is None or self.before.owner_refs != self.after.owner_refs

    def late(self, now: datetime, cause: Cause) -> bool:
        """Return True if retention has run out since the decision, and forbids the change.

        A request cannot purge what has expired. A change that enqueues no work is not written: the
        revision of the expiry is computed from pending work (``PendingWork.end_revision``), and
        must be later than that of every change.
        """
        if self.past_retention or self.before is None or not self.before.expired(now):
            return False
        return cause is Cause.REQUEST if self.after is None else not self.reconciled


def get(table: Table, install_id: str) -> InstallState | None:
    """Read an install, strongly consistent, without access control."""
    item = table.get(keys.install(install_id))
    return None if item is None else items.item_to_install(item)


def get_many(table: Table, install_ids: Iterable[str]) -> dict[str, InstallState]:
    """Read installs, strongly consistent; absent ones are left out."""
    rows = table.get_many(keys.install(install_id) for install_id in install_ids)
    states = map(items.item_to_install, rows.values())
    return {state.row.id: state for state in states}


def default_tier(table: Table, workspace_id: str) -> str | None:
    """Read the default retention tier of a workspace."""
    item = table.get(keys.workspace(workspace_id))
    return None if item is None else items.decode(item).get("defaultRetentionTier")


def commit(
    table: Table,
    changes: Sequence[Change],
    *others: Action,
    solutions: Collection[str] = (),
    origin: Origin,
) -> None:
    """Write changes in one transaction; every change of an install uses this function.

    Besides the rows it writes their history, their pointers, the counters of live installs, the
    versions of their solutions, pending work, and tombstones. Each row is written only if it is as
    it was read.

    ``others``: guards, and writes of other items. ``solutions``: solutions to reconcile even if no
    install in them changes. History and pending work record ``origin``.

    Raises
    ------
    ConditionFailedError
        A row has changed since, or a guard does not hold; nothing is written.
    ConflictError, UnavailableError
        The table stayed busy, or did not answer.
    """
    table.transact(transaction(changes, others, solutions, origin))


def transaction(
    changes: Sequence[Change],
    others: Sequence[Action],
    solutions: Collection[str],
    origin: Origin,
) -> list[Action]:
    """Return the actions of a commit. No item is in them twice, unless it is in ``others``.

    Raises
    ------
    ConditionFailedError
        The retention of an install has run out since the decision.
    """
    now = clock.now()
    deltas: Counter[Counted] = Counter()
    actions: list[Action] = []
    for change in changes:
        if change.late(now, origin.cause):
            raise ConditionFailedError([])
        actions += _own_actions(change, now, origin)
        deltas[counters.counted(change.states[0].row)] += _live(change.after) - _live(change.before)
    actions += counters.updates(deltas)
    changed, left = _solutions_of(changes, solutions)
    actions += [
        Update(keys.solution_version(id_), add={items.SOLUTION_VERSION: 1}) for id_ in changed
    ]
    actions += [pending.enqueue_solution(id_, now, origin.request_id) for id_ in left]
    return [*actions, *others]


def written_keys(
    changes: Sequence[Change], solutions: Collection[str]
) -> tuple[set[Key], set[Key]]:
    """Return the keys of a commit's items: those that changes share, and those of one change."""
    shared: set[Key] = set()
    own: set[Key] = set()
    now = clock.now()
    for change in changes:
        own |= {action.key for action in _own_actions(change, now, CASCADE)}
        if _live(change.before) != _live(change.after):
            shared |= set(counters.counters_of(counters.counted(change.states[0].row)))
    changed, left = _solutions_of(changes, solutions)
    shared |= set(map(keys.solution_version, changed)) | set(map(keys.pending_solution, left))
    return shared, own


def _own_actions(change: Change, now: datetime, origin: Origin) -> list[Action]:
    """Return the actions of a change that it shares with no other: of its install alone."""
    entry = history.entry_of(change.before, change.after, now, origin)
    return [
        _write(change, entry.revision),
        history.put(entry, now),
        *_pointers(change),
        *_pending(change, entry, now),
    ]


def _solutions_of(
    changes: Sequence[Change], solutions: Collection[str]
) -> tuple[dict[str, None], dict[str, None]]:
    """Return the solutions whose installs change, and those that an install has left."""
    changed, left = dict.fromkeys(solutions), dict.fromkeys(solutions)
    for change in changes:
        ids = [state.row.solution_id for state in change.states]
        if change.reconciled:
            changed |= {id_: None for id_ in ids if id_ is not None}
        if ids[0] is not None and ids[0] != ids[-1]:
            left[ids[0]] = None
    return changed, left


def as_read(state: InstallState) -> Sequence[Condition]:
    """Conditions: the install is unchanged since it was read."""
    row = state.row
    return (
        Exists(),
        same(items.DELETION_ID, None if state.deletion is None else state.deletion.id),
        same("workspaceId", row.workspace_id),
        same("integrationId", row.integration_id),
        same("solutionId", row.solution_id),
        same("parentInstallId", row.parent_install_id),
        same(items.REVISION, state.revision or None),
        same(items.AS_OF, state.as_of),
    )


def live_guard() -> Sequence[Condition]:
    """Conditions: the install exists and is live."""
    return (Exists(), Missing(items.DELETION_ID))


def state_guard(state: InstallState | None) -> Sequence[Condition]:
    """Conditions: the install is in the state of the decision."""
    if state is None:
        return (Missing(),)
    deletion = state.deletion
    if deletion is None:
        return live_guard()
    return (
        same(items.DELETION_ID, deletion.id),
        same("deletedAt", deletion.at),
        same("retentionTier", deletion.tier),
        same(items.PURGE_AT, deletion.purge_at),
    )


def _write(change: Change, revision: int) -> Action:
    key = keys.install(change.id)
    if change.after is None:
        return Delete(key, as_read(change.states[0]))
    if change.before is None:
        created = items.decode(items.install_to_item(replace(change.after, revision=revision)))
        return Update(key, (Missing(),), set=_attributes(created))
    after_state = replace(change.after, revision=revision)
    before = items.decode(items.install_to_item(change.before))
    after = items.decode(items.install_to_item(after_state))
    return Update(
        key,
        as_read(change.before),
        set={name: value for name, value in after.items() if before.get(name) != value},
        remove=[name for name in before if name not in after],
    )


def _attributes(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in (keys.PK, keys.SK)}


def _pointers(change: Change) -> list[Action]:
    """Write the pointers from an install's owners, and delete those from former owners.

    The pointers to a purged install remain: they lead the cascade to its dependents.
    """
    if change.after is None:
        return []
    old = set() if change.before is None else pointers_to(change.before.owner_refs)
    new = pointers_to(change.after.owner_refs)
    return [
        *(Update(key, set={"id": change.id}) for key in sorted(new - old, key=str)),
        *(Delete(key) for key in sorted(old - new, key=str)),
    ]


def pointers_to(refs: OwnerRefs) -> set[Key]:
    """Return the keys of the pointers to an install."""
    pointers = set()
    if refs.parent_install_id is not None:
        pointers.add(keys.add_on(refs.parent_install_id, refs.id))
    if refs.solution_id is not None:
        pointers.add(keys.solution_install(refs.solution_id, refs.id))
    return pointers


def _pending(change: Change, entry: Entry, now: datetime) -> list[Action]:
    """Enqueue the work of a change; a new install requires that older work is completed."""
    new = change.before is None
    if not change.reconciled:
        return [Check(keys.pending_work(change.id), [Missing()])] if new else []
    refs = change.states[-1].owner_refs
    actions: list[Action] = [pending.enqueue(refs, entry, new=new)]
    if change.after is None:
        actions.append(write_tombstone(change.id, now, entry.revision))
    return actions


def write_tombstone(install_id: str, now: datetime, revision: int) -> Action:
    """Return the write of the tombstone of a purged install, which keeps its last revision."""
    purge_at = int((now + TOMBSTONE).timestamp())
    marks = {items.PURGE_AT: purge_at, items.REVISION: revision}
    return Update(keys.tombstone("install", install_id), set=marks)


def _live(state: InstallState | None) -> int:
    return int(state is not None and state.live)
