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

from installs.lifecycle import OwnerRefs, timestamp
from installs.store import keys
from installs.store.expressions import Action, Delete, Equals, Missing, Update
from installs.store.items import decode
from installs.store.table import Range

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from installs.lifecycle import InstallState
    from installs.store.expressions import Condition, Value
    from installs.store.table import Table

TTL_DELAY: Final = timedelta(days=3)
"""What DynamoDB's own sweep takes at the most (AWS: "within a few days"); then we delete."""

_REVISION: Final = "revision"
_REQUEST_ID: Final = "requestId"


@dataclass(frozen=True, slots=True)
class PendingWork:
    """An install to look at. ``revision`` is another with each change of the install."""

    owner_refs: OwnerRefs
    at: str
    revision: str
    request_id: str | None = None
    """The request that the change, or the one that it follows from, was made by."""


def enqueue(refs: OwnerRefs, at: datetime, request_id: str | None = None) -> Update:
    """Set an install's pending work, whatever it was; each has a revision of its own."""
    return _set(refs, timestamp(at), (), request_id)


def get(table: Table, install_id: str) -> PendingWork | None:
    """An install's pending work, strongly consistent."""
    item = table.get(keys.pending_work(install_id))
    return None if item is None else _decode(decode(item))


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
    unchanged = [Equals(_REVISION, pending_work.revision)]
    if at is None:
        return Delete(keys.pending_work(refs.id), unchanged)
    return None if pending_work.at == at else _set(refs, at, unchanged, pending_work.request_id)


def overdue(table: Table, before: datetime) -> Iterator[PendingWork]:
    """The pending work of before that time, the oldest of each shard first; the index may lag."""
    end = timestamp(before)
    for shard in range(keys.SHARDS):
        for item in table.query(Range(str(shard), "", keys.BY_PENDING)):
            pending_work = _decode(decode(item))
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
    }
    given = {name: value for name, value in optional.items() if value is not None}
    return Update(
        keys.pending_work(refs.id),
        conditions,
        set=values | given,
        remove=[name for name in optional if name not in given],
    )


def _decode(values: dict[str, Any]) -> PendingWork:
    refs = OwnerRefs(values["id"], values.get("parentInstallId"), values.get("solutionId"))
    at, _, _ = values[keys.BY_PENDING.sort].partition("#")
    return PendingWork(refs, at, values[_REVISION], values.get(_REQUEST_ID))
