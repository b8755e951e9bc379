"""Which installs the cascade still has to look at, and when: the reminders of docs/adr/0013.

Every change of an install sets its reminder, in the change's own transaction. The reconciler takes
it away once all that hangs agrees, or sets it to the time when retention will have run out. So what
is unfinished can be found, whatever became of its stream record; the reminder outlives the install,
and says where that hung.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from installs.lifecycle import Place, timestamp
from installs.store import keys
from installs.store.expressions import Action, Delete, Equals, Missing, Update
from installs.store.items import decode
from installs.store.table import Range

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from installs.lifecycle import InstallState
    from installs.store.expressions import Condition, Value
    from installs.store.table import Table

SWEEP: Final = timedelta(days=3)
"""What DynamoDB's own sweep takes at the most (AWS: "within a few days"); then we delete."""

_REVISION: Final = "revision"
_REQUEST_ID: Final = "requestId"


@dataclass(frozen=True, slots=True)
class Reminder:
    """An install to look at. ``revision`` is another with each change of the install."""

    place: Place
    at: str
    revision: str
    request_id: str | None = None
    """The request that the change, or the one that it follows from, was made by."""


def remind(place: Place, at: datetime, request_id: str | None = None) -> Update:
    """Set an install's reminder, whatever it was; each has a revision of its own."""
    return _set(place, timestamp(at), (), request_id)


def get(table: Table, install_id: str) -> Reminder | None:
    """An install's reminder, strongly consistent."""
    item = table.get(keys.due(install_id))
    return None if item is None else _reminder(decode(item))


def settled(place: Place, reminder: Reminder | None, state: InstallState | None) -> Action | None:
    """What to write once all agrees with ``state``; ``None`` where that is written already.

    It holds only if the reminder is still the one that was there before the work began: else the
    install has changed meanwhile, and there is more to do.
    """
    at = _expiry(state)
    if reminder is None:
        return None if at is None else _set(place, at, [Missing()], None)
    unchanged = [Equals(_REVISION, reminder.revision)]
    if at is None:
        return Delete(keys.due(place.id), unchanged)
    return None if reminder.at == at else _set(place, at, unchanged, reminder.request_id)


def overdue(table: Table, before: datetime) -> Iterator[Reminder]:
    """The reminders of before that time, the oldest of each shard first; the index may lag."""
    end = timestamp(before)
    for shard in range(keys.SHARDS):
        for item in table.query(Range(str(shard), "", keys.BY_DUE)):
            reminder = _reminder(decode(item))
            if reminder.at >= end:
                break
            yield reminder


def _expiry(state: InstallState | None) -> str | None:
    """When nothing but the end of its retention can make an install change by itself."""
    if state is None or state.deletion is None or state.deletion.purge_at is None:
        return None
    return timestamp(datetime.fromtimestamp(state.deletion.purge_at, UTC) + SWEEP)


def _set(place: Place, at: str, conditions: Sequence[Condition], request_id: str | None) -> Update:
    values: dict[str, Value] = {
        "id": place.id,
        _REVISION: uuid4().hex,
        keys.BY_DUE.partition: str(keys.shard(place.id)),
        keys.BY_DUE.sort: keys.due_at(at, place.id),
    }
    optional = {
        "parentInstallId": place.parent_install_id,
        "solutionId": place.solution_id,
        _REQUEST_ID: request_id,
    }
    given = {name: value for name, value in optional.items() if value is not None}
    return Update(
        keys.due(place.id),
        conditions,
        set=values | given,
        remove=[name for name in optional if name not in given],
    )


def _reminder(values: dict[str, Any]) -> Reminder:
    place = Place(values["id"], values.get("parentInstallId"), values.get("solutionId"))
    at, _, _ = values[keys.BY_DUE.sort].partition("#")
    return Reminder(place, at, values[_REVISION], values.get(_REQUEST_ID))
