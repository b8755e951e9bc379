"""Persistent HTTP connections to one server; sending and receiving are separate calls.

So requests on several connections are answered in parallel, without a thread for each::

    sent = [pool.send(headers, body, seconds=1.5) for body in bodies]
    responses = [exchange.receive() for exchange in sent]
"""

from __future__ import annotations

import select
import ssl
from collections import deque
from functools import cached_property
from http.client import HTTPConnection, HTTPSConnection, IncompleteRead
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from weakref import finalize

from installs import clock

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

CONNECT_SECONDS: Final = 1.0

MAX_IDLE: Final = 48
"""Connections kept open: more than the widest fan-out of reads, and counters beside it."""

_CHUNK_BYTES: Final = 256 * 1024

_BUFFERED_SECONDS: Final = 0.02
"""The time to read a response after its deadline: enough for one that has arrived already."""


class NotSentError(OSError):
    """No connection could be made, so that nothing was sent; the cause says why."""


class HttpPool:
    """The connections of a process to one server, safe for threads."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._idle: deque[HTTPConnection] = deque()
        finalize(self, _close, self._idle)

    def send(self, headers: Mapping[str, str], body: bytes, *, seconds: float) -> Exchange:
        """Send a POST request, whose response is to be there within some seconds.

        Raises
        ------
        NotSentError
            There is no connection.
        OSError
            The connection broke; the request may have been received.
        """
        deadline = clock.steady() + seconds
        connection = self._connected(min(CONNECT_SECONDS, seconds))
        try:
            connection.sock.settimeout(seconds)
            connection.request("POST", "/", body, headers)
        except BaseException:
            connection.close()
            raise
        return Exchange(connection, deadline, self._idle)

    def _connected(self, seconds: float) -> HTTPConnection:
        while self._idle:
            try:
                idle = self._idle.pop()
            except IndexError:  # another thread has taken the last one
                break
            if not _is_readable(idle.sock):
                return idle
            idle.close()  # by the server: an idle connection has nothing to read
        connection = self._connection(seconds)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise NotSentError from error
        return connection

    def _connection(self, seconds: float) -> HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "https":
            return HTTPSConnection(host, port, timeout=seconds, context=self._tls)
        return HTTPConnection(host, port, timeout=seconds)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """The certificates that are trusted, read once."""
        return ssl.create_default_context()


def _is_readable(connected: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connected, select.POLLIN)
    return bool(poll.poll(0))


def _close(connections: deque[HTTPConnection]) -> None:
    while connections:
        connections.pop().close()


class Exchange:
    """A request that was sent, and its response."""

    def __init__(
        self, connection: HTTPConnection, deadline: float, idle: deque[HTTPConnection]
    ) -> None:
        self._connection = connection
        self._deadline = deadline
        self._idle = idle

    def receive(self) -> tuple[int, bytes]:
        """Return the status and the body; a slow response is abandoned at its deadline.

        Raises
        ------
        OSError, HTTPException
            There is no response.
        """
        now = clock.steady()
        deadline = max(self._deadline, now + _BUFFERED_SECONDS)
        try:
            self._connection.sock.settimeout(deadline - now)
            response = self._connection.getresponse()
            parts = []
            while part := response.read1(_CHUNK_BYTES):
                parts.append(part)
                if clock.steady() > deadline:
                    raise TimeoutError("The response came too slowly.")
            if response.length:
                raise IncompleteRead(b"", response.length)
            response.close()
        except BaseException:
            self._connection.close()
            raise
        if self._connection.sock is not None and len(self._idle) < MAX_IDLE:
            self._idle.append(self._connection)
        else:
            self._connection.close()
        return response.status, b"".join(parts)

    def close(self) -> None:
        """Abandon the response, and close its connection."""
        self._connection.close()
