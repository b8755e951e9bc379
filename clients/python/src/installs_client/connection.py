"""Settings that both clients share: base URL, token, timeouts, retries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx

from installs_client.auth import AsyncToken, BearerAuth
from installs_client.errors import InvalidRequestError
from installs_client.retries import require_seconds

if TYPE_CHECKING:
    from installs_client.operations import Operation

VERSION: Final = "0.2.0"
"""The version of the package (pyproject.toml reads it here)."""

TIMEOUT: Final = httpx.Timeout(35.0, connect=5.0)
"""Seconds. API Gateway itself gives up after 29."""


def settings(base_url: str, token: AsyncToken, timeout: float | httpx.Timeout) -> dict[str, Any]:
    """The settings of an httpx client; raise ``InvalidRequestError`` for what cannot be one."""
    if not isinstance(timeout, httpx.Timeout):
        require_seconds("timeout", timeout)
    try:
        url = httpx.URL(base_url)
    except (httpx.InvalidURL, TypeError) as error:
        raise InvalidRequestError("The base URL is not a valid URL.") from error
    if url.scheme not in ("http", "https") or not url.host or url.query or url.fragment:
        raise InvalidRequestError(f"{base_url!r} is not a base URL such as https://host/stage.")
    return {
        "base_url": url,
        "auth": BearerAuth(token),
        "timeout": timeout,
        "headers": {
            "Accept": "application/json",
            "User-Agent": f"integration-installs-client/{VERSION}",
        },
    }


def request_of(
    client: httpx.Client | httpx.AsyncClient, operation: Operation[Any]
) -> httpx.Request:
    """The HTTP request of an operation."""
    return client.build_request(operation.method, operation.path, params=operation.query or None)
