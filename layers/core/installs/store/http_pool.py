"""Persistent HTTP/1.1 connections to one server; sending and receiving are separate calls.

So requests on several connections are answered in parallel, without a thread for each::

    sent = [pool.send(headers, body, seconds=1.5) for body in bodies]
    responses = [exchange.receive() for exchange in sent]

It replaces ``http.client``, whose reading of headers takes more than half of a call's own time, and
whose import that of ``email`` (docs/adr/0056). Requests are few, and all alike; a response has a
length, comes in chunks, or ends with its connection (RFC 9112, 6.3).
"""

from __future__ import annotations

import select
import socket
import ssl
from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit
from weakref import finalize

from installs import clock

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_SECONDS: Final = 1.0

MAX_IDLE: Final = 48
"""Connections kept open: more than the widest fan-out of reads, and counters beside it."""

_CHUNK_BYTES: Final = 64 * 1024

_MAX_HEAD: Final = 64 * 1024
"""The most bytes of a status line and its headers, as for ``http.client``."""

_LINE_END: Final = b"\r\n"
_HEAD_END: Final = b"\r\n\r\n"
_HEX_DIGITS: Final = b"0123456789abcdefABCDEF"
_PORTS: Final = {"http": 80, "https": 443}
_FIRST_FINAL: Final = 200
"""The least status of a final response; those below are interim (RFC 9110, 15.2)."""

_BUFFERED_SECONDS: Final = 0.02
"""The time to read a response after its deadline: enough for one that has arrived already."""


class NotSentError(OSError):
    """No connection could be made, so that nothing was sent; the cause says why."""


class DisconnectedError(OSError):
    """The server closed the connection before the end of its response."""


class InvalidResponseError(OSError):
    """The response is not one of HTTP/1.1 that is understood here."""


class HttpPool:
    """The connections of a process to one server, safe for threads."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or _PORTS[parts.scheme])
        self._encrypted = parts.scheme == "https"
        self._idle: deque[socket.socket] = deque()
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
            connection.settimeout(seconds)
            connection.sendall(_request(headers, body))
        except BaseException:
            connection.close()
            raise
        return Exchange(connection, deadline, self._idle)

    def _connected(self, seconds: float) -> socket.socket:
        while self._idle:
            try:
                idle = self._idle.pop()
            except IndexError:  # another thread has taken the last one
                break
            if not _is_readable(idle):
                return idle
            idle.close()  # by the server: an idle connection has nothing to read
        try:
            return self._connect(seconds)
        except OSError as error:
            raise NotSentError from error

    def _connect(self, seconds: float) -> socket.socket:
        connection = socket.create_connection(self._address, seconds)
        try:
            # A small request must not wait for the acknowledgement of the one before.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._encrypted:
                return self._tls.wrap_socket(connection, server_hostname=self._address[0])
        except BaseException:
            connection.close()
            raise
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """The certificates that are trusted, read once."""
        return ssl.create_default_context()


def _request(headers: Mapping[str, str], body: bytes) -> bytes:
    """Return a POST request as it is sent."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST / HTTP/1.1\r\n{fields}accept-encoding: identity\r\ncontent-length: {len(body)}"
    return head.encode("latin-1") + _HEAD_END + body


def _is_readable(connected: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connected, select.POLLIN)
    return bool(poll.poll(0))


def _close(connections: deque[socket.socket]) -> None:
    while connections:
        connections.pop().close()


class Exchange:
    """A request that was sent, and its response."""

    def __init__(
        self, connection: socket.socket, deadline: float, idle: deque[socket.socket]
    ) -> None:
        self._connection = connection
        self._deadline = deadline
        self._idle = idle
        self._received = bytearray()

    def receive(self) -> tuple[int, bytes]:
        """Return the status and the body; a slow response is abandoned at its deadline.

        Raises
        ------
        OSError
            There is no response.
        """
        now = clock.steady()
        self._deadline = max(self._deadline, now + _BUFFERED_SECONDS)
        try:
            self._connection.settimeout(self._deadline - now)
            head = read_head(self._take_until(_HEAD_END))
            body = self._take_body(head)
        except BaseException:
            self._connection.close()
            raise
        if head.persistent and not self._received and len(self._idle) < MAX_IDLE:
            self._idle.append(self._connection)
        else:
            self._connection.close()
        return head.status, body

    def _take_body(self, head: Head) -> bytes:
        if head.chunked:
            return self._take_chunks()
        if head.length is not None:
            return self._take(head.length)
        while self._receive_more():
            pass
        return bytes(self._received)

    def _take_chunks(self) -> bytes:
        """Return a body that comes in chunks (RFC 9112, 7.1); trailers are skipped."""
        body = bytearray()
        while size := read_chunk_size(self._take_until(_LINE_END)):
            body += self._take(size)
            if self._take(len(_LINE_END)) != _LINE_END:
                raise InvalidResponseError("A chunk is longer than it says.")
        while self._take_until(_LINE_END):
            pass
        return bytes(body)

    def _take_until(self, end: bytes) -> bytes:
        """Return the next bytes up to an end, which is dropped."""
        while (at := self._received.find(end)) < 0:
            if len(self._received) > _MAX_HEAD:
                raise InvalidResponseError("The headers have no end.")
            if not self._receive_more():
                raise DisconnectedError("The connection was closed before the response.")
        part = self._take(at)
        del self._received[: len(end)]
        return part

    def _take(self, size: int) -> bytes:
        """Return as many of the next bytes."""
        while len(self._received) < size:
            if not self._receive_more():
                raise DisconnectedError(f"{len(self._received)} of {size} bytes came.")
        part = bytes(self._received[:size])
        del self._received[:size]
        return part

    def _receive_more(self) -> bool:
        """Receive the next bytes; return False at the end of the connection."""
        part = self._connection.recv(_CHUNK_BYTES)
        self._received += part
        if part and clock.steady() > self._deadline:
            raise TimeoutError("The response came too slowly.")
        return bool(part)

    def close(self) -> None:
        """Abandon the response, and close its connection."""
        self._connection.close()


class Head(NamedTuple):
    """The part of a response before its body."""

    status: int
    length: int | None
    """In bytes; ``None``: the body comes in chunks, or ends with the connection."""
    chunked: bool
    persistent: bool
    """True if the connection takes another request."""


def read_head(text: bytes) -> Head:
    """Read a status line and its headers.

    Raises
    ------
    InvalidResponseError
        It is not HTTP/1.x, it is interim, or the length of its body is not clear.
    """
    first, *lines = text.split(_LINE_END)
    version, _, rest = first.partition(b" ")
    status = rest[:3]
    headers = {
        name.strip().lower(): value.strip().lower()
        for name, _, value in (line.partition(b":") for line in lines)
    }
    length, encoding = headers.get(b"content-length"), headers.get(b"transfer-encoding")
    if (
        version not in (b"HTTP/1.1", b"HTTP/1.0")
        or not status.isdigit()
        or int(status) < _FIRST_FINAL
        or not (length is None or length.isdigit())
        or not (encoding is None or (encoding == b"chunked" and length is None))
    ):
        raise InvalidResponseError("The response is not one of DynamoDB's.")
    persistent = (
        version == b"HTTP/1.1"
        and headers.get(b"connection") != b"close"
        and (length or encoding) is not None
    )
    return Head(
        int(status),
        None if length is None else int(length),
        chunked=encoding is not None,
        persistent=persistent,
    )


def read_chunk_size(line: bytes) -> int:
    """Read the size of a chunk, whose extensions are skipped (RFC 9112, 7.1.1).

    Raises
    ------
    InvalidResponseError
        It is not a hexadecimal number.
    """
    digits = line.partition(b";")[0].strip()
    if not digits or digits.strip(_HEX_DIGITS):
        raise InvalidResponseError("The size of a chunk is not a number.")
    return int(digits, 16)
