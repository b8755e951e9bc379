"""Events from changes: their types, their ids, and their details (CONTRACT.md section 11)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

import orjson

from installs.events.records import UNKNOWN
from installs.rows import row_to_json
from installs.store.bus import LARGEST_CALL, Message
from installs.store.history import ChangeKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from installs.model import Install
    from installs.store.history import Entry

SCHEMA_VERSION: Final = 1
"""The version of the details; another one only if a consumer of this one could break."""

DETAIL_TYPES: Final[Mapping[ChangeKind, str]] = {
    ChangeKind.CREATED: "Install Created",
    ChangeKind.CHANGED: "Install Changed",
    ChangeKind.UNINSTALLED: "Install Uninstalled",
    ChangeKind.RESTORED: "Install Restored",
    ChangeKind.PURGED: "Install Purged",
    ChangeKind.EXPIRED: "Install Purged",
    ChangeKind.SETTLED: "Install Settled",
}

VARIABLES: Final = "variables"

_NAMESPACE: Final = UUID("5b0f1c66-0c6e-5c0e-9d5b-6a1d3f2f7d11")


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``detail`` is ready for ``orjson.dumps``."""

    kind: ChangeKind
    install_id: str
    revision: int
    occurred_at: str
    detail: Mapping[str, Any]

    def message(self) -> Message:
        """Return the event as the bus takes it; if it is too large, without ``variables``."""
        message = self._message(self.detail)
        install = self.detail["install"]
        if message.size <= LARGEST_CALL or install is None:
            return message
        smaller = {"install": {**install, VARIABLES: None}, "omitted": [VARIABLES]}
        return self._message({**self.detail, **smaller})

    def _message(self, detail: Mapping[str, Any]) -> Message:
        return Message(
            group=self.install_id,
            detail_type=DETAIL_TYPES[self.kind],
            detail=orjson.dumps(detail).decode(),
            at=datetime.fromisoformat(self.occurred_at),
        )


def event_id(install_id: str, revision: int, kind: ChangeKind) -> str:
    """Return the id of an event: the same for the same change, however often it is sent."""
    return str(uuid5(_NAMESPACE, f"{install_id}/{revision}/{kind}"))


def event_of(entry: Entry, row: Install | None, *, replayed: bool = False) -> Event:
    """Return the event of a history entry.

    ``row``: the install as after the change, or before a purge. If ``replayed``, as it is now.

    Raises
    ------
    ValueError
        The row's ``variables`` are not JSON.
    """
    if row is not None:
        orjson.loads(row.variables)
    origin = entry.origin
    known = origin is not UNKNOWN
    detail: dict[str, Any] = {
        "schemaVersion": SCHEMA_VERSION,
        "eventId": event_id(entry.install_id, entry.revision, entry.kind),
        "revision": entry.revision,
        "occurredAt": entry.occurred_at,
        "installId": entry.install_id,
        "workspaceId": entry.workspace_id,
        "install": None if row is None else row_to_json(row),
        "omitted": [],
        "fields": list(entry.fields),
        "deletionId": entry.deletion_id,
        "cause": origin.cause.value if known else None,
        "actor": {"id": origin.actor_id, "kind": origin.actor_kind.value} if known else None,
        "requestId": origin.request_id,
        "traceId": origin.trace_id,
        "replayed": replayed,
    }
    if entry.counts is not None:
        detail["counts"] = asdict(entry.counts)
    return Event(entry.kind, entry.install_id, entry.revision, entry.occurred_at, detail)
