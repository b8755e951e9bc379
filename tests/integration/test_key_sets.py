"""A key set's URL that hangs, drips, floods, lies or leads elsewhere (CONTRACT.md section 8)."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from installs import key_sets
from installs.key_sets import KeySetError, RemoteKeySet
from tools.tokens import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SET = SigningKey.generate().key_set().encode()


class Call(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.respond(self)

    def log_message(self, *_: object) -> None:
        return


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, respond: Callable[[Call], None]) -> None:
        super().__init__(("127.0.0.1", 0), Call)
        self.respond = respond
        self.done = threading.Event()


def answer(call: Call, body: bytes, status: int = 200, **headers: str) -> None:
    call.send_response(status)
    for name, value in headers.items():
        call.send_header(name, value)
    call.end_headers()
    call.wfile.write(body)


def hang(call: Call) -> None:
    call.server.done.wait(60)


def drip(call: Call) -> None:
    """A good set, if whoever asks has the patience."""
    call.send_response(200)
    call.end_headers()
    for byte in SET:
        call.wfile.write(bytes([byte]))
        call.wfile.flush()
        if call.server.done.wait(0.1):
            return


@contextmanager
def served(respond: Callable[[Call], None]) -> Iterator[str]:
    with Server(respond) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/jwks"
        server.done.set()
        server.shutdown()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_sets, "ANSWER_SECONDS", 0.5)


def test_a_set_is_read() -> None:
    with served(lambda call: answer(call, SET)) as url:
        assert len(RemoteKeySet(url).keys()) == 1


@pytest.mark.parametrize(
    "respond",
    [
        hang,
        drip,
        lambda call: answer(call, SET + b" " * key_sets.MAX_BYTES),
        lambda call: answer(call, b"<html>"),
        lambda call: answer(call, b""),
        lambda call: answer(call, SET, 500),
        lambda call: answer(call, b"", 302, Location="file:///etc/passwd"),
        lambda call: call.wfile.write(b"\x00\xff not HTTP at all\r\n\r\n"),
    ],
    ids=["hangs", "drips", "floods", "page", "nothing", "error", "elsewhere", "noise"],
)
def test_anything_else_is_no_set_and_takes_no_longer_than_it_may(
    respond: Callable[[Call], None],
) -> None:
    with served(respond) as url, pytest.raises(KeySetError):
        RemoteKeySet(url).keys()


def test_nothing_goes_on_waiting_for_an_answer_that_drips() -> None:
    before = set(threading.enumerate())
    with served(drip) as url:
        with pytest.raises(KeySetError):
            RemoteKeySet(url).keys()
        waiting = [one for one in set(threading.enumerate()) - before if "(read)" in one.name]
        for one in waiting:
            one.join(5)
        assert not any(one.is_alive() for one in waiting)


def test_a_url_that_leads_to_another_is_not_followed() -> None:
    with served(lambda call: answer(call, SET)) as elsewhere:
        redirect = lambda call: answer(call, b"", 302, Location=elsewhere)  # noqa: E731
        with served(redirect) as url, pytest.raises(KeySetError):
            RemoteKeySet(url).keys()
