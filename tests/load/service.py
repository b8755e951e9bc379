"""API Gateway and Lambda in front of the functions: each limit refuses at once, and nothing queues.

The functions run under Amazon's own runtime client, several processes of each; a process is one
execution environment and has one request at a time. What Lambda refuses is a 503 of the gateway's
(``INTEGRATION_FAILURE``), what the gateway's own limit refuses a 429.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs
from uuid import uuid4

import uvicorn

from tests.gateway import event
from tests.runtime.functions import VERSION, Machine, started
from tools.local.ports import HOST, free_port, wait_until_listening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

FUNCTIONS: Final = ("list_installs", "get_install", "uninstall_install", "restore_install")
START_SECONDS: Final = 120


@dataclass
class Bucket:
    """A rate and a burst, as API Gateway has for each method."""

    rate: float
    burst: float
    tokens: float = field(init=False)
    filled: float = field(default_factory=monotonic)

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def take(self) -> bool:
        """Take a token, if one is left."""
        now = monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.filled) * self.rate)
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Service:
    """The API, an ASGI application; and on a port for each function Lambda's Runtime API."""

    def __init__(self, user: str, concurrency: int) -> None:
        """Let ``concurrency`` requests run at once, of all functions together."""
        self.port = free_port()
        self.runtime_ports = {function: free_port() for function in FUNCTIONS}
        self.rates: dict[str, Bucket] = {}
        """Limits of the gateway, by function."""
        self._functions = {port: function for function, port in self.runtime_ports.items()}
        self._user, self._room = user, concurrency
        self._events: dict[str, asyncio.Queue[tuple[str, bytes]]] = {
            function: asyncio.Queue() for function in FUNCTIONS
        }
        self._answers: dict[str, asyncio.Future[bytes]] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request of a caller, or of a function's runtime."""
        function = self._functions.get(scope["server"][1])
        if function is None:
            await self._request(scope, send)
        elif scope["path"] == f"{VERSION}/invocation/next":
            request_id, body = await self._events[function].get()
            headers = {
                "Lambda-Runtime-Aws-Request-Id": request_id,
                "Lambda-Runtime-Deadline-Ms": "4000000000000",
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:0:function:f",
            }
            await _answer(send, 200, body, headers)
        else:
            body = await _body(receive)
            request_id = scope["path"].split("/")[-2]
            if request_id in self._answers:
                self._answers.pop(request_id).set_result(body)
            await _answer(send, 202, b"{}")

    async def warm_up(self, environments: int) -> None:
        """Start every environment: so many calls at once that each has one."""
        calls = [
            self._invoke(function, self._event({"pathParameters": {"id": "?"}}))
            for function in FUNCTIONS
            for _ in range(environments)
        ]
        await asyncio.wait_for(asyncio.gather(*calls), START_SECONDS)

    async def _request(self, scope: Message, send: Send) -> None:
        function, given = _route(scope)
        if function in self.rates and not self.rates[function].take():
            await _refuse(send, 429, "throttled")
            return
        if self._room == 0:
            await _refuse(send, 503, "unavailable")
            return
        self._room -= 1
        try:
            answer = json.loads(await self._invoke(function, self._event(given)))
        finally:
            self._room += 1
        await _answer(send, answer["statusCode"], answer["body"].encode(), answer["headers"])

    def _event(self, given: dict[str, Any]) -> bytes:
        authorizer = {"principal": self._user, "kind": "user"}
        context = {"requestId": "load", "authorizer": authorizer}
        return json.dumps(event(requestContext=context, **given)).encode()

    async def _invoke(self, function: str, body: bytes) -> bytes:
        request_id = uuid4().hex
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._answers[request_id] = future
        await self._events[function].put((request_id, body))
        return await future


def _route(scope: Message) -> tuple[str, dict[str, Any]]:
    query = parse_qs(scope["query_string"].decode())
    parts = scope["path"].strip("/").split("/")[2:]
    if not parts:
        return "list_installs", {"multiValueQueryStringParameters": query or None}
    given = {"pathParameters": {"id": parts[0]}}
    if scope["method"] == "POST":
        return "restore_install", given
    return ("uninstall_install" if scope["method"] == "DELETE" else "get_install"), given


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _refuse(send: Send, status: int, code: str) -> None:
    await _answer(send, status, json.dumps({"code": code}).encode(), {"Retry-After": "1"})


async def _answer(
    send: Send, status: int, body: bytes, headers: Mapping[str, str] | None = None
) -> None:
    given = {"Content-Length": str(len(body)), "Content-Type": "application/json"} | {
        **(headers or {})
    }
    told = [(name.lower().encode(), value.encode()) for name, value in given.items()]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def serving(
    service: Service,
    machine: Machine,
    values: Mapping[str, str],
    endpoint: str,
    logs: Path,
    environments: int,
) -> Iterator[None]:
    """Serve with so many environments of each function, all warm."""
    ports = [service.port, *service.runtime_ports.values()]
    settings = {"log_level": "critical", "lifespan": "off", "access_log": False}
    servers = [
        uvicorn.Server(uvicorn.Config(service, host=HOST, port=port, **settings))  # type: ignore[arg-type]
        for port in ports
    ]
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await asyncio.gather(*(server.serve() for server in servers))

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        for port in ports:
            wait_until_listening(port, START_SECONDS, thread.is_alive)
        with ExitStack() as stack:
            for function, port in service.runtime_ports.items():
                for number in range(environments):
                    log = logs / f"{function}-{number}.log"
                    stack.enter_context(started(function, machine, values, endpoint, port, log))
            asyncio.run_coroutine_threadsafe(service.warm_up(environments), loops[0]).result()
            yield
    finally:
        for server in servers:
            server.should_exit = server.force_exit = True
        thread.join()
