"""When a request is sent again, and after how long."""

from __future__ import annotations

import random
from dataclasses import dataclass

from installs_client.errors import InvalidRequestError


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how patiently: exponential backoff with full jitter.

    What is sent again: after 429, any 5xx, and where no answer came. Every operation of the API may
    be repeated (CONTRACT.md sections 4 to 6).
    """

    attempts: int = 4
    """Requests in all; 1 is no retry."""
    first_seconds: float = 0.25
    """The longest first pause; it doubles from attempt to attempt."""
    longest_seconds: float = 8.0
    """The longest pause."""
    longest_retry_after: float = 30.0
    """A ``Retry-After`` beyond this is not waited for: the error is raised at once."""

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise InvalidRequestError("there is at least one attempt")

    def pause(self, failed: int, retry_after: float | None) -> float | None:
        """The seconds to wait after this many failed attempts; none to give up."""
        if failed >= self.attempts:
            return None
        longest = min(self.longest_seconds, self.first_seconds * 2.0 ** min(failed - 1, 64))
        jitter = random.uniform(0, longest)  # noqa: S311 - jitter, no secret
        if retry_after is None:
            return jitter
        return None if retry_after > self.longest_retry_after else retry_after + jitter
