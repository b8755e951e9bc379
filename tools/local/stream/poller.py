"""An event source mapping: a DynamoDB stream brought to a function as Lambda does it.

The rules followed, by the mapping's own settings ("Using AWS Lambda with Amazon DynamoDB" in the
AWS Lambda developer guide): records of a shard in order, a parent shard before its children; batch
size and window; filters; partial failures; bisecting; bounded retries and record age; the failure
destination. ``ParallelizationFactor`` is taken as 1 and tumbling windows are not served.

``run`` serves until it is stopped. ``drain`` delivers all present records and returns, so that a
test can put faults between the steps. An ``invoke`` that raises is a failed function; one that
raises a ``BaseException`` is a consumer that died, after which a new Poller goes on at the
checkpoint.
"""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from tools.local.stream.checkpoint import Checkpoint
from tools.local.stream.delivery import Delivery, ShardDelivery
from tools.local.stream.settings import MappingSettings
from tools.local.stream.shard import ShardReader

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_dynamodbstreams.type_defs import DescribeStreamInputTypeDef, ShardTypeDef

    from tools.local.stream.destination import DiscardedBatch
    from tools.local.stream.functions import Invoke
    from tools.local.stream.records import StreamRecord

logger = logging.getLogger(__name__)

POLL_SECONDS: Final = 0.1
SHARD_LIST_SECONDS: Final = 10.0


class NeverDrainedError(Exception):
    """The stream was not empty after a great many steps: a record is retried without end."""


class Poller:
    """Delivers one stream to one function."""

    def __init__(
        self,
        streams: DynamoDBStreamsClient,
        stream_arn: str,
        invoke: Invoke,
        settings: MappingSettings | None = None,
        *,
        checkpoint: Checkpoint | None = None,
        discard: Callable[[DiscardedBatch], None] | None = None,
        annotate: Callable[[StreamRecord], StreamRecord] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Begin at the checkpoint; ``discard`` gets what is given up (without it: logged)."""
        self._streams = streams
        self._stream_arn = stream_arn
        self._delivery = Delivery(
            settings=settings or MappingSettings(),
            invoke=invoke,
            checkpoint=checkpoint or Checkpoint(stream_arn),
            discard=discard or _log_discarded,
            clock=clock,
            annotate=annotate or _as_it_is,
            stream_arn=stream_arn,
        )
        self._shards: dict[str, ShardDelivery] = {}
        self._listed_at: float | None = None

    def step(self, *, at_once: bool = False) -> bool:
        """One round over the shards, one call of the function at most for each.

        Returns True if anything was read or delivered. Every shard has its turn, also behind one
        that cannot be read; what was raised first is raised in the end.
        """
        raised: list[Exception] = []
        busy = False
        with _kept(raised):
            self._list_shards(refresh=at_once)
        for shard in self._open_shards():
            with _kept(raised):
                busy = shard.step(at_once=at_once) or busy
        if raised:
            raise raised[0]
        return busy

    def drain(self, *, most_steps: int = 100_000) -> None:
        """Deliver until nothing is left, with no waiting for windows, nor between retries."""
        for _ in range(most_steps):
            if not self.step(at_once=True):
                return
        raise NeverDrainedError(f"The stream is not empty after {most_steps} steps.")

    def run(self, stop: threading.Event) -> None:
        """Deliver until ``stop`` is set; an engine that does not answer is asked again."""
        while not stop.is_set():
            try:
                busy = self.step()
            except (BotoCoreError, ClientError) as error:
                busy = False
                if not stop.is_set():
                    logger.warning("The stream cannot be read: %s", error)
            if not busy:
                stop.wait(POLL_SECONDS)

    def _open_shards(self) -> list[ShardDelivery]:
        return [shard for shard in self._shards.values() if not shard.done]

    def _list_shards(self, *, refresh: bool) -> None:
        """Take up shards that are new and whose parents are done."""
        now = self._delivery.clock()
        first = self._listed_at is None
        expired = self._listed_at is None or now - self._listed_at >= SHARD_LIST_SECONDS
        if not (expired or refresh or any(shard.done for shard in self._shards.values())):
            return
        listed = self._describe()
        present = {shard["ShardId"] for shard in listed}
        for shard in listed:
            parent = shard.get("ParentShardId")
            waits = parent in present and not (parent in self._shards and self._shards[parent].done)
            if shard["ShardId"] not in self._shards and not waits:
                self._take_up(shard["ShardId"], first=first)
        self._listed_at = now

    def _take_up(self, shard_id: str, *, first: bool) -> None:
        # A shard that appears later began after the mapping did: nothing of it may be skipped.
        beginning = self._delivery.settings.starting_position if first else "TRIM_HORIZON"
        position = self._delivery.checkpoint.position(shard_id)
        reader = ShardReader(self._streams, self._stream_arn, shard_id, position, beginning)
        self._shards[shard_id] = ShardDelivery(reader, self._delivery)

    def _describe(self) -> list[ShardTypeDef]:
        request: DescribeStreamInputTypeDef = {"StreamArn": self._stream_arn}
        shards: list[ShardTypeDef] = []
        while True:
            description = self._streams.describe_stream(**request)["StreamDescription"]
            shards += description["Shards"]
            last = description.get("LastEvaluatedShardId")
            if not last:
                return shards
            request["ExclusiveStartShardId"] = last


@contextmanager
def _kept(raised: list[Exception]) -> Iterator[None]:
    """Keep what is raised for later."""
    try:
        yield
    except Exception as error:
        raised.append(error)


def _log_discarded(batch: DiscardedBatch) -> None:
    logger.error("%d records given up: %s", len(batch.records), batch.condition)


def _as_it_is(record: StreamRecord) -> StreamRecord:
    return record
