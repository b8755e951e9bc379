"""The delivery of one shard's records, in order, batch after batch."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tools.local.stream.destination import Condition, DiscardedBatch
from tools.local.stream.functions import FunctionUnavailableError
from tools.local.stream.responses import first_failure
from tools.local.stream.settings import NO_BOUND

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from tools.local.stream.checkpoint import Checkpoint
    from tools.local.stream.functions import Invoke
    from tools.local.stream.records import StreamRecord
    from tools.local.stream.settings import MappingSettings
    from tools.local.stream.shard import ShardReader

PAYLOAD_LIMIT: Final = 6_000_000
"""The most that Lambda hands to a function at once, in bytes."""

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 10.0


@dataclass(slots=True)
class _Batch:
    records: Sequence[StreamRecord]
    failures: int = 0
    not_before: float = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """State that the deliveries of all shards share."""

    settings: MappingSettings
    invoke: Invoke
    checkpoint: Checkpoint
    discard: Callable[[DiscardedBatch], None]
    clock: Callable[[], float]
    annotate: Callable[[StreamRecord], StreamRecord]
    stream_arn: str


class ShardDelivery:
    """Brings one shard's records to the function; a failing shard holds up no other."""

    def __init__(self, reader: ShardReader, delivery: Delivery) -> None:
        self._reader = reader
        self._to = delivery
        self._waiting: deque[StreamRecord] = deque()
        self._window_began = 0.0
        self._batches: deque[_Batch] = deque()

    @property
    def done(self) -> bool:
        """Return True if the shard is closed and fully processed."""
        return self._reader.ended and not self._waiting and not self._batches

    def step(self, *, at_once: bool = False) -> bool:
        """Read, and call the function at most once; return True if anything was done.

        ``at_once`` waits for no window to fill and for no pause between retries to pass.
        """
        read = False
        if not self._batches:
            read = self._read()
            self._gather(at_once=at_once)
        if not self._batches:
            return read
        batch = self._batches[0]
        if self._to.clock() < batch.not_before and not at_once:
            return read
        self._deliver(batch)
        return True

    def _read(self) -> bool:
        if len(self._waiting) >= self._to.settings.batch_size:
            return False
        read = self._reader.read()
        records = [
            record
            for record in map(self._to.annotate, read)
            if not record.changes_nothing and self._to.settings.wants(record.event)
        ]
        if records and not self._waiting:
            self._window_began = self._to.clock()
        self._waiting.extend(records)
        self._save_if_idle()
        return bool(read) or self._reader.ended

    def _gather(self, *, at_once: bool) -> None:
        """Make a batch once one is full or its window has passed."""
        if not self._waiting:
            return
        settings = self._to.settings
        count = size = 0
        for record in self._waiting:
            size += record.size
            if count == settings.batch_size or (count and size > PAYLOAD_LIMIT):
                break
            count += 1
        full = count == settings.batch_size or count < len(self._waiting)
        waited = self._to.clock() - self._window_began
        if full or at_once or self._reader.ended or waited >= settings.batching_window_seconds:
            self._batches.append(_Batch([self._waiting.popleft() for _ in range(count)]))
            self._window_began = self._to.clock()

    def _deliver(self, batch: _Batch) -> None:
        if self._give_up_old(batch):
            return
        event: Mapping[str, Any] = {"Records": [record.event for record in batch.records]}
        try:
            answer = self._to.invoke(event)
        except FunctionUnavailableError:
            self._pause(batch, 1)
            return
        except Exception:
            # Whatever a function raises is its failure.
            self._failed(batch, 0)
            return
        failed_at = None
        if self._to.settings.reports_item_failures:
            failed_at = first_failure(answer, batch.records)
        if failed_at is None:
            self._finish(batch)
        else:
            self._failed(batch, failed_at)

    def _failed(self, batch: _Batch, failed_at: int) -> None:
        """Go on from ``place``: split, try again, or give up, as the settings say."""
        retries = self._to.settings.retry_attempts
        failures = batch.failures + 1
        rest = batch.records[failed_at:]
        if failed_at:
            self._to.checkpoint.advance(
                self._reader.shard_id, batch.records[failed_at - 1].sequence_number
            )
        if self._to.settings.bisects and len(batch.records) > 1:
            # A split is not counted as a retry.
            middle = 0 if failed_at else len(rest) // 2
            halves = [part for part in (rest[:middle], rest[middle:]) if part]
            self._replace(*(_Batch(half) for half in halves))
            self._pause(self._batches[0], 1)
        elif retries == NO_BOUND or failures <= retries:
            self._replace(_Batch(rest, failures))
            self._pause(self._batches[0], failures)
        else:
            self._replace(_Batch(rest, failures))
            self._discard(self._batches[0], Condition.RETRIES_EXHAUSTED)

    def _give_up_old(self, batch: _Batch) -> bool:
        """Discard the batch's records past the age limit; return True if none is left."""
        limit = self._to.settings.record_age_seconds
        if limit == NO_BOUND:
            return False
        oldest = self._to.clock() - limit
        old = [record for record in batch.records if record.created < oldest]
        if not old:
            return False
        young = [record for record in batch.records if record.created >= oldest]
        self._replace(_Batch(old, batch.failures), *([_Batch(young)] if young else []))
        self._discard(self._batches[0], Condition.TOO_OLD)
        return True

    def _discard(self, batch: _Batch, condition: Condition) -> None:
        self._to.discard(
            DiscardedBatch(
                condition=condition,
                shard_id=self._reader.shard_id,
                stream_arn=self._to.stream_arn,
                records=batch.records,
                invocations=batch.failures,
                discarded_at=self._to.clock(),
            )
        )
        self._finish(batch)

    def _finish(self, batch: _Batch) -> None:
        self._batches.popleft()
        self._to.checkpoint.advance(self._reader.shard_id, batch.records[-1].sequence_number)
        self._save_if_idle()

    def _save_if_idle(self) -> None:
        """With nothing left to deliver, records that no filter wanted are dealt with too."""
        if not self._waiting and not self._batches and self._reader.position is not None:
            self._to.checkpoint.advance(self._reader.shard_id, self._reader.position)

    def _replace(self, *batches: _Batch) -> None:
        self._batches.popleft()
        self._batches.extendleft(reversed(batches))

    def _pause(self, batch: _Batch, failures: int) -> None:
        seconds = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
        batch.not_before = self._to.clock() + seconds
