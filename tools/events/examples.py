"""Examples of events, made by the publisher's own code: the life of one install."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from installs.events.details import DETAIL_TYPES, Event, event_of
from installs.model import Install
from installs.origin import INGEST, RETENTION, ActorKind, Cause, Origin
from installs.store.bus import SOURCE
from installs.store.history import ChangeKind, Counts, Entry
from installs.store.items import FIELD_NAMES
from tools.openapi import examples

Json = dict[str, Any]

_FIELDS: Final = dict(FIELD_NAMES[Install])
LIVE: Final = Install(
    **{
        name: json.dumps(value) if name == "variables" else value
        for name, attribute in _FIELDS.items()
        for value in [examples.INSTALL[attribute]]
    }
)
TRASHED: Final = replace(LIVE, deleted_at="2026-11-24T08:39:55.004Z", retention_tier="medium")

_ADA: Final = Origin(
    "usr_ada",
    ActorKind.USER,
    Cause.REQUEST,
    "93c371a4-3efc-4977-89f2-e84366f8f0e4",
    "1-69241c5b-0af1c4d27b6a4e4f9d1c2b3a",
)
_DELETED: Final = ("deletedAt", "retentionTier")
_DELETION: Final = "0d6f3c3e2b1a4f5e8c7d9a0b1c2d3e4f"


def _entry(
    kind: ChangeKind,
    at: str,
    origin: Origin,
    revision: int,
    *fields: str,
    **others: Any,  # noqa: ANN401
) -> Entry:
    return Entry(LIVE.id, LIVE.workspace_id, revision, at, kind, origin, fields=fields, **others)


EVENTS: Final[tuple[Event, ...]] = (
    event_of(
        _entry(ChangeKind.CREATED, "2025-04-16T09:00:00.000Z", INGEST, 1744794000000), LIVE
    ),
    event_of(
        _entry(
            ChangeKind.CHANGED, "2025-07-25T09:00:00.000Z", INGEST, 1753434000000,
            "integrationVersionId", "lastUpgradedAt",
        ),
        LIVE,
    ),
    event_of(
        _entry(
            ChangeKind.UNINSTALLED, "2026-11-24T08:39:55.004Z", _ADA, 1763973595004,
            *_DELETED, deletion_id=_DELETION,
        ),
        TRASHED,
    ),
    event_of(
        _entry(
            ChangeKind.SETTLED, "2026-11-24T08:39:55.210Z", _ADA, 1763973595004,
            deletion_id=_DELETION, counts=Counts(deleted=5),
        ),
        None,
    ),
    event_of(
        _entry(
            ChangeKind.RESTORED, "2026-11-24T08:41:02.117Z", _ADA, 1763973662117,
            *_DELETED, deletion_id=_DELETION,
        ),
        LIVE,
    ),
    event_of(
        _entry(
            ChangeKind.EXPIRED, "2026-12-24T08:52:11.000Z", RETENTION, 1766565595004,
            deletion_id=_DELETION,
        ),
        TRASHED,
    ),
)  # fmt: skip


def envelope(event: Event) -> Json:
    """Return the event as EventBridge hands it to a target of a rule."""
    message = event.message()
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": DETAIL_TYPES[event.kind],
        "source": SOURCE,
        "account": "111122223333",
        "time": f"{message.at:%Y-%m-%dT%H:%M:%SZ}",
        "region": "eu-central-1",
        "resources": [],
        "detail": json.loads(message.detail),
    }
