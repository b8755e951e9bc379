"""The exchange of a request for its result, with retries, without sending or waiting.

``exchange`` is a generator: it yields steps and receives their outcomes, so that the sync and the
async client share it.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import httpx

from installs_client.errors import UnreachableError
from installs_client.operations import retry_after

if TYPE_CHECKING:
    from collections.abc import Generator

    from installs_client.operations import Operation
    from installs_client.retries import Retries

T = TypeVar("T")

logger: Final = logging.getLogger("installs_client")


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait."""

    seconds: float


Step = httpx.Request | Pause
"""Send this, or wait."""
Outcome = httpx.Response | httpx.RequestError | None
"""The answer of a request, or the reason that there is none; None after a pause."""

_LEAST_SECONDS: Final = 0.001
_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def exchange(
    operation: Operation[T], request: httpx.Request, retries: Retries
) -> Generator[Step, Outcome, T]:
    """Run an operation and return its result.

    Raises
    ------
    ProblemError, UnexpectedAnswerError
        The last answer was an error.
    UnreachableError
        The last attempt had no answer.
    """
    failed, maybe_done = 0, False
    deadline = time.monotonic() + retries.total_seconds
    timeouts = request.extensions["timeout"]
    while True:
        left = max(deadline - time.monotonic(), _LEAST_SECONDS)
        request.extensions["timeout"] = {
            name: left if seconds is None else min(seconds, left)
            for name, seconds in timeouts.items()
        }
        outcome = yield request
        if isinstance(outcome, httpx.Response):
            if not _may_pass(outcome.status_code):
                return operation.result(outcome, maybe_done=maybe_done)
            reason, pause = f"status {outcome.status_code}", retry_after(outcome)
            lost = outcome.status_code != httpx.codes.TOO_MANY_REQUESTS
        else:
            reason, pause = type(outcome).__name__, None
            lost = not isinstance(outcome, _NEVER_SENT)
        failed += 1
        seconds = retries.pause(failed, pause, deadline - time.monotonic())
        logger.debug("%s %s: %s; waiting %s s", request.method, request.url.path, reason, seconds)
        if seconds is None:
            if isinstance(outcome, httpx.Response):
                return operation.result(outcome, maybe_done=maybe_done)
            attempts = "1 attempt" if failed == 1 else f"{failed} attempts"
            raise UnreachableError(
                f"No answer from {request.url.host} after {attempts}: {reason}."
            ) from outcome
        maybe_done |= lost
        yield Pause(seconds)


def _may_pass(status: int) -> bool:
    """Return True if another attempt may succeed."""
    return status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR
