"""Retries of requests, and the pauses between them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from installs_client.errors import InvalidRequestError


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

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise InvalidRequestError("attempts is at least 1")

    def pause(self, failed: int, retry_after: float | None) -> float | None:
        """Return the seconds to wait after this many failed attempts; None to give up."""
        if failed >= self.attempts:
            return None
        longest = min(self.longest_seconds, self.first_seconds * 2.0 ** min(failed - 1, 64))
        jitter = random.uniform(0, longest)  # noqa: S311 - jitter, no secret
        if retry_after is None:
            return jitter
        return None if retry_after > self.longest_retry_after else retry_after + jitter
