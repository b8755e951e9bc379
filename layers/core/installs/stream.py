"""The consumer of the table's stream: which records to handle, which to retry, which to park.

Lambda retries a batch from the lowest sequence number reported (AWS: Lambda with DynamoDB, partial
batch responses). The consumer stops at the first record that fails for a passing reason, so that
order is kept, and parks what can never be handled, so that it blocks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from installs import clock
from installs.log import bind_log_context, logger
from installs.store import keys
from installs.store.items import item_to_install

if TYPE_CHECKING:
    from installs.lifecycle import OwnerRefs

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
    reconcile: Callable[[OwnerRefs], None],
    dead_letter: Callable[[StreamRecord, str], None],
) -> Outcome:
    """Handle records in order."""
    outcome = Outcome()
    for record in records:
        bind_log_context(None)
        try:
            try:
                reconcile(owner_refs_of(record))
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


def owner_refs_of(record: StreamRecord) -> OwnerRefs:
    """Where the install of a record hangs: by the new image, or the old one of a removal.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        It is no record of an install.
    """
    change = record["dynamodb"]
    state = item_to_install(change.get("NewImage") or change["OldImage"])
    if change["Keys"]["pk"]["S"] != keys.install(state.row.id).pk:
        raise ValueError("the image is not of an install")
    return state.owner_refs
