"""Stream records of installs and of settled entries, read as changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from installs.clock import timestamp
from installs.origin import ActorKind, Cause, Origin
from installs.store import history, keys
from installs.store.history import ChangeKind, Entry
from installs.store.items import item_to_install
from installs.store.table import key_of

if TYPE_CHECKING:
    from installs.lifecycle import InstallState
    from installs.model import Install

StreamRecord = Mapping[str, Any]

UNKNOWN: Final = Origin(None, ActorKind.SERVICE, Cause.REQUEST)
"""The origin of a change without a history entry; compared by identity."""

_TTL: Final = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
"""The identity in the record of an item that TTL deleted (AWS: DynamoDB Streams and TTL)."""


@dataclass(frozen=True, slots=True)
class RecordedChange:
    """A change of an install, as its stream record shows it."""

    before: InstallState | None
    after: InstallState | None
    at: datetime
    """The time of the record, in whole seconds."""
    by_ttl: bool = False

    @property
    def state(self) -> InstallState:
        """The state after the change; of a removal, the last one before it."""
        state = self.after or self.before
        if state is None:
            raise ValueError("the record has no image")
        return state

    @property
    def row(self) -> Install:
        """The row after the change; of a removal, the last one before it."""
        return self.state.row

    @property
    def revision(self) -> int:
        """The revision after the change; of a removal, the least that it can have."""
        return self.state.revision + (self.after is None)

    def unrecorded(self) -> Entry:
        """Return an entry for a change that has none: its origin is unknown."""
        entry = history.entry_of(self.before, self.after, self.at, UNKNOWN)
        return replace(entry, revision=self.revision, origin=UNKNOWN)

    def expiry(self) -> Entry:
        """Return the entry of a removal by TTL; the same each time that its record comes."""
        state = self.state
        deletion = state.deletion
        if deletion is None or deletion.purge_at is None:
            raise ValueError("an install without an end of retention cannot expire")
        return Entry(
            state.row.id,
            state.row.workspace_id,
            history.expiry_revision(state.revision, deletion.purge_at),
            timestamp(self.at),
            ChangeKind.EXPIRED,
            history.expired(UNKNOWN),
            deletion.id,
        )


def read_record(record: StreamRecord) -> RecordedChange | Entry | None:
    """Return the change, or the settled entry, of a record; ``None``: it changes no revision.

    Raises
    ------
    LookupError, TypeError, ValueError, AttributeError
        It is not a record of an install, nor of a settled entry.
    """
    change = record["dynamodb"]
    key = key_of(change["Keys"])
    if key.sk != keys.INSTALL_SK:
        entry = history.item_to_entry(change["NewImage"])
        if entry.kind is not ChangeKind.SETTLED or entry.key != key:
            raise ValueError("the image is not of a settled entry")
        return entry
    before, after = (
        item_to_install(change[image]) if image in change else None
        for image in ("OldImage", "NewImage")
    )
    at = datetime.fromtimestamp(change["ApproximateCreationDateTime"], UTC)
    found = RecordedChange(before, after, at, record.get("userIdentity") == _TTL)
    if key != keys.install(found.row.id):
        raise ValueError("the image is not of the install of the key")
    if before is not None and after is not None and before.revision == after.revision:
        return None
    return found
