"""Pending work: the installs that still have to be reconciled, and when (docs/adr/0013).

Each change of an install enqueues its pending work in the same transaction. The reconciler deletes
it once all dependents agree, or moves it to the time when retention will have run out. So
unfinished work is found even if its stream record is lost. Pending work outlives the install and
keeps its owner references.

It also keeps the origin of the change, and counts the dependents that are written: each in the
transaction that writes them. The counts go into the settled entry of the install's history.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from installs.clock import timestamp
from installs.lifecycle import Deletion, OwnerRefs
from installs.origin import CASCADE, RETENTION, Origin
from installs.store import history, keys
from installs.store.expressions import Action, Delete, Equals, Missing, Update, same
from installs.store.history import NONE_COUNTED, WORKSPACE_ID, ChangeKind, Counts, Entry
from installs.store.items import DELETION_ID, decode
from installs.store.table import Range

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from installs.lifecycle import InstallState
    from installs.store.expressions import Condition, Value
    from installs.store.table import Table

TTL_DELAY: Final = timedelta(days=3)
"""The longest time that DynamoDB's TTL takes (AWS: "within a few days"); then repair deletes."""

_REVISION: Final = "revision"
_REQUEST_ID: Final = "requestId"
_EXPIRES_AT: Final = "expiresAt"
_ALIVE: Final = "alive"
_INSTALL_REVISION: Final = "installRevision"
_ENDS: Final = "ends"
_SETTLED: Final = "settled"


@dataclass(frozen=True, slots=True)
class PendingWork:
    """An install to reconcile. Each change of the install gives it another ``revision``."""

    owner_refs: OwnerRefs
    at: str
    revision: str
    origin: Origin
    """The origin of the change that enqueued it."""
    alive: bool = False
    """The install was live: if it is gone, it was not purged."""
    workspace_id: str | None = None
    """``None``: it was enqueued by an older version, which wrote no history."""
    install_revision: int = 0
    """The revision of the install after the change."""
    ends: bool = False
    """The change deleted the install for good."""
    settled: bool = False
    """All that the change entails is done: it waits for the end of retention."""
    counts: Counts = NONE_COUNTED
    """The dependents written since the last settled entry."""

    @property
    def unchanged(self) -> list[Condition]:
        """Conditions: the pending work is unchanged since it was read."""
        return [Equals(_REVISION, self.revision)]

    @property
    def end_revision(self) -> int:
        """The revision at which a gone install was deleted for good: by a purge or by retention."""
        deletion = self.owner_refs.deletion
        if self.ends or deletion is None:
            return self.install_revision
        return history.expiry_revision(self.install_revision, deletion.purge_at or 0)


@dataclass(frozen=True, slots=True)
class PendingSolution:
    """A solution to reconcile, even if no install in it has changed."""

    id: str
    at: str
    revision: str
    request_id: str | None = None


def enqueue(refs: OwnerRefs, entry: Entry, *, new: bool = False) -> Update:
    """Return the write that enqueues an install after a change, replacing earlier work.

    Earlier counts stay: work that this replaces is settled with it. ``new``: require that there is
    no earlier work.
    """
    values = {
        **_queued(refs, entry.occurred_at),
        **history.origin_values(entry.origin),
        WORKSPACE_ID: entry.workspace_id,
        _INSTALL_REVISION: entry.revision,
        _ENDS: entry.ends or None,
        _SETTLED: None,
    }
    return _update(refs.id, [Missing()] if new else (), values)


def requeue(refs: OwnerRefs, at: datetime) -> Update:
    """Return the write that enqueues an install that nobody has changed; its origin stays."""
    return _update(refs.id, (), _queued(refs, timestamp(at)))


def count(pending_work: PendingWork, counts: Counts) -> Action:
    """Return the write that counts dependents, if the work is unchanged since it was read."""
    nonzero = {name: number for name, number in asdict(counts).items() if number}
    key = keys.pending_work(pending_work.owner_refs.id)
    return Update(key, pending_work.unchanged, add=nonzero)


def without_actor(pending_work: PendingWork) -> Update:
    """Return the write that removes the actor's id from work that is unchanged.

    The new revision makes whoever read the id read the work again.
    """
    values: dict[str, Value | None] = {_REVISION: uuid4().hex, history.ACTOR_ID: None}
    return _update(pending_work.owner_refs.id, pending_work.unchanged, values)


def origin_of(pending_work: PendingWork | None, state: InstallState | None) -> Origin:
    """Return the origin of an install's work; of an install that TTL has deleted, retention."""
    if pending_work is None:
        return CASCADE
    return RETENTION if state is None and not pending_work.ends else pending_work.origin


def enqueue_solution(solution_id: str, at: datetime, request_id: str | None = None) -> Update:
    """Return the write that enqueues a solution, replacing earlier work."""
    values: dict[str, Value] = {
        "id": solution_id,
        _REVISION: uuid4().hex,
        keys.BY_PENDING.partition: str(keys.shard(solution_id)),
        keys.BY_PENDING.sort: keys.pending_at(timestamp(at), solution_id),
    }
    present = {} if request_id is None else {_REQUEST_ID: request_id}
    remove = [_REQUEST_ID] if request_id is None else []
    return Update(keys.pending_solution(solution_id), set=values | present, remove=remove)


def get_solution(table: Table, solution_id: str) -> PendingSolution | None:
    """Read a solution's pending work, strongly consistent."""
    item = table.get(keys.pending_solution(solution_id))
    return None if item is None else _solution_from_values(decode(item))


def solution_completion(pending_work: PendingSolution) -> Action:
    """Return the write that completes a solution's work, if it is unchanged since it was read."""
    unchanged = [Equals(_REVISION, pending_work.revision)]
    return Delete(keys.pending_solution(pending_work.id), unchanged)


def deletion_of(values: Mapping[str, Any]) -> Deletion | None:
    """Return the deletion of an install that its pending work has."""
    if DELETION_ID not in values:
        return None
    return Deletion(
        values[DELETION_ID],
        values["deletedAt"],
        values.get("retentionTier"),
        values.get(_EXPIRES_AT),
    )


def get(table: Table, install_id: str) -> PendingWork | None:
    """Read an install's pending work, strongly consistent."""
    item = table.get(keys.pending_work(install_id))
    return None if item is None else _from_values(decode(item))


def purged(table: Table, install_ids: Iterable[str]) -> set[str]:
    """Return the ids of absent installs whose pending work proves that they were purged."""
    rows = table.get_many(map(keys.pending_work, install_ids))
    return {item["id"]["S"] for item in rows.values() if _ALIVE not in item}


def completion(
    refs: OwnerRefs, pending_work: PendingWork | None, state: InstallState | None, now: datetime
) -> list[Action]:
    """Return the writes that complete the work once all dependents agree with ``state``.

    They include the settled entry of the change. The list is empty if there is nothing to write.
    They require the revision that was read before the work began: with another one, the install has
    changed meanwhile, and there is more to do.
    """
    at = _next_time(state)
    if pending_work is None:
        values = {} if at is None else _queued(refs, at) | {_SETTLED: True}
        return [_update(refs.id, [Missing()], values)] if values else []
    entry = _settled_entry(pending_work, state, now)
    entries = [] if entry is None else [history.put(entry, now)]
    as_counted = [*pending_work.unchanged, *_same_counts(pending_work.counts)]
    if at is None:
        return [Delete(keys.pending_work(refs.id), as_counted), *entries]
    if entry is None and (pending_work.at, pending_work.owner_refs) == (at, refs):
        return []
    values = _queued(refs, at) | {_SETTLED: True} | dict.fromkeys(history.COUNTS)
    return [_update(refs.id, as_counted, values), *entries]


def _same_counts(counts: Counts) -> list[Condition]:
    """Conditions: nothing has been counted since the work was read."""
    return [same(name, number or None) for name, number in asdict(counts).items()]


def _settled_entry(
    pending_work: PendingWork, state: InstallState | None, now: datetime
) -> Entry | None:
    """Return the settled entry of the change whose work ends; none if it is settled already."""
    if pending_work.workspace_id is None or (state is not None and pending_work.settled):
        return None
    refs = pending_work.owner_refs
    return Entry(
        refs.id,
        pending_work.workspace_id,
        pending_work.install_revision if state is not None else pending_work.end_revision,
        timestamp(now),
        ChangeKind.SETTLED,
        origin_of(pending_work, state),
        None if refs.deletion is None else refs.deletion.id,
        counts=pending_work.counts,
    )


def overdue(table: Table, before: datetime) -> Iterator[PendingWork | PendingSolution]:
    """Read the pending work from before a time, oldest first in each shard; the index may lag."""
    end = timestamp(before)
    for shard in range(keys.SHARDS):
        for item in table.query(Range(str(shard), "", keys.BY_PENDING)):
            values = decode(item)
            of_install = values[keys.PK] == keys.pending_work(values["id"]).pk
            pending_work = _from_values(values) if of_install else _solution_from_values(values)
            if pending_work.at >= end:
                break
            yield pending_work


def _next_time(state: InstallState | None) -> str | None:
    """Return the time at which DynamoDB's TTL must have deleted the install; none if never."""
    if state is None or state.deletion is None or state.deletion.purge_at is None:
        return None
    return timestamp(datetime.fromtimestamp(state.deletion.purge_at, UTC) + TTL_DELAY)


def _queued(refs: OwnerRefs, at: str) -> dict[str, Value | None]:
    """Return the attributes of work at a time, with a new revision; absent ones are ``None``."""
    return {
        "id": refs.id,
        _REVISION: uuid4().hex,
        keys.BY_PENDING.partition: str(keys.shard(refs.id)),
        keys.BY_PENDING.sort: keys.pending_at(at, refs.id),
        "parentInstallId": refs.parent_install_id,
        "solutionId": refs.solution_id,
        **_deletion_values(refs.deletion),
    }


def _update(
    install_id: str, conditions: Sequence[Condition], values: Mapping[str, Value | None]
) -> Update:
    present = {name: value for name, value in values.items() if value is not None}
    absent = [name for name, value in values.items() if value is None]
    return Update(keys.pending_work(install_id), conditions, set=present, remove=absent)


def _deletion_values(deletion: Deletion | None) -> dict[str, Value | None]:
    """Return a deletion's attributes, without ``purgeAt``: TTL would delete the pending work."""
    return {
        _ALIVE: True if deletion is None else None,
        DELETION_ID: None if deletion is None else deletion.id,
        "deletedAt": None if deletion is None else deletion.at,
        "retentionTier": None if deletion is None else deletion.tier,
        _EXPIRES_AT: None if deletion is None else deletion.purge_at,
    }


def _solution_from_values(values: dict[str, Any]) -> PendingSolution:
    at = keys.time_of(values[keys.BY_PENDING.sort])
    return PendingSolution(values["id"], at, values[_REVISION], values.get(_REQUEST_ID))


def _from_values(values: dict[str, Any]) -> PendingWork:
    refs = OwnerRefs(
        values["id"],
        values.get("parentInstallId"),
        values.get("solutionId"),
        deletion_of(values),
    )
    return PendingWork(
        refs,
        keys.time_of(values[keys.BY_PENDING.sort]),
        values[_REVISION],
        history.origin_of(values) or replace(CASCADE, request_id=values.get(_REQUEST_ID)),
        alive=values.get(_ALIVE, False),
        workspace_id=values.get(WORKSPACE_ID),
        install_revision=values.get(_INSTALL_REVISION, 0),
        ends=values.get(_ENDS, False),
        settled=values.get(_SETTLED, False),
        counts=Counts.of_item(values),
    )
