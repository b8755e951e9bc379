"""The bearer token: given as it is, or asked for, and then asked for again after a 401."""

from __future__ import annotations

import asyncio
import inspect
import re
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Final

import httpx

from installs_client.errors import InstallsError, InvalidRequestError, TokenError

Token = str | Callable[[], str]
AsyncToken = str | Callable[[], str | Awaitable[str]]

_TOKEN: Final = re.compile(r"[!-~]+", re.ASCII)


class BearerAuth(httpx.Auth):
    """Adds ``Authorization: Bearer``; a token that is asked for is kept until a 401.

    Concurrent requests ask for it once. Whatever the token function raises is a ``TokenError``.
    """

    def __init__(self, token: AsyncToken) -> None:
        self._ask = None if isinstance(token, str) else token
        self._token = checked(token) if isinstance(token, str) else None
        self._lock = threading.RLock()
        self._async_lock = asyncio.Lock()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Send the request, and after a 401 once more with a new token."""
        used = self._token or self._renewed(None)
        response = yield _bearing(request, used)
        if response.status_code == httpx.codes.UNAUTHORIZED and self._ask is not None:
            token = self._renewed(used)
            if token != used:
                yield _bearing(request, token)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """The same for the async client, whose token may be awaited."""
        used = self._token or await self._renewed_async(None)
        response = yield _bearing(request, used)
        if response.status_code == httpx.codes.UNAUTHORIZED and self._ask is not None:
            token = await self._renewed_async(used)
            if token != used:
                yield _bearing(request, token)

    def _renewed(self, used: str | None) -> str:
        """Return a token other than the one used, which another request may have asked for."""
        with self._lock:
            if self._token is None or self._token == used:
                try:
                    self._token = checked(None if self._ask is None else self._ask())
                except Exception as error:
                    raise _token_error(error) from error
            return self._token

    async def _renewed_async(self, used: str | None) -> str:
        async with self._async_lock:
            if self._token is None or self._token == used:
                try:
                    result = None if self._ask is None else self._ask()
                    self._token = checked(await result if inspect.isawaitable(result) else result)
                except Exception as error:
                    raise _token_error(error) from error
            return self._token


def checked(token: object) -> str:
    """A token that a header can hold, without the space or line end around it.

    An error never quotes it; httpx's own about a header would.
    """
    text = token.strip() if isinstance(token, str) else ""
    if not _TOKEN.fullmatch(text):
        raise InvalidRequestError("The token is not valid: it has to be visible ASCII characters.")
    return text


def _token_error(error: Exception) -> InstallsError:
    if isinstance(error, InstallsError):
        return error
    return TokenError(f"The token function raised {type(error).__name__}.")


def _bearing(request: httpx.Request, token: str) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token}"
    return request
