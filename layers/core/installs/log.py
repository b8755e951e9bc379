"""The functions' one logger: structured lines, never the event, which holds the token."""

from __future__ import annotations

from typing import Final

from aws_lambda_powertools import Logger

logger: Final = Logger()


def log_request(
    *, request_id: str, status: int, seconds: float, rows: int, unhandled: Exception | None = None
) -> None:
    """The one line of a request; ``rows``: how many the table examined for it."""
    log = logger.info if unhandled is None else logger.error
    log(
        "request",
        request_id=request_id,
        status=status,
        milliseconds=round(seconds * 1000, 1),
        rows_examined=rows,
        exc_info=unhandled,
    )
