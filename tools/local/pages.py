"""The pages beside the API: console, reference, docs, openapi.yaml, and the demo's tokens.

They have an origin of their own, as a front end of a real stack has: what they read of the API,
they read by its CORS (docs/adr/0040).
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tools.local.errors import LocalSystemError
from tools.local.paths import CONSOLE, CONSOLE_LIBRARY, DOCS, OPENAPI, REFERENCE
from tools.local.ports import HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    Settings = dict[str, Any]

_START_SECONDS: Final = 10


def origin(port: int) -> str:
    """The web origin of the pages on a port."""
    return f"http://{HOST}:{port}"


@contextmanager
def serving_pages(port: int, api_origin: str, settings: Callable[[], Settings]) -> Iterator[None]:
    """Serve the pages on ``port``, in a thread.

    Parameters
    ----------
    port
        A free port of the loopback interface.
    api_origin
        The only other origin that the pages may call.
    settings
        The content of ``/stack.json``: the API's base URL, and the users.

    """
    application = pages(api_origin, settings)
    config = uvicorn.Config(
        application, HOST, port, log_level="warning", access_log=False, lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise LocalSystemError(f"The pages could not be served on port {port}.")
            time.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)


def pages(api_origin: str, settings: Callable[[], Settings]) -> ASGIApp:
    """The application that serves the pages."""

    def stack(_: Request) -> Response:
        return JSONResponse(settings(), headers={"Cache-Control": "no-store"})

    def openapi(_: Request) -> Response:
        return FileResponse(OPENAPI, media_type="application/yaml")

    def start(_: Request) -> Response:
        return RedirectResponse("/console/")

    return Starlette(
        routes=[
            Route("/", start),
            Route("/stack.json", stack),
            Route("/openapi.yaml", openapi),
            Mount("/console/vendor", StaticFiles(directory=CONSOLE_LIBRARY, check_dir=False)),
            Mount("/console", StaticFiles(directory=CONSOLE, html=True)),
            Mount("/reference", StaticFiles(directory=REFERENCE, html=True, check_dir=False)),
            Mount("/docs", StaticFiles(directory=DOCS, html=True, check_dir=False)),
        ],
        middleware=[
            # Else a page of another site could have its own name lead here, and read the tokens.
            Middleware(TrustedHostMiddleware, allowed_hosts=[HOST], www_redirect=False),
            Middleware(_Guarded, api_origin),
            Middleware(GZipMiddleware, minimum_size=1000),
        ],
    )


class _Guarded:
    """Headers that keep a page to its own scripts, and to the API.

    The pages of ``docs/`` hold inline scripts and styles of their theme, and call no API.
    """

    def __init__(self, application: ASGIApp, api_origin: str) -> None:
        self._application = application
        everywhere = (
            "default-src 'self'",
            "img-src 'self' data:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
        inline = "'self' 'unsafe-inline'"
        self._policy = "; ".join((*everywhere, f"connect-src 'self' {api_origin}"))
        self._docs_policy = "; ".join(
            (*everywhere, "connect-src 'self'", f"script-src {inline}", f"style-src {inline}")
        )
        self._headers = {
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_docs = str(scope.get("path", "")).startswith("/docs/")
        policy = self._docs_policy if is_docs else self._policy
        fixed = {**self._headers, "Content-Security-Policy": policy}

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(name.lower().encode(), v.encode()) for name, v in fixed.items()]
                names = {name for name, _ in message["headers"]}
                if b"cache-control" not in names:
                    headers.append((b"cache-control", b"no-cache"))
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        await self._application(scope, receive, guarded)
