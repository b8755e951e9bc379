"""Persistent connections to a server that answers, closes, hangs and trickles as a test says."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from installs.store import http_pool
from installs.store.http_pool import (
    DisconnectedError,
    Exchange,
    Head,
    HttpPool,
    InvalidResponseError,
    NotSentError,
    read_head,
)
from tests.clocks import Time

Answer = Callable[[socket.socket], None]

OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
SHORT: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"
LAST: Final = b"HTTP/1.1 503 Slow Down\r\nConnection: close\r\n\r\nbusy"
IN_CHUNKS: Final = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKS: Final = b'8\r\n{"Item":\r\n3;name=value\r\n{}}\r\n0\r\nTrailer: 1\r\n\r\n'


class Server:
    """A server whose connections each give the next answers of a list."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self.over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}/"

    def _accept(self) -> None:
        while True:
            try:
                taken, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            self._threads.append(threading.Thread(target=self._serve, args=(taken,)))
            self._threads[-1].start()

    def _serve(self, taken: socket.socket) -> None:
        with taken:
            while self.answers and (request := taken.recv(65536)):
                self.requests.append(request)
                while not request.endswith(b"}"):
                    request = taken.recv(65536)
                self.answers.pop(0)(taken)

    def close(self) -> None:
        self.over.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def pool(server: Server) -> Iterator[HttpPool]:
    made = HttpPool(server.url)
    yield made
    http_pool._close(made._idle)


def says(*parts: bytes) -> Answer:
    def answer(taken: socket.socket) -> None:
        for part in parts:
            taken.sendall(part)

    return answer


def ends(taken: socket.socket) -> None:
    taken.shutdown(socket.SHUT_RDWR)


def send(pool: HttpPool, seconds: float = 30) -> Exchange:
    return pool.send({"X-Amz-Target": "t"}, b"{}", seconds=seconds)


def test_a_connection_is_kept_and_used_again(server: Server, pool: HttpPool) -> None:
    server.answers = [says(OK), says(OK[:20], OK[20:])]

    assert send(pool).receive() == (200, b"{}")
    assert send(pool).receive() == (200, b"{}")

    assert server.connections == 1
    assert server.requests[0].startswith(b"POST / HTTP/1.1\r\n")
    assert b"X-Amz-Target: t\r\n" in server.requests[0]


@pytest.mark.parametrize("size", [1, 2, 5, 1_000])
def test_a_response_in_chunks_is_joined_however_it_comes(
    size: int, server: Server, pool: HttpPool
) -> None:
    text = IN_CHUNKS + CHUNKS
    parts = [text[start : start + size] for start in range(0, len(text), size)]
    server.answers = [says(*parts), says(OK)]

    assert send(pool).receive() == (200, b'{"Item":{}}')
    assert send(pool).receive() == (200, b"{}")

    assert server.connections == 1


def test_requests_are_under_way_at_once(server: Server, pool: HttpPool) -> None:
    first_is_sent = threading.Event()

    def waits(taken: socket.socket) -> None:
        assert first_is_sent.wait(30)
        taken.sendall(OK)

    server.answers = [waits, waits]
    sent = [send(pool), send(pool)]
    first_is_sent.set()

    assert [exchange.receive() for exchange in sent] == [(200, b"{}")] * 2
    assert server.connections == 2


def test_a_connection_that_the_server_closes_is_not_used_again(
    server: Server, pool: HttpPool
) -> None:
    server.answers = [says(LAST)]
    assert send(pool).receive() == (503, b"busy")
    assert not pool._idle
    # nor one that was closed while it was idle
    server.answers = [says(OK)]
    assert send(pool).receive() == (200, b"{}")
    (idle,) = pool._idle
    assert idle.recv(1, socket.MSG_PEEK) == b""
    server.answers = [says(OK)]
    assert send(pool).receive() == (200, b"{}")
    assert server.connections == 3


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (ends, DisconnectedError),
        (says(OK[:30]), DisconnectedError),
        (says(SHORT), DisconnectedError),
        (says(IN_CHUNKS + CHUNKS[:-2]), DisconnectedError),
        (says(IN_CHUNKS + CHUNKS[:5]), DisconnectedError),
        (says(IN_CHUNKS + b"2\r\n{}}\r\n"), InvalidResponseError),
        (says(IN_CHUNKS + b"-2\r\n{}\r\n"), InvalidResponseError),
        (says(IN_CHUNKS + b"\r\n"), InvalidResponseError),
        (says(b"nonsense\r\n\r\n"), InvalidResponseError),
        (says(b"HTTP/1.1 200 OK\r\n" + 70_000 * b"x"), InvalidResponseError),
    ],
)
def test_a_response_that_breaks_off_or_is_none_is_an_error(
    answer: Answer, error: type[Exception], server: Server, pool: HttpPool
) -> None:
    server.answers = [answer]
    with pytest.raises(error):
        send(pool).receive()
    assert not pool._idle


def test_a_connection_with_more_than_a_response_is_not_used_again(
    server: Server, pool: HttpPool
) -> None:
    server.answers = [says(OK + b"HTTP/1.1 200")]
    assert send(pool).receive() == (200, b"{}")
    assert not pool._idle


def _head(
    status: int, length: int | None = None, *, chunked: bool = False, persistent: bool = True
) -> Head:
    return Head(status, length, chunked, persistent)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length:12", _head(200, 12)),
        (b"HTTP/1.1 400 \r\nCONTENT-LENGTH : 0 ", _head(400, 0)),
        (b"HTTP/1.1 503\r\nConnection: Close", _head(503, persistent=False)),
        (b"HTTP/1.1 503", _head(503, persistent=False)),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1", _head(200, 1, persistent=False)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked", _head(200, chunked=True)),
        (b"HTTP/1.1 100 Continue", None),
        (b"HTTP/2 200\r\nContent-Length: 1", None),
        (b"HTTP/1.1 20x\r\nContent-Length: 1", None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked", None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1, 1", None),
        (b"", None),
    ],
)
def test_a_head_is_read_or_refused(head: bytes, expected: Head | None) -> None:
    if expected is None:
        with pytest.raises(InvalidResponseError):
            read_head(head)
    else:
        assert read_head(head) == expected


def test_a_response_that_does_not_come_is_given_up(server: Server, pool: HttpPool) -> None:
    def hangs(_: socket.socket) -> None:
        server.over.wait(30)

    server.answers = [hangs]
    with pytest.raises(TimeoutError):
        send(pool, seconds=0.1).receive()
    assert not pool._idle


def test_a_response_that_trickles_in_is_given_up(
    server: Server, pool: HttpPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Time(monkeypatch)

    def trickles(taken: socket.socket) -> None:
        taken.sendall(SHORT)
        clock.pass_(2)
        taken.sendall(b"a")
        server.over.wait(30)

    server.answers = [trickles]
    with pytest.raises(TimeoutError, match="too slowly"):
        send(pool, seconds=1.5).receive()


def test_a_response_that_waited_for_its_reader_is_taken(
    server: Server, pool: HttpPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Time(monkeypatch)
    server.answers = [says(OK)]
    exchange = send(pool, seconds=1.5)
    exchange._connection.recv(1, socket.MSG_PEEK)
    clock.pass_(10)
    assert exchange.receive() == (200, b"{}")


def test_where_nobody_listens_nothing_is_sent(server: Server) -> None:
    port = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{port.getsockname()[1]}/"
    port.close()
    with pytest.raises(NotSentError) as raised:
        send(HttpPool(url))
    assert isinstance(raised.value.__cause__, ConnectionRefusedError)


def test_only_so_many_connections_are_kept(
    server: Server, pool: HttpPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_pool, "MAX_IDLE", 1)
    server.answers = [says(OK), says(OK)]
    for exchange in [send(pool), send(pool)]:
        exchange.receive()
    assert len(pool._idle) == 1
