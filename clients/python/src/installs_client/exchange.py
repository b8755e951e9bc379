"""From a request to its result, with retries: all of it but the sending and the waiting.

``exchange`` is a generator that yields what to do and is sent how it went, so that the sync and the
async client share it whole.
"""

from __future__ import annotations

import logging
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
"""Of a request: an answer, or why there is none. Of a pause: nothing."""

_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def exchange(
    operation: Operation[T], request: httpx.Request, retries: Retries
) -> Generator[Step, Outcome, T]:
    """The result of an operation.

    Raises
    ------
    ProblemError, UnexpectedAnswerError
        As the last answer has it.
    UnreachableError
        The last attempt had no answer.
    """
    failed, maybe_done = 0, False
    while True:
        outcome = yield request
        if isinstance(outcome, httpx.Response):
            if not _may_pass(outcome.status_code):
                return operation.result(outcome, maybe_done=maybe_done)
            told, asked = f"status {outcome.status_code}", retry_after(outcome)
            lost = outcome.status_code != httpx.codes.TOO_MANY_REQUESTS
        else:
            told, asked = type(outcome).__name__, None
            lost = not isinstance(outcome, _NEVER_SENT)
        failed += 1
        seconds = retries.pause(failed, asked)
        logger.debug("%s %s: %s; waiting %s s", request.method, request.url.path, told, seconds)
        if seconds is None:
            if isinstance(outcome, httpx.Response):
                return operation.result(outcome, maybe_done=maybe_done)
            attempts = "1 attempt" if failed == 1 else f"{failed} attempts"
            raise UnreachableError(
                f"No answer from {request.url.host} after {attempts}: {told}."
            ) from outcome
        maybe_done |= lost
        yield Pause(seconds)


def _may_pass(status: int) -> bool:
    """Whether another attempt may be answered otherwise."""
    return status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR
