"""A scripted service behind httpx's mock transport, and both clients with one face."""

from __future__ import annotations

import asyncio
import atexit
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from installs_client import AsyncClient, Client, Install, Retries
from tests import rows

BASE: Final = "https://api.example.com/dev"
TOKEN: Final = "a-token-that-nobody-may-see"  # noqa: S105 - the tests' own

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def row(install_id: str = "ins_a", **fields: object) -> dict[str, Any]:
    """An install as the API shows it."""
    made = rows.install(install_id, **fields)
    del made["type"]
    return made


def page(*ids: str, total: int = 0, more: bool = False, before: bool = False) -> httpx.Response:
    """The answer of a list; the cursors are ``<id>``."""
    info = {
        "total": total or len(ids),
        "hasNextPage": more,
        "hasPreviousPage": before,
        "startCursor": ids[0] if ids else None,
        "endCursor": ids[-1] if ids else None,
    }
    return httpx.Response(200, json={"data": [row(one) for one in ids], "pageInfo": info})


def problem(status: int, code: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """An error of the API."""
    body = {
        "type": "about:blank",
        "title": "No",
        "status": status,
        "detail": "It cannot be.",
        "code": code,
        "requestId": "req_1",
        "errors": [{"parameter": "filter", "pointer": "/a", "code": "c", "detail": "why"}],
        "newMember": {"of": "a newer service"},
    }
    kind = {"Content-Type": "application/problem+json; charset=utf-8"}
    return httpx.Response(status, content=json.dumps(body), headers={**kind, **(headers or {})})


@dataclass
class Service:
    """Answers one after another, the last one for ever; remembers what it was asked."""

    answers: list[Answer]
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        # The client may change a request that it sends again.
        self.asked.append(httpx.Request(request.method, request.url, headers=request.headers))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        made = answer(request) if callable(answer) else answer
        return httpx.Response(made.status_code, headers=made.headers, content=made.content)

    @property
    def queries(self) -> list[dict[str, str]]:
        """The parameters of each request."""
        return [dict(request.url.params) for request in self.asked]

    @property
    def tokens(self) -> list[str]:
        """The token of each request."""
        return [request.headers["authorization"] for request in self.asked]


Make = Callable[..., Any]
"""Makes a client of a service; its methods return what they return, awaited where need be."""


def sync_client(service: Service, token: Any = TOKEN, **given: Any) -> Any:  # noqa: ANN401
    """The sync client."""
    return Client(BASE, token, transport=httpx.MockTransport(service), **given)


def async_client(service: Service, token: Any = TOKEN, **given: Any) -> Any:  # noqa: ANN401
    """The async client, whose methods are run to their end."""
    return _Awaited(AsyncClient(BASE, token, transport=httpx.MockTransport(service), **given))


_RUNNER: Final = asyncio.Runner()
atexit.register(_RUNNER.close)


class _Awaited:
    """An async client whose methods run in one event loop to their end."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any method
        method = getattr(self._client, name)

        def run(*given: object, **named: object) -> object:
            made = method(*given, **named)
            if isinstance(made, AsyncIterator):
                return iter(_RUNNER.run(_all(made)))
            return _RUNNER.run(_awaited(made))

        return run


async def _all(values: AsyncIterator[Install]) -> list[Install]:
    return [value async for value in values]


async def _awaited(value: Awaitable[object]) -> object:
    return await value


def ids(found: Iterator[Install]) -> list[str]:
    """The ids of rows."""
    return [one.id for one in found]


ONCE: Final = Retries(attempts=1)
