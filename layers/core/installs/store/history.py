"""History rows: what happened to each install, by whom, and when (CONTRACT.md section 11).

Each change of an install writes its entry in the same transaction, under the revision that the
install has after it. The settled entry of a change is written once all that it entails is done. An
entry has names of changed fields, never their values; TTL deletes it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from installs import config, model
from installs.clock import timestamp
from installs.lifecycle import Presence, has_expired
from installs.origin import RETENTION, ActorKind, Cause, Origin
from installs.store import items, keys
from installs.store.expressions import Missing, Update
from installs.store.table import Range

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from installs.lifecycle import DesiredState, InstallState
    from installs.store.expressions import Value
    from installs.store.items import Item
    from installs.store.keys import Key
    from installs.store.table import Table


class ChangeKind(StrEnum):
    """The kinds of entries."""

    CREATED = "created"
    CHANGED = "changed"
    UNINSTALLED = "uninstalled"
    RESTORED = "restored"
    PURGED = "purged"
    EXPIRED = "expired"
    SETTLED = "settled"


KEPT: Final = timedelta(days=config.history_days())
"""The time for which an entry is kept."""

ACTOR_ID: Final = "actorId"
WORKSPACE_ID: Final = "workspaceId"

_ORIGIN: Final = (ACTOR_ID, "actorKind", "cause", "requestId", "traceId")
COUNTS: Final = ("deleted", "restored", "purged")
"""The attributes of counts."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of dependents that a cascade deleted, restored, and deleted for good."""

    deleted: int = 0
    restored: int = 0
    purged: int = 0

    @classmethod
    def of(cls, desired_states: Iterable[DesiredState]) -> Counts:
        """Return the counts of dependents that were brought to these states."""
        states = list(desired_states)
        live, gone = (states.count(presence) for presence in (Presence.LIVE, Presence.GONE))
        return cls(len(states) - live - gone, live, gone)

    @classmethod
    def of_item(cls, values: Mapping[str, Any]) -> Counts:
        """Return the counts in an item's values; absent ones are zero."""
        return cls(*(values.get(name, 0) for name in COUNTS))


NONE_COUNTED: Final = Counts()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an install's history.

    ``fields``: the API's names of the changed fields. ``counts``: only in a settled entry.
    """

    install_id: str
    workspace_id: str
    revision: int
    occurred_at: str
    kind: ChangeKind
    origin: Origin
    deletion_id: str | None = None
    fields: tuple[str, ...] = ()
    counts: Counts | None = None

    @property
    def key(self) -> Key:
        """The primary key; a change and its settled entry differ."""
        settled = self.kind is ChangeKind.SETTLED
        return keys.history(self.install_id, self.revision, settled=settled)

    @property
    def ends(self) -> bool:
        """Return True if the install is gone after it."""
        return self.kind in (ChangeKind.PURGED, ChangeKind.EXPIRED)

    def document(self) -> dict[str, Any]:
        """Return the entry as JSON."""
        document: dict[str, Any] = {
            "installId": self.install_id,
            WORKSPACE_ID: self.workspace_id,
            "revision": self.revision,
            "occurredAt": self.occurred_at,
            "kind": self.kind.value,
            "cause": self.origin.cause.value,
            "actor": {"id": self.origin.actor_id, "kind": self.origin.actor_kind.value},
            "requestId": self.origin.request_id,
            "traceId": self.origin.trace_id,
            "deletionId": self.deletion_id,
            "fields": list(self.fields),
        }
        if self.counts is not None:
            document["counts"] = asdict(self.counts)
        return document


def origin_values(origin: Origin) -> dict[str, Value | None]:
    """Return the attributes of an origin; absent ones are ``None``."""
    values = (
        origin.actor_id,
        origin.actor_kind.value,
        origin.cause.value,
        origin.request_id,
        origin.trace_id,
    )
    return dict(zip(_ORIGIN, values, strict=True))


def origin_of(values: Mapping[str, Any]) -> Origin | None:
    """Return the origin in an item's values; ``None`` if it has none."""
    actor_id, kind, cause, request_id, trace_id = map(values.get, _ORIGIN)
    if kind is None or cause is None:
        return None
    return Origin(actor_id, ActorKind(kind), Cause(cause), request_id, trace_id)


def put(entry: Entry, now: datetime, *, new: bool = False) -> Update:
    """Return the write of an entry, which is kept for ``HISTORY_DAYS``.

    ``new``: require that there is none of its key.
    """
    optional: dict[str, Value | None] = {
        "installId": entry.install_id,
        WORKSPACE_ID: entry.workspace_id,
        items.REVISION: entry.revision,
        "occurredAt": entry.occurred_at,
        "kind": entry.kind.value,
        **origin_values(entry.origin),
        items.DELETION_ID: entry.deletion_id,
        "fields": ",".join(entry.fields) or None,
        items.PURGE_AT: int((now + KEPT).timestamp()),
    }
    if entry.counts is not None:
        optional |= asdict(entry.counts)
    values = {name: value for name, value in optional.items() if value is not None}
    return Update(entry.key, (Missing(),) if new else (), set=values)


def item_to_entry(item: Item) -> Entry:
    """Decode an entry.

    Raises
    ------
    KeyError, TypeError, ValueError
        It is not a history row.
    """
    values = items.decode(item)
    origin = origin_of(values)
    if origin is None:
        raise ValueError("the item is not a history row")
    kind = ChangeKind(values["kind"])
    settled = kind is ChangeKind.SETTLED
    return Entry(
        values["installId"],
        values[WORKSPACE_ID],
        values[items.REVISION],
        values["occurredAt"],
        kind,
        origin,
        values.get(items.DELETION_ID),
        tuple(filter(None, values.get("fields", "").split(","))),
        Counts.of_item(values) if settled else None,
    )


def read(table: Table, install_id: str, after: int | None = None) -> Iterator[Entry]:
    """Read the entries of an install in the order of its revisions, strongly consistent.

    ``after``: only the entries of later revisions. A settled entry follows its change.
    """
    start = None if after is None else keys.history(install_id, after, settled=True)
    wanted = Range(keys.install(install_id).pk, keys.HISTORY_PREFIX, after=start)
    return map(item_to_entry, table.query(wanted, consistent=True))


def read_newest(
    table: Table, install_id: str, workspace_id: str, now: datetime, page: int
) -> Iterator[Entry]:
    """Read the entries of an install in a workspace, the newest first, strongly consistent.

    An id that came in again after a purge may have entries of another workspace, which are left
    out, as are entries past their time. ``page``: the entries of one request.
    """
    pk = keys.install(install_id).pk
    wanted = Range(pk, keys.HISTORY_PREFIX, forward=False, page=page)
    for item in table.query(wanted, consistent=True):
        values = items.decode_fields(item, (WORKSPACE_ID, items.PURGE_AT))
        kept = not has_expired(values.get(items.PURGE_AT), now)
        if kept and values.get(WORKSPACE_ID) == workspace_id:
            yield item_to_entry(item)


def get_many(table: Table, changes: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Entry]:
    """Read the entries of changes by the id and the revision; absent ones are left out."""
    found = table.get_many(keys.history(install_id, revision) for install_id, revision in changes)
    entries = map(item_to_entry, found.values())
    return {(entry.install_id, entry.revision): entry for entry in entries}


def entry_of(
    before: InstallState | None, after: InstallState | None, now: datetime, origin: Origin
) -> Entry:
    """Return the entry of a change of an install; one of the two states is given.

    An install that is deleted for good past its retention has expired, whoever finds it.
    """
    state = after or before
    if state is None:
        raise ValueError("a change has a state before it or after it")
    kind = _kind(before, after, now)
    states = (known for known in (after, before) if known is not None)
    deletion = next((known.deletion for known in states if known.deletion is not None), None)
    return Entry(
        state.row.id,
        state.row.workspace_id,
        revision_after(before, after, now),
        timestamp(now),
        kind,
        origin if kind is not ChangeKind.EXPIRED else expired(origin),
        None if deletion is None else deletion.id,
        () if before is None or after is None else _changed_fields(before, after),
    )


def revision_after(before: InstallState | None, after: InstallState | None, now: datetime) -> int:
    """Return the revision after a change: greater than before, and than in an earlier life.

    ``after`` of a new install has the last revision of the install that had its id before.
    """
    state = before or after
    last = 0 if state is None else state.revision
    return max(last + 1, int(now.timestamp() * 1000))


def expiry_revision(last: int, purge_at: int) -> int:
    """Return the revision of the deletion by TTL: the same for all that see its consequences.

    ``last``: the last revision of the install. ``purge_at``: the end of its retention, in seconds.
    """
    return max(last + 1, purge_at * 1000)


def expired(origin: Origin) -> Origin:
    """Return the origin of an expiry: no actor, whatever request encountered it."""
    return replace(RETENTION, request_id=origin.request_id, trace_id=origin.trace_id)


def _kind(before: InstallState | None, after: InstallState | None, now: datetime) -> ChangeKind:
    if before is None:
        return ChangeKind.CREATED
    if after is None:
        return ChangeKind.EXPIRED if before.expired(now) else ChangeKind.PURGED
    old, new = (None if state.deletion is None else state.deletion.id for state in (before, after))
    if old == new:
        return ChangeKind.CHANGED
    return ChangeKind.RESTORED if new is None else ChangeKind.UNINSTALLED


def _changed_fields(before: InstallState, after: InstallState) -> tuple[str, ...]:
    return tuple(
        attribute
        for name, attribute in items.FIELD_NAMES[model.Install]
        if getattr(before.row, name) != getattr(after.row, name)
    )
