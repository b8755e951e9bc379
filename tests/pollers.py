"""A poller of a stream in memory, and functions for it to call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.streams import ARN, START, FakeStream
from tools.local.stream.poller import Poller
from tools.local.stream.settings import MappingSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tools.local.stream.checkpoint import Checkpoint
    from tools.local.stream.destination import DiscardedBatch


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class Function:
    """Remembers the batches that it was called with, and fails as it is told."""

    def __init__(self, fails: Callable[[list[str]], object] = lambda _batch: None) -> None:
        self.batches: list[list[str]] = []
        self._fails = fails

    def __call__(self, event: Mapping[str, Any]) -> object:
        batch = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
        self.batches.append(batch)
        return self._fails(batch)


class Crash(BaseException):
    """The consumer's end, in the middle of a call."""


def raises_on(*poison: str) -> Callable[[list[str]], object]:
    def fails(batch: list[str]) -> object:
        if set(poison) & set(batch):
            raise ValueError("poison")
        return None

    return fails


def reports(*poison: str) -> Callable[[list[str]], object]:
    """Say which of its records failed, and go on past them, as Powertools does."""

    def fails(batch: list[str]) -> object:
        return {"batchItemFailures": [{"itemIdentifier": one} for one in batch if one in poison]}

    return fails


def stream_of(*numbers: str) -> FakeStream:
    stream = FakeStream()
    for number in numbers:
        stream.put(number)
    return stream


def poller_of(
    stream: FakeStream,
    function: Function,
    *,
    checkpoint: Checkpoint | None = None,
    discarded: list[DiscardedBatch] | None = None,
    clock: Clock | None = None,
    **settings: Any,  # noqa: ANN401 - any of MappingSettings
) -> Poller:
    return Poller(
        stream.as_client(),
        ARN,
        function,
        MappingSettings(**settings),
        checkpoint=checkpoint,
        discard=None if discarded is None else discarded.append,
        clock=clock or Clock(),
    )
