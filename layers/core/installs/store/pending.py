"""Pending work: the installs that still have to be reconciled, and when (docs/adr/0013).

Each change of an install enqueues its pending work in the same transaction. The reconciler deletes
it once all dependents agree, or moves it to the time when retention will have run out. So
unfinished work is found even if its stream record is lost. Pending work outlives the install and
keeps its owner references.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from installs.lifecycle import Deletion, OwnerRefs, timestamp
from installs.store import keys
from installs.store.expressions import Action, Delete, Equals, Missing, Update
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


@dataclass(frozen=True, slots=True)
class PendingWork:
    """An install to reconcile. Each change of the install gives it another ``revision``."""

    owner_refs: OwnerRefs
    at: str
    revision: str
    request_id: str | None = None
    """The request that made the change, or the change that this one follows from."""
    alive: bool = False
    """The install was live: if it is gone, it was not purged."""

    @property
    def unchanged(self) -> list[Condition]:
        """Conditions: the pending work is unchanged since it was read."""
        return [Equals(_REVISION, self.revision)]


@dataclass(frozen=True, slots=True)
class PendingSolution:
    """A solution to reconcile, even if no install in it has changed."""

    id: str
    at: str
    revision: str
    request_id: str | None = None


def enqueue(
    refs: OwnerRefs, at: datetime, request_id: str | None = None, *, new: bool = False
) -> Update:
    """Return the write that enqueues an install, with a new revision, replacing earlier work.

    ``new``: require that there is none.
    """
    return _put(refs, timestamp(at), [Missing()] if new else (), request_id)


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
    refs: OwnerRefs, pending_work: PendingWork | None, state: InstallState | None
) -> Action | None:
    """Return the write that completes the work once all dependents agree with ``state``.

    ``None`` if there is nothing to write. The write requires the revision that was read before the
    work began: with another one, the install has changed meanwhile, and there is more to do.
    """
    at = _next_time(state)
    if pending_work is None:
        return None if at is None else _put(refs, at, [Missing()], None)
    if at is None:
        return Delete(keys.pending_work(refs.id), pending_work.unchanged)
    if (pending_work.at, pending_work.owner_refs) == (at, refs):
        return None
    return _put(refs, at, pending_work.unchanged, pending_work.request_id)


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


def _put(
    refs: OwnerRefs, at: str, conditions: Sequence[Condition], request_id: str | None
) -> Update:
    values: dict[str, Value] = {
        "id": refs.id,
        _REVISION: uuid4().hex,
        keys.BY_PENDING.partition: str(keys.shard(refs.id)),
        keys.BY_PENDING.sort: keys.pending_at(at, refs.id),
    }
    optional = {
        "parentInstallId": refs.parent_install_id,
        "solutionId": refs.solution_id,
        _REQUEST_ID: request_id,
        **_deletion_values(refs.deletion),
    }
    present = {name: value for name, value in optional.items() if value is not None}
    return Update(
        keys.pending_work(refs.id),
        conditions,
        set=values | present,
        remove=[name for name in optional if name not in present],
    )


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
    at, _, _ = values[keys.BY_PENDING.sort].partition("#")
    return PendingSolution(values["id"], at, values[_REVISION], values.get(_REQUEST_ID))


def _from_values(values: dict[str, Any]) -> PendingWork:
    refs = OwnerRefs(
        values["id"],
        values.get("parentInstallId"),
        values.get("solutionId"),
        deletion_of(values),
    )
    at, _, _ = values[keys.BY_PENDING.sort].partition("#")
    return PendingWork(
        refs, at, values[_REVISION], values.get(_REQUEST_ID), values.get(_ALIVE, False)
    )
