"""When a call of the table is sent again: one loop for all reasons, within one budget.

Time is the request's: no attempt and no pause goes beyond its deadline. Retries are the process's:
each takes a token, and each call that is answered brings one back. So a table that fails half of
what it is asked is sent twice as much, and one that is down no more than it is asked
(docs/adr/0031-one-budget-for-retries.md).
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from installs import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from installs.deadline import Deadline

ATTEMPTS: Final = 8
"""How often a call is sent at the most."""

TOKENS: Final = 100
"""Retries that a process may make in a row without a call that is answered."""

FIRST_SECONDS: Final = 1.5
"""How long the first attempt may take; the next ones twice as long each, for a slow table."""

_LEAST_SECONDS: Final = 0.1
"""An attempt with less time than this is not worth its doubt."""

_PAUSE: Final = 0.025
_LONGEST_PAUSE: Final = 0.8


class Failure(NamedTuple):
    """Why an attempt failed, if another may succeed."""

    code: str
    """DynamoDB's code of an error, or the kind of a fault on the way."""
    maybe_done: bool = False
    """Whether the call may have been carried out all the same."""
    conflict: bool = False
    """Whether the table is well, and another transaction was first."""


class CallFailedError(Exception):
    """A call failed in every attempt that it could be given."""

    def __init__(
        self, operation: str, failure: Failure, attempts: int, seconds: float, *, maybe_done: bool
    ) -> None:
        super().__init__(f"{operation}: {failure.code} after {attempts} attempts, {seconds:.2f} s")
        self.operation = operation
        self.failure = failure
        self.attempts = attempts
        self.seconds = seconds
        self.maybe_done = maybe_done


@dataclass(slots=True)
class Tokens:
    """The retries that a process has left."""

    left: int = TOKENS
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self) -> bool:
        """Take one; false where there is none."""
        with self._lock:
            had_one = self.left > 0
            self.left -= had_one
            return had_one

    def bring(self) -> None:
        """Bring one back."""
        with self._lock:
            self.left = min(TOKENS, self.left + 1)


class Attempts:
    """The attempts of one call."""

    def __init__(
        self, operation: str, deadline: Deadline, tokens: Tokens, on_retry: Callable[[], None]
    ) -> None:
        self._operation = operation
        self._deadline = deadline
        self._tokens = tokens
        self._on_retry = on_retry
        self._began = clock.steady()
        self._made = 0
        self.maybe_done = False
        """Whether an attempt that failed may have been carried out."""

    def seconds(self) -> float:
        """How long the next attempt may take.

        Raises
        ------
        CallFailedError
            There is no time for one.
        """
        left = self._deadline.left
        if left < _LEAST_SECONDS:
            raise self._error(Failure("OutOfTime"))
        self._made += 1
        return min(FIRST_SECONDS * 2.0 ** (self._made - 1), left)

    def failed(self, failure: Failure) -> None:
        """Wait for the next attempt.

        Raises
        ------
        CallFailedError
            There is none.
        """
        self.maybe_done |= failure.maybe_done
        pause = jitter(self._made, random.uniform)
        if (
            self._made == ATTEMPTS
            or pause + _LEAST_SECONDS > self._deadline.left
            or not (failure.conflict or self._tokens.take())
        ):
            raise self._error(failure)
        self._on_retry()
        time.sleep(pause)

    def answered(self) -> None:
        """Note that the call was answered."""
        self._tokens.bring()

    def _error(self, failure: Failure) -> CallFailedError:
        seconds = clock.steady() - self._began
        return CallFailedError(
            self._operation, failure, self._made, seconds, maybe_done=self.maybe_done
        )


def jitter(attempt: int, uniform: Callable[[float, float], float]) -> float:
    """Seconds to wait after an attempt: full jitter, doubling to at most 0.8 seconds."""
    return uniform(0, min(_LONGEST_PAUSE, _PAUSE * 2**attempt))
