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
"""What DynamoDB's own sweep takes at the most (AWS: "within a few days"); then we delete."""

_REVISION: Final = "revision"
_REQUEST_ID: Final = "requestId"
_EXPIRES_AT: Final = "expiresAt"
_ALIVE: Final = "alive"


@dataclass(frozen=True, slots=True)
class PendingWork:
    """An install to look at. ``revision`` is another with each change of the install."""

    owner_refs: OwnerRefs
    at: str
    revision: str
    request_id: str | None = None
    """The request that the change, or the one that it follows from, was made by."""
    alive: bool = False
    """The install was live: if it is gone, nobody purged it."""

    @property
    def unchanged(self) -> list[Condition]:
        """The conditions under which it is the pending work that was read."""
        return [Equals(_REVISION, self.revision)]


@dataclass(frozen=True, slots=True)
class PendingSolution:
    """A solution to look at, although no install in it may have changed."""

    id: str
    at: str
    revision: str
    request_id: str | None = None


def enqueue(
    refs: OwnerRefs, at: datetime, request_id: str | None = None, *, new: bool = False
) -> Update:
    """Set an install's pending work, whatever it was; each has a revision of its own.

    ``new``: only where there is none.
    """
    return _set(refs, timestamp(at), [Missing()] if new else (), request_id)


def enqueue_solution(solution_id: str, at: datetime, request_id: str | None = None) -> Update:
    """Set a solution's pending work, whatever it was."""
    values: dict[str, Value] = {
        "id": solution_id,
        _REVISION: uuid4().hex,
        keys.BY_PENDING.partition: str(keys.shard(solution_id)),
        keys.BY_PENDING.sort: keys.pending_at(timestamp(at), solution_id),
    }
    given = {} if request_id is None else {_REQUEST_ID: request_id}
    remove = [_REQUEST_ID] if request_id is None else []
    return Update(keys.pending_solution(solution_id), set=values | given, remove=remove)


def get_solution(table: Table, solution_id: str) -> PendingSolution | None:
    """A solution's pending work, strongly consistent."""
    item = table.get(keys.pending_solution(solution_id))
    return None if item is None else _decode_solution(decode(item))


def solution_completion(pending_work: PendingSolution) -> Action:
    """What to write once a solution is settled; it holds only if nothing has come up meanwhile."""
    unchanged = [Equals(_REVISION, pending_work.revision)]
    return Delete(keys.pending_solution(pending_work.id), unchanged)


def deletion_of(values: Mapping[str, Any]) -> Deletion | None:
    """The deletion of an install, as its pending work keeps it."""
    if DELETION_ID not in values:
        return None
    return Deletion(
        values[DELETION_ID],
        values["deletedAt"],
        values.get("retentionTier"),
        values.get(_EXPIRES_AT),
    )


def get(table: Table, install_id: str) -> PendingWork | None:
    """An install's pending work, strongly consistent."""
    item = table.get(keys.pending_work(install_id))
    return None if item is None else _decode(decode(item))


def purged(table: Table, install_ids: Iterable[str]) -> set[str]:
    """Those of some installs that are gone whose pending work says that they were deleted."""
    found = table.get_many(map(keys.pending_work, install_ids))
    return {item["id"]["S"] for item in found.values() if _ALIVE not in item}


def completion(
    refs: OwnerRefs, pending_work: PendingWork | None, state: InstallState | None
) -> Action | None:
    """What to write once all agrees with ``state``; ``None`` where that is written already.

    It holds only if the pending work has the revision that was read before the work began: else the
    install has changed meanwhile, and there is more to do.
    """
    at = _expiry(state)
    if pending_work is None:
        return None if at is None else _set(refs, at, [Missing()], None)
    if at is None:
        return Delete(keys.pending_work(refs.id), pending_work.unchanged)
    if (pending_work.at, pending_work.owner_refs) == (at, refs):
        return None
    return _set(refs, at, pending_work.unchanged, pending_work.request_id)


def overdue(table: Table, before: datetime) -> Iterator[PendingWork | PendingSolution]:
    """The pending work of before that time, the oldest of each shard first; the index may lag."""
    end = timestamp(before)
    for shard in range(keys.SHARDS):
        for item in table.query(Range(str(shard), "", keys.BY_PENDING)):
            values = decode(item)
            of_install = values[keys.PK] == keys.pending_work(values["id"]).pk
            pending_work = _decode(values) if of_install else _decode_solution(values)
            if pending_work.at >= end:
                break
            yield pending_work


def _expiry(state: InstallState | None) -> str | None:
    """When nothing but the end of its retention can make an install change by itself."""
    if state is None or state.deletion is None or state.deletion.purge_at is None:
        return None
    return timestamp(datetime.fromtimestamp(state.deletion.purge_at, UTC) + TTL_DELAY)


def _set(
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
    given = {name: value for name, value in optional.items() if value is not None}
    return Update(
        keys.pending_work(refs.id),
        conditions,
        set=values | given,
        remove=[name for name in optional if name not in given],
    )


def _deletion_values(deletion: Deletion | None) -> dict[str, Value | None]:
    """A deletion's attributes; not ``purgeAt``, by which the table would sweep pending work."""
    return {
        _ALIVE: True if deletion is None else None,
        DELETION_ID: None if deletion is None else deletion.id,
        "deletedAt": None if deletion is None else deletion.at,
        "retentionTier": None if deletion is None else deletion.tier,
        _EXPIRES_AT: None if deletion is None else deletion.purge_at,
    }


def _decode_solution(values: dict[str, Any]) -> PendingSolution:
    at, _, _ = values[keys.BY_PENDING.sort].partition("#")
    return PendingSolution(values["id"], at, values[_REVISION], values.get(_REQUEST_ID))


def _decode(values: dict[str, Any]) -> PendingWork:
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
