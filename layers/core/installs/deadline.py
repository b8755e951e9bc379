"""The deadline of an invocation: one budget of time for all its calls, less the response's."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final, Protocol

from installs import clock

REPORT_SECONDS: Final = 1.0
"""The time reserved to respond and to write the log line."""

STEP_SECONDS: Final = 9.0
"""The time of a step of the cascade: one transaction with its retries."""


class OutOfTimeError(Exception):
    """The invocation ends before the work does; finished steps stay done."""


class Context(Protocol):
    """The part of Lambda's context object that is used here."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of the monotonic clock within one invocation; or none."""

    ends: float = inf

    @classmethod
    def of(cls, context: Context | None, at_most: float = inf) -> Deadline:
        """Return the deadline of an invocation's calls, ``at_most`` so many seconds from now."""
        remaining = inf if context is None else context.get_remaining_time_in_millis() / 1000
        return cls(clock.steady() + min(remaining - REPORT_SECONDS, at_most))

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return self.ends - clock.steady()

    def earlier(self, seconds: float) -> Deadline:
        """Return a deadline that is some seconds earlier."""
        return Deadline(self.ends - seconds)

    def check_step(self) -> None:
        """Raise ``OutOfTimeError`` if there is no time for another step."""
        if self.left < STEP_SECONDS:
            raise OutOfTimeError


NO_DEADLINE: Final = Deadline()
"""The deadline of a process without one."""
