"""Ports of the loopback interface."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Final

from tools.local.errors import LocalSystemError

if TYPE_CHECKING:
    from collections.abc import Callable

HOST: Final = "127.0.0.1"


def free_port() -> int:
    """A port that nothing listens on at this moment."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


def require_free(port: int, patience_seconds: float = 3) -> None:
    """Refuse a port that another program holds, and goes on holding.

    The patience is for a run that was just killed, whose engines are still ending.
    """
    deadline = time.monotonic() + patience_seconds
    while not _is_free(port):
        if time.monotonic() > deadline:
            raise LocalSystemError(
                f"Port {port} is in use: stop what holds it, or choose another with PORT=."
            )
        time.sleep(0.1)


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        # As servers do, so that a port whose last connections are still closing counts as free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
        return True


def wait_until_listening(port: int, seconds: float, still_running: Callable[[], bool]) -> None:
    """Return once something accepts connections on the port, or say that it never did."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not still_running():
            raise LocalSystemError(f"What should listen on port {port} ended at its start.")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.01)
    raise LocalSystemError(f"Nothing listens on port {port} after {seconds:.0f} seconds.")
