"""The consumer of the table's stream: which records to handle, which to retry, which to park.

Lambda retries a batch from the lowest sequence number reported (AWS: Lambda with DynamoDB, partial
batch responses). The consumer stops at the first record that fails for a passing reason, so that
order is kept, and parks what can never be handled, so that it blocks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from installs.log import logger
from installs.store import keys
from installs.store.items import item_to_install

if TYPE_CHECKING:
    from installs.lifecycle import InstallState

StreamRecord = Mapping[str, Any]


def consume(
    records: Sequence[StreamRecord],
    reconcile: Callable[[InstallState], None],
    park: Callable[[StreamRecord, str], None],
) -> dict[str, list[dict[str, str]]]:
    """Handle records in order; the answer is the mapping's partial batch response."""
    for record in records:
        try:
            try:
                state = install_of(record)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                park(record, f"not a record of an install: {error!r}")
                logger.error("record parked", event_id=record.get("eventID"))
                continue
            reconcile(state)
        except Exception:
            # Without a number Lambda takes the whole batch as failed, and halves it.
            sequence_number = record.get("dynamodb", {}).get("SequenceNumber", "")
            logger.exception("cascade stopped", sequence_number=sequence_number)
            return {"batchItemFailures": [{"itemIdentifier": sequence_number}]}
    return {"batchItemFailures": []}


def install_of(record: StreamRecord) -> InstallState:
    """The install as a record shows it: the new image, or the old one of a removal.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        It shows none.
    """
    change = record["dynamodb"]
    state = item_to_install(change.get("NewImage") or change["OldImage"])
    if change["Keys"]["pk"]["S"] != keys.install(state.row.id).pk:
        raise ValueError("the image is not of an install")
    return state
