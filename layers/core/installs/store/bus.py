"""The event bus: PutEvents, with retries of the entries that it refused.

A call takes at most ten entries, and fails for some of them alone. It has at most one message of
each group, so that a message that was refused is sent before the later ones of its group (AWS:
EventBridge, PutEvents and "Handling failures with PutEvents").
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from installs import randomness
from installs.deadline import NO_DEADLINE, Deadline
from installs.log import logger
from installs.store.retries import ATTEMPTS, jitter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_events import EventBridgeClient

SOURCE: Final = "integration-installs"
"""The ``source`` of each event, which rules match."""

MOST_ENTRIES: Final = 10
"""Entries in one call (AWS: PutEvents)."""

LARGEST_CALL: Final = 262_144
"""In bytes of all entries of one call. AWS takes 1 MB in most regions since 2026; this size passes
everywhere, and through each target of a rule (docs/adr/0034)."""

_SIZE_OF_TIME: Final = 14

_ATTEMPT_SECONDS: Final = 5
_CALL_SECONDS: Final = _ATTEMPT_SECONDS + 1

_REFUSALS: Final = frozenset(
    {"InvalidArgument", "MalformedDetail", "RequestEntityTooLargeException", "ValidationException"}
)
"""Error codes of entries that no retry helps."""


@dataclass(frozen=True, slots=True)
class Message:
    """One event; messages of the same ``group`` are sent in order."""

    group: str
    detail_type: str
    detail: str
    """A JSON object, as its text."""
    at: datetime

    @property
    def size(self) -> int:
        """The size in bytes (AWS: calculating PutEvents event entry size)."""
        texts = (SOURCE, self.detail_type, self.detail)
        return _SIZE_OF_TIME + sum(len(text.encode()) for text in texts)


@dataclass(slots=True)
class Delivery:
    """The outcome of sending messages, by their places."""

    refused: dict[int, str] = field(default_factory=dict)
    """Messages that the bus never takes, with its reason."""
    unsent: list[int] = field(default_factory=list)
    """Messages that may be sent later: the bus did not take them in time."""
    failures: int = 0
    """Entries that failed, each time that they did."""


@cache
def _client() -> EventBridgeClient:
    import boto3  # here, since only the publisher needs it
    from botocore.config import Config

    config = Config(
        connect_timeout=2, read_timeout=_ATTEMPT_SECONDS - 2, retries={"total_max_attempts": 1}
    )
    return boto3.session.Session().client("events", config=config)


@dataclass(frozen=True, slots=True)
class Bus:
    """One event bus, by its name or ARN."""

    name: str
    client: EventBridgeClient
    deadline: Deadline = NO_DEADLINE

    @classmethod
    def of_function(cls, name: str, deadline: Deadline) -> Bus:
        """Return the function's bus for one invocation."""
        return cls(name, _client(), deadline)

    def send(self, messages: Sequence[Message]) -> Delivery:
        """Send messages, those of each group in order, until time or attempts run out."""
        delivery = Delivery()
        waiting = dict(enumerate(messages))
        stalled = 0
        while waiting and stalled < ATTEMPTS and self.deadline.left > _CALL_SECONDS:
            batch = _next_batch(waiting)
            failed = self._call([waiting[place] for place in batch])
            if len(batch) > 1 and all(map(_is_final, failed)):
                # The call was refused, not each entry: one alone shows which is to blame.
                batch = batch[:1]
                failed = self._call([waiting[batch[0]]])
            again = 0
            for place, code in zip(batch, failed, strict=True):
                if code is not None and not _is_final(code):
                    again += 1
                    continue
                del waiting[place]
                if code is not None:
                    delivery.refused[place] = code
            delivery.failures += sum(code is not None for code in failed)
            stalled = stalled + 1 if again == len(batch) else 0
            if again:
                time.sleep(max(0, min(jitter(stalled, randomness.uniform), self.deadline.left)))
        delivery.unsent = list(waiting)
        return delivery

    def _call(self, messages: Sequence[Message]) -> list[str | None]:
        """Return the error code of each message; ``None`` if the bus has taken it."""
        entries: Any = [self._entry(message) for message in messages]
        try:
            response = self.client.put_events(Entries=entries)
        except ClientError as error:
            code = error.response["Error"]["Code"]
        except BotoCoreError as error:
            code = type(error).__name__
        else:
            results = response["Entries"]
            codes = {result.get("ErrorCode") for result in results} - {None}
            if codes:
                logger.warning("entries failed", codes=sorted(map(str, codes)))
            return [result.get("ErrorCode") for result in results]
        logger.warning("entries failed", codes=[code])
        return [code] * len(messages)

    def _entry(self, message: Message) -> Mapping[str, object]:
        return {
            "EventBusName": self.name,
            "Source": SOURCE,
            "DetailType": message.detail_type,
            "Detail": message.detail,
            "Time": message.at,
        }


def _is_final(code: str | None) -> bool:
    return code in _REFUSALS


def _next_batch(waiting: Mapping[int, Message]) -> list[int]:
    """Return the places of the next messages: the first of each group, as many as fit."""
    batch: list[int] = []
    groups: set[str] = set()
    size = 0
    for place, message in waiting.items():
        fits = not batch or size + message.size <= LARGEST_CALL
        if message.group not in groups and fits:
            batch.append(place)
            size += message.size
        # A later one of the same group has to wait for it, also if it did not fit.
        groups.add(message.group)
        if len(batch) == MOST_ENTRIES:
            break
    return batch
