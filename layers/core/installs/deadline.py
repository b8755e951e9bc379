"""The end of an invocation: one budget of time for all its calls, less what its answer takes."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final, Protocol

from installs import clock

REPORT_SECONDS: Final = 1.0
"""Kept of an invocation's time to answer, and to write its line of log."""

STEP_SECONDS: Final = 9.0
"""Needed for a step of the cascade: one transaction with its retries."""


class OutOfTimeError(Exception):
    """The invocation ends before the work does; what is done stays done."""


class Context(Protocol):
    """Lambda's context object, as far as it is used here."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of the monotonic clock, which no environment is frozen before; or none."""

    ends: float = inf

    @classmethod
    def of(cls, context: Context | None, at_most: float = inf) -> Deadline:
        """The end of an invocation's calls; ``at_most``: seconds from now, if Lambda gives more."""
        given = inf if context is None else context.get_remaining_time_in_millis() / 1000
        return cls(clock.steady() + min(given - REPORT_SECONDS, at_most))

    @property
    def left(self) -> float:
        """The seconds until then."""
        return self.ends - clock.steady()

    def earlier(self, seconds: float) -> Deadline:
        """The deadline of what leaves these seconds to what comes after it."""
        return Deadline(self.ends - seconds)

    def check_step(self) -> None:
        """Raise ``OutOfTimeError`` where there is no time for another step."""
        if self.left < STEP_SECONDS:
            raise OutOfTimeError


NO_DEADLINE: Final = Deadline()
"""For a process that nobody ends."""
