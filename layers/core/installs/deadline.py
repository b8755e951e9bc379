"""The end of an invocation, seen in time to stop at a clean point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from installs.cascade import OutOfTimeError

SPARE_MILLISECONDS: Final = 10_000
"""What is kept of an invocation's time to finish a step, with its retries, and to report."""


class Context(Protocol):
    """Lambda's context object, as far as it is used here."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """Ends work before Lambda does."""

    context: Context

    def check(self) -> None:
        """Raise ``OutOfTimeError`` where there is no time for another step."""
        if self.context.get_remaining_time_in_millis() < SPARE_MILLISECONDS:
            raise OutOfTimeError
