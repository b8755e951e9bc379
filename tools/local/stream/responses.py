"""Meaning of a function's answer for its batch.

"Configuring partial batch response" in the AWS Lambda developer guide
(services-ddb-batchfailurereporting) tells which answers are a success, a failure from some record
on, and a failure of everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.local.stream.records import StreamRecord


def first_failure(answer: object, batch: Sequence[StreamRecord]) -> int | None:
    """The place in the batch to go on from, or None where all of it is done.

    Everything from the lowest reported sequence number on counts as failed, later successes too.
    An answer that cannot be understood, or that names a record outside the batch, fails it whole.
    """
    if answer is None:
        return None
    if not isinstance(answer, Mapping):
        return 0
    failures = answer.get("batchItemFailures")
    if failures is None:
        return None
    if not isinstance(failures, list):
        return 0
    positions = {record.sequence_number: position for position, record in enumerate(batch)}
    return min((_position(failure, positions) for failure in failures), default=None)


def _position(failure: object, positions: Mapping[str, int]) -> int:
    identifier = failure.get("itemIdentifier") if isinstance(failure, Mapping) else None
    return positions.get(identifier, 0) if isinstance(identifier, str) else 0
