"""The bearer token: given as it is, or asked for, and then asked for again after a 401."""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Final

import httpx

from installs_client.errors import InvalidRequestError

Token = str | Callable[[], str]
AsyncToken = str | Callable[[], str | Awaitable[str]]

_TOKEN: Final = re.compile(r"[!-~]+", re.ASCII)


class BearerAuth(httpx.Auth):
    """Adds ``Authorization: Bearer``; a token that is asked for is kept until a 401."""

    def __init__(self, token: AsyncToken) -> None:
        self._ask = None if isinstance(token, str) else token
        self._token = checked(token) if isinstance(token, str) else None

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Send the request, and after a 401 once more with a new token."""
        used = self._token or self._keep(self._asked())
        response = yield _bearing(request, used)
        if response.status_code == httpx.codes.UNAUTHORIZED and self._ask is not None:
            if self._token == used:
                self._keep(self._asked())
            if self._token != used:
                yield _bearing(request, str(self._token))

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """The same for the async client, whose token may be awaited."""
        used = self._token or self._keep(await self._awaited())
        response = yield _bearing(request, used)
        if response.status_code == httpx.codes.UNAUTHORIZED and self._ask is not None:
            if self._token == used:
                self._keep(await self._awaited())
            if self._token != used:
                yield _bearing(request, str(self._token))

    def _keep(self, token: object) -> str:
        self._token = checked(token)
        return self._token

    def _asked(self) -> object:
        return None if self._ask is None else self._ask()

    async def _awaited(self) -> object:
        asked = self._asked()
        return await asked if inspect.isawaitable(asked) else asked


def checked(token: object) -> str:
    """A token that a header can hold, without the space or line end around it.

    An error never quotes it; httpx's own about a header would.
    """
    text = token.strip() if isinstance(token, str) else ""
    if not _TOKEN.fullmatch(text):
        raise InvalidRequestError("The token is none: it has to be visible ASCII characters.")
    return text


def _bearing(request: httpx.Request, token: str) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token}"
    return request
