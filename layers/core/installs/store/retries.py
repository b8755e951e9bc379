"""Retries of the table's calls: one loop for all errors, within one budget.

The time is the request's: no attempt and no pause exceeds its deadline. The retries are the
process's: each takes a token, and each successful call returns one. So a table that fails half of
its calls gets twice as many, and a table that is down gets no retries
(docs/adr/0031-one-budget-for-retries.md).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from installs import clock, randomness

if TYPE_CHECKING:
    from collections.abc import Callable

    from installs.deadline import Deadline

ATTEMPTS: Final = 8
"""The most attempts of a call."""

TOKENS: Final = 100
"""The most retries of a process in a row without a successful call."""

FIRST_SECONDS: Final = 1.5
"""The time limit of the first attempt; it doubles with each one, for a slow table."""

_LEAST_SECONDS: Final = 0.1
"""The least time of an attempt: a shorter one would only leave its result unknown."""

_PAUSE: Final = 0.025
_LONGEST_PAUSE: Final = 0.8


class Failure(NamedTuple):
    """A transient failure of an attempt."""

    code: str
    """DynamoDB's error code, or the type of a network error."""
    maybe_done: bool = False
    """True if the call may have been carried out."""
    conflict: bool = False
    """True if another transaction conflicted and the table is available."""


class CallFailedError(Exception):
    """All attempts of a call failed."""

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
    """The bucket of retries of a process."""

    left: int = TOKENS
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self) -> bool:
        """Take a token; return False if there is none."""
        with self._lock:
            available = self.left > 0
            self.left -= available
            return available

    def put_back(self) -> None:
        """Return a token."""
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
        """True if a failed attempt may have been carried out."""

    def seconds(self) -> float:
        """Return the time limit of the next attempt.

        Raises
        ------
        CallFailedError
            No time is left.
        """
        left = self._deadline.left
        if left < _LEAST_SECONDS:
            raise self._error(Failure("OutOfTime"))
        self._made += 1
        return min(FIRST_SECONDS * 2.0 ** (self._made - 1), left)

    def failed(self, failure: Failure) -> float:
        """Note a failure, and return the seconds until the next attempt.

        Raises
        ------
        CallFailedError
            There is no next attempt.
        """
        self.maybe_done |= failure.maybe_done
        pause = jitter(self._made, randomness.uniform)
        if (
            self._made == ATTEMPTS
            or pause + _LEAST_SECONDS > self._deadline.left
            or not (failure.conflict or self._tokens.take())
        ):
            raise self._error(failure)
        self._on_retry()
        return pause

    def answered(self) -> None:
        """Note that the call was answered."""
        self._tokens.put_back()

    def _error(self, failure: Failure) -> CallFailedError:
        seconds = clock.steady() - self._began
        return CallFailedError(
            self._operation, failure, self._made, seconds, maybe_done=self.maybe_done
        )


def jitter(attempt: int, uniform: Callable[[float, float], float]) -> float:
    """Return the seconds to wait after an attempt: full jitter, doubling to at most 0.8."""
    return uniform(0, min(_LONGEST_PAUSE, _PAUSE * 2**attempt))
