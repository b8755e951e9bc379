"""A server of a test's own, on a thread beside it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from socketserver import BaseServer
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

S = TypeVar("S", bound=BaseServer)

_POLL_SECONDS: Final = 0.05
"""The time after which a server notices that it has to end."""


@contextmanager
def serving(server: S) -> Iterator[S]:
    """Serve until the end."""
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
