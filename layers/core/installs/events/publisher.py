"""The publisher: a batch of stream records, sent as events in order for each install.

It sends everything that it can. A record that can never become an event, or that the bus refuses
for good, becomes a dead letter. What fails for a transient reason is reported, so that Lambda
delivers the records from there on again (AWS: Lambda with DynamoDB, partial batch responses).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from installs import clock
from installs.events.details import Event, event_of
from installs.events.records import RecordedChange, StreamRecord, read_record
from installs.log import logger
from installs.store import history
from installs.store.history import Entry
from installs.store.table import ConditionFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from installs.store.bus import Delivery, Message
    from installs.store.table import Table

PERMANENT_ERRORS: Final = (LookupError, TypeError, ValueError, AttributeError)
"""Errors of data that cannot be understood: no retry helps."""

Entries = dict[tuple[str, int], Entry]
"""History entries by the install's id and the revision."""


class Bus(Protocol):
    """The event bus."""

    def send(self, messages: Sequence[Message]) -> Delivery:
        """Send messages, those of each group in order."""


@dataclass(slots=True)
class Outcome:
    """The outcome of a batch."""

    stopped_at: str | None = None
    """The sequence number of the first record that has to be delivered again."""
    published: int = 0
    failures: int = 0
    """Entries that the bus did not take, each time."""
    dead_lettered: int = 0
    lags: list[float] = field(default_factory=list)
    """Milliseconds from each change to its publication."""

    def response(self) -> dict[str, list[dict[str, str]]]:
        """Return the event source mapping's partial batch response."""
        failures = [] if self.stopped_at is None else [{"itemIdentifier": self.stopped_at}]
        return {"batchItemFailures": failures}


@dataclass(slots=True)
class Publisher:
    """Publishes one batch."""

    table: Table
    bus: Bus
    dead_letter: Callable[[StreamRecord, str], None]
    outcome: Outcome = field(default_factory=Outcome)

    def publish(self, records: Sequence[StreamRecord]) -> Outcome:
        """Publish the events of records; whatever fails is reported, not raised."""
        messages, again = self._messages(records)
        indexes = list(messages)
        delivery = self.bus.send(list(messages.values()))
        again |= {indexes[number] for number in delivery.unsent}
        for number, reason in delivery.refused.items():
            record = records[indexes[number]]
            if not self._to_dead_letters(record, f"the bus refuses it: {reason}"):
                again.add(indexes[number])
        refused = {indexes[number] for number in delivery.refused}
        sent = [index for index in indexes if index not in again | refused]
        self.outcome.published = len(sent)
        self.outcome.failures = delivery.failures
        self.outcome.lags = [_lag(records[index]) for index in sent]
        if again:
            self.outcome.stopped_at = _sequence_number(records[min(again)])
            logger.warning("publishing stopped", sequence_number=self.outcome.stopped_at)
        return self.outcome

    def _messages(self, records: Sequence[StreamRecord]) -> tuple[dict[int, Message], set[int]]:
        """Return the messages by the index of their record, and the index of a failure, if any.

        No later record becomes a message: the later changes of its install have to wait.
        """
        changes, failed = self._changes(records)
        messages: dict[int, Message] = {}
        index = min(changes, default=0)
        try:
            entries = self._entries(changes.values())
            for index, change in changes.items():
                try:
                    messages[index] = self._event(change, entries).message()
                except PERMANENT_ERRORS as error:
                    reason = f"no event can be made of it: {error!r}"
                    if not self._to_dead_letters(records[index], reason):
                        return messages, {index}
        except Exception:
            logger.exception("publishing failed")
            failed = {index}
        return messages, failed

    def _changes(
        self, records: Sequence[StreamRecord]
    ) -> tuple[dict[int, RecordedChange | Entry], set[int]]:
        """Return the changes by the index of their record, and the index of a failure, if any."""
        changes: dict[int, RecordedChange | Entry] = {}
        for index, record in enumerate(records):
            try:
                change = read_record(record)
            except PERMANENT_ERRORS as error:
                if not self._to_dead_letters(record, f"it cannot be read: {error!r}"):
                    return changes, {index}
                continue
            if change is not None:
                changes[index] = change
        return changes, set()

    def _entries(self, changes: Iterable[RecordedChange | Entry]) -> Entries | None:
        """Read the history entries of changes; ``None`` if one of them cannot be understood."""
        written = [
            change for change in changes if isinstance(change, RecordedChange) and change.after
        ]
        try:
            return history.get_many(
                self.table, [(change.row.id, change.revision) for change in written]
            )
        except PERMANENT_ERRORS:
            return None

    def _event(self, change: RecordedChange | Entry, entries: Entries | None) -> Event:
        if isinstance(change, Entry):
            return event_of(change, None)
        if change.after is None:
            return event_of(self._removal(change), change.row)
        key = (change.row.id, change.revision)
        known = history.get_many(self.table, [key]) if entries is None else entries
        return event_of(known.get(key) or change.unrecorded(), change.row)

    def _removal(self, change: RecordedChange) -> Entry:
        """Return the entry of a removal; of one by TTL, which writes none, write it first."""
        if not change.by_ttl:
            last = change.state.revision
            entry = next(history.read(self.table, change.row.id, after=last), None)
            return entry if entry is not None and entry.ends else change.unrecorded()
        entry = change.expiry()
        with suppress(ConditionFailedError):  # the record has come before
            self.table.transact([history.put(entry, clock.now(), new=True)])
        return entry

    def _to_dead_letters(self, record: StreamRecord, reason: str) -> bool:
        """Make a record a dead letter; return False if it has to come again."""
        try:
            self.dead_letter(record, reason)
        except Exception:
            logger.exception("record not dead-lettered", event_id=record.get("eventID"))
            return False
        logger.error("record dead-lettered", event_id=record.get("eventID"), reason=reason)
        self.outcome.dead_lettered += 1
        return True


def _lag(record: StreamRecord) -> float:
    created: float = record["dynamodb"]["ApproximateCreationDateTime"]
    return max(0.0, clock.now().timestamp() - created) * 1000


def _sequence_number(record: StreamRecord) -> str:
    """Return the sequence number; without one Lambda bisects the whole batch."""
    number: str = record.get("dynamodb", {}).get("SequenceNumber", "")
    return number
