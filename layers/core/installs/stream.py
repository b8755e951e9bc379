"""The consumer of the table's stream: which records to handle, which to retry, which to park.

Lambda retries a batch from the lowest sequence number reported (AWS: Lambda with DynamoDB, partial
batch responses). The consumer stops at the first record that fails for a passing reason, so that
order is kept, and parks what can never be handled, so that it blocks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from installs import clock
from installs.cascade import Subject
from installs.lifecycle import OwnerRefs
from installs.log import bind_log_context, logger
from installs.store import keys
from installs.store.items import item_to_install
from installs.store.keys import Key

StreamRecord = Mapping[str, Any]

NEVER: Final = (LookupError, TypeError, ValueError, AttributeError)
"""What data that nobody can make sense of raises: no retry makes it better."""


@dataclass(slots=True)
class Outcome:
    """What became of a batch."""

    stopped_at: str | None = None
    """The sequence number of the record that failed and is to be tried again."""
    dead_lettered: int = 0
    lags: list[float] = field(default_factory=list)
    """Milliseconds from each change to the end of its cascade."""

    def answer(self) -> dict[str, list[dict[str, str]]]:
        """The mapping's partial batch response."""
        stopped = [] if self.stopped_at is None else [{"itemIdentifier": self.stopped_at}]
        return {"batchItemFailures": stopped}


def consume(
    records: Sequence[StreamRecord],
    reconcile: Callable[[Subject], None],
    dead_letter: Callable[[StreamRecord, str], None],
) -> Outcome:
    """Handle records in order."""
    outcome = Outcome()
    for record in records:
        bind_log_context(None)
        try:
            try:
                subject = subject_of(record)
                if subject is None:
                    continue
                reconcile(subject)
            except NEVER as error:
                dead_letter(record, f"it cannot be handled: {error!r}")
                logger.exception("record dead-lettered", event_id=record.get("eventID"))
                outcome.dead_lettered += 1
                continue
        except Exception:
            # Without a number Lambda takes the whole batch as failed, and halves it.
            outcome.stopped_at = record.get("dynamodb", {}).get("SequenceNumber", "")
            logger.exception("cascade stopped", sequence_number=outcome.stopped_at)
            return outcome
        logger.info("cascade finished", event_id=record.get("eventID"))
        created = record["dynamodb"].get("ApproximateCreationDateTime")
        if created is not None:
            outcome.lags.append(max(0.0, clock.now().timestamp() - created) * 1000)
    return outcome


def subject_of(record: StreamRecord) -> Subject | None:
    """Return what a record asks to reconcile; ``None``: a change that nothing depends on.

    An install, with what it belonged to before the change; or a solution, by its pending work.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        It is not a record of an install, nor of a solution's pending work.
    """
    change = record["dynamodb"]
    key = Key(change["Keys"][keys.PK]["S"], change["Keys"][keys.SK]["S"])
    if key.sk == keys.PENDING_SK:
        solution_id = (change.get("NewImage") or change["OldImage"])["id"]["S"]
        if key != keys.pending_solution(solution_id):
            raise ValueError("the image is not of a solution's pending work")
        return Subject(solution_id=solution_id)
    old, new = (
        item_to_install(change[image]) if image in change else None
        for image in ("OldImage", "NewImage")
    )
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
