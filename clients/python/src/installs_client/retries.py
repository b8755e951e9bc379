"""Retries of requests, and the pauses between them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import isfinite

from installs_client.errors import InvalidRequestError


def require_seconds(name: str, seconds: object) -> None:
    """Refuse what is no time in seconds, from 0 on."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise InvalidRequestError(f"{name} is a number of seconds")
    if not isfinite(seconds) or seconds < 0:
        raise InvalidRequestError(f"{name} is a number of seconds, not below 0")


@dataclass(frozen=True, slots=True)
class Retries:
    """Exponential backoff with full jitter.

    A request is sent again after 429, any 5xx, and no answer. Every operation of the API is
    idempotent (CONTRACT.md sections 4 to 6).
    """

    attempts: int = 4
    """Requests in all; 1 is no retry."""
    first_seconds: float = 0.25
    """The longest first pause; it doubles from attempt to attempt."""
    longest_seconds: float = 8.0
    """The longest pause."""
    longest_retry_after: float = 30.0
    """The longest ``Retry-After`` that is waited for; beyond it the error is raised at once."""
    total_seconds: float = 90.0
    """The deadline of all attempts and pauses together: none begins after it, and an attempt waits
    no longer for the connection, or for the next bytes, than is left of it."""

    def __post_init__(self) -> None:
        attempts: object = self.attempts
        if isinstance(attempts, bool) or not isinstance(attempts, int) or attempts < 1:
            raise InvalidRequestError("attempts is a whole number, at least 1")
        for name in ("first_seconds", "longest_seconds", "longest_retry_after", "total_seconds"):
            require_seconds(name, getattr(self, name))
        if not self.total_seconds:
            raise InvalidRequestError("total_seconds is above 0")

    def pause(self, failed: int, retry_after: float | None, left: float) -> float | None:
        """Return the seconds to wait after this many failed attempts; None to give up.

        ``left``: the seconds until the deadline.
        """
        if failed >= self.attempts:
            return None
        longest = min(self.longest_seconds, self.first_seconds * 2.0 ** min(failed - 1, 64))
        seconds = random.uniform(0, longest)  # noqa: S311 - jitter, no secret
        if retry_after is not None:
            if retry_after > self.longest_retry_after:
                return None
            seconds += retry_after
        return seconds if seconds < left else None
