"""The consumer of the table's stream: handles records, retries them, or makes them dead letters.

Lambda retries a batch from the lowest sequence number reported (AWS: Lambda with DynamoDB, partial
batch responses). The consumer stops at the first record that fails for a transient reason, which
keeps the order. A record that can never be handled becomes a dead letter, so that it does not block
the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from installs import cascade, clock
from installs.cascade import Subject, Work
from installs.lifecycle import OwnerRefs
from installs.log import bind_log_context, logger
from installs.store import keys
from installs.store.items import decode, item_to_install
from installs.store.table import key_of

StreamRecord = Mapping[str, Any]

PERMANENT_ERRORS: Final = (LookupError, TypeError, ValueError, AttributeError)
"""Errors of data that cannot be understood: no retry helps."""


@dataclass(slots=True)
class Outcome:
    """The outcome of a batch."""

    stopped_at: str | None = None
    """The sequence number of the record that failed and has to be retried."""
    dead_lettered: int = 0
    lags: list[float] = field(default_factory=list)
    """Milliseconds from each change to the end of its cascade."""

    def response(self) -> dict[str, list[dict[str, str]]]:
        """Return the event source mapping's partial batch response."""
        failures = [] if self.stopped_at is None else [{"itemIdentifier": self.stopped_at}]
        return {"batchItemFailures": failures}


def reconcile_records(
    records: Sequence[StreamRecord],
    work: Work,
    dead_letter: Callable[[StreamRecord, str], None],
) -> Outcome:
    """Reconcile the subjects of records in order.

    ``dead_letter`` stores a record that can never be handled, with the reason.
    """
    return consume(records, partial(cascade.handle, work), dead_letter)


def consume(
    records: Sequence[StreamRecord],
    handle: Callable[[Subject], None],
    dead_letter: Callable[[StreamRecord, str], None],
) -> Outcome:
    """Handle the subjects of records in order, by a function that may fail."""
    outcome = Outcome()
    for record in records:
        bind_log_context(None)
        try:
            try:
                subject = subject_of(record)
                if subject is None:
                    continue
                handle(subject)
            except PERMANENT_ERRORS as error:
                dead_letter(record, f"it cannot be handled: {error!r}")
                logger.exception("record dead-lettered", event_id=record.get("eventID"))
                outcome.dead_lettered += 1
                continue
        except Exception:
            # Without a sequence number Lambda bisects the whole batch.
            outcome.stopped_at = record.get("dynamodb", {}).get("SequenceNumber", "")
            logger.exception("cascade stopped", sequence_number=outcome.stopped_at)
            return outcome
        logger.info("cascade finished", event_id=record.get("eventID"))
        created = record["dynamodb"].get("ApproximateCreationDateTime")
        if created is not None:
            outcome.lags.append(max(0.0, clock.now().timestamp() - created) * 1000)
    return outcome


def subject_of(record: StreamRecord) -> Subject | None:
    """Return the subject of a record; ``None``: a change without consequences.

    It is an install, with its owner references before the change, or a solution with pending work.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        It is not a record of an install, nor of a solution's pending work.
    """
    change = record["dynamodb"]
    key = key_of(change["Keys"])
    if key.sk == keys.PENDING_SK:
        solution_id = decode(change.get("NewImage") or change["OldImage"])["id"]
        if key != keys.pending_solution(solution_id):
            raise ValueError("the image is not of a solution's pending work")
        return Subject(solution_id=solution_id)
    new = item_to_install(change["NewImage"]) if "NewImage" in change else None
    try:
        old = item_to_install(change["OldImage"]) if "OldImage" in change else None
    except PERMANENT_ERRORS:
        if new is None:
            raise
        # The row has been repaired; its former owner references can still be read.
        values = decode(change["OldImage"])
        former = OwnerRefs(new.row.id, values.get("parentInstallId"), values.get("solutionId"))
        return Subject(new.owner_refs, former)
    state = new or old
    if state is None or key != keys.install(state.row.id):
        raise ValueError("the image is not of an install")
    inserted = record.get("eventName") == "INSERT"
    if inserted and state.owner_refs == OwnerRefs(state.row.id, None, None):
        return None  # it is live and belongs to nothing: nothing can disagree with it yet
    if old is None or new is None:
        return Subject(state.owner_refs)
    if (old.owner_refs, old.cascaded) == (new.owner_refs, new.cascaded):
        return None
    return Subject(new.owner_refs, old.owner_refs)
