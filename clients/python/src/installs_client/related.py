"""Related rows that an answer brings along (CONTRACT.md sections 1 and 2, include).

As rows of installs, they are open: enums are plain strings, and ``raw`` holds the row as sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from installs_client.values import field_values, flag, text, text_or_none, time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the API."""

    raw: Mapping[str, Any] = field(repr=False, compare=False, kw_only=True)
    """The row as it was sent, by the API's names."""

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """Read a row; raise ``ValueError``, ``TypeError`` or ``KeyError`` if it is malformed."""
        return cls(**field_values(cls, row), raw=row)


@dataclass(frozen=True, slots=True)
class Integration(Row):
    """Something that can be installed."""

    id: str
    workspace_id: str
    slug: str
    name: str
    description: str | None
    publisher: str
    trust_tier: str
    current_version: str | None
    visibility: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class IntegrationVersion(Row):
    """A published version of an integration."""

    id: str
    integration_id: str
    version: str
    changelog: str | None
    published_by: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Workspace(Row):
    """A tenant: every install belongs to one."""

    id: str
    organization_id: str | None
    name: str
    handle: str
    owner_id: str
    default_retention_tier: str | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Solution(Row):
    """A group of what installs brought in."""

    id: str
    workspace_id: str
    name: str
    description: str | None
    created_by: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    retention_tier: str | None


@dataclass(frozen=True, slots=True)
class User(Row):
    """A person or a service. A public key is not shown ``email`` and ``role``: they are None."""

    id: str
    name: str
    email: str | None
    handle: str
    role: str | None
    created_at: datetime

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """Read a row; raises as ``Row.read`` does."""
        return cls(**field_values(cls, {"email": None, "role": None, **row}), raw=row)


@dataclass(frozen=True, slots=True)
class IntegrationMember(Row):
    """An entity that an install brought into its workspace."""

    id: str
    integration_install_id: str
    workspace_id: str
    entity_id: str
    entity_version_id: str | None
    source_member_slug: str
    is_clone: bool
    source_version_id: str | None
    detached: bool
    enabled: bool
    permissions: Mapping[str, Any] = field(hash=False)
    added_by: str
    added_at: datetime
    deleted_at: datetime | None
    retention_tier: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """The dependents that a change deleted, restored, and deleted for good."""

    deleted: int
    restored: int
    purged: int


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change of an install; of the changed fields only the names."""

    revision: int
    occurred_at: datetime
    kind: str
    """created, changed, uninstalled, restored, purged, expired or settled."""
    cause: str
    """request, parent, retention or ingest."""
    actor_id: str | None
    actor_kind: str
    """user, key, service or retention; the name of a user is in ``included.users``."""
    request_id: str | None
    deletion_id: str | None
    fields: tuple[str, ...]
    counts: Counts | None
    """The counts of a settled entry; ``None`` in any other."""
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> Self:
        """Read an entry; raises as ``Row.read`` does."""
        counts = entry["counts"]
        return cls(
            revision=int(entry["revision"]),
            occurred_at=time(entry["occurredAt"]),
            kind=text(entry["kind"]),
            cause=text(entry["cause"]),
            actor_id=text_or_none(entry["actor"]["id"]),
            actor_kind=text(entry["actor"]["kind"]),
            request_id=text_or_none(entry["requestId"]),
            deletion_id=text_or_none(entry["deletionId"]),
            fields=tuple(map(text, entry["fields"])),
            counts=None
            if counts is None
            else Counts(counts["deleted"], counts["restored"], counts["purged"]),
            raw=entry,
        )


@dataclass(frozen=True, slots=True)
class History:
    """The newest changes of an install, at most 100."""

    entries: tuple[HistoryEntry, ...]
    has_more: bool
    """True if there are older entries."""

    @classmethod
    def read(cls, history: Mapping[str, Any]) -> Self:
        """Read a history; raises as ``Row.read`` does."""
        entries = tuple(map(HistoryEntry.read, history["data"]))
        return cls(entries, flag(history["hasMore"]))
