"""The clock of the service, which tests replace."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """Format a moment as rows have it: RFC 3339, UTC, milliseconds, fixed width."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def steady() -> float:
    """Return seconds that only grow; they stop while Lambda has frozen the environment."""
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment by both clocks, to tell the age of what a warm function keeps.

    The monotonic clock stops in a frozen environment, and the wall clock may be set back:
    something is as old as the older of the two says.
    """

    wall: datetime = field(default_factory=lambda: now())
    steady: float = field(default_factory=lambda: steady())

    def within(self, seconds: float) -> bool:
        """Return True if less than ``seconds`` have passed since, by either clock."""
        elapsed = now() - self.wall
        return (
            timedelta() <= elapsed < timedelta(seconds=seconds) and steady() - self.steady < seconds
        )
