"""ministack, run with the limit of API Gateway's that it does not have; in its own environment.

A regional REST API takes a URL of 10,240 characters; a longer one is refused in front of it,
without an answer of the API (AWS: Amazon API Gateway quotas).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from http import HTTPStatus
from typing import Any, Final

MAX_ADDRESS: Final = 10_240

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Coroutine[Any, Any, None]]


def limited(application: Application) -> Application:
    """Wrap an ASGI application: an address that is too long does not reach it."""

    async def refusing(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _address_length(scope) > MAX_ADDRESS:
            status = HTTPStatus.REQUEST_URI_TOO_LONG
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await application(scope, receive, send)

    return refusing


def _address_length(scope: Message) -> int:
    hosts = [value for name, value in scope["headers"] if name.lower() == b"host"]
    parts = [scope["scheme"], "://", *hosts, scope["raw_path"], "?", scope["query_string"]]
    return sum(map(len, parts))


if __name__ == "__main__":
    from ministack import app  # type: ignore[import-not-found]

    app.app = limited(app.app)
    app.main()
