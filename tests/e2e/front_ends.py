"""Front ends on ports of their own: pages of other origins than the API, for a real browser.

Chromium lets a page call this machine only if the page came from it (Local Network Access). So the
page is really served, and no answer to its navigation is made up.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final

from tests.serving import serving
from tools.local.paths import ROOT
from tools.local.ports import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = "/tests/e2e/front_end.html"
"""An empty page. Its import map names the modules of axios and of the TypeScript client."""

ADDED: Final = {
    "Baggage": "a=1",
    "Cache-Control": "no-cache",
    "Content-Type": "application/json",
    "If-None-Match": '"x"',
    "Sentry-Trace": "1-1",
    "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "Tracestate": "a=1",
    "X-Requested-With": "XMLHttpRequest",
}
"""The headers that a front end's libraries add to the token."""


@dataclass(frozen=True)
class FrontEnds:
    """The origins of the front ends."""

    allowed: tuple[str, ...]
    """Those that may call the API of the session's stack, beside its own pages'."""
    strange: str
    """One that may not."""


@contextmanager
def front_ends() -> Iterator[FrontEnds]:
    """Serve the page at two hosts that are allowed, and at a third port."""
    with ExitStack() as held:
        files = partial(_Files, directory=str(ROOT))
        servers = (serving(ThreadingHTTPServer((HOST, 0), files)) for _ in range(3))
        first, second, third = (held.enter_context(one).server_port for one in servers)
        allowed = (f"http://{HOST}:{first}", f"http://localhost:{second}")
        yield FrontEnds(allowed, f"http://{HOST}:{third}")


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Be silent."""
