"""The connection speaks to nobody whose certificate it cannot check."""

from __future__ import annotations

import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
import trustme

from installs.store.connection import Connection
from installs.store.retries import CallFailedError
from installs.store.signing import Credentials

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Answering(BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012 - what reached the server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(self.headers["X-Amz-Target"])
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def server(authority: trustme.CA) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with HTTPServer(("127.0.0.1", 0), Answering) as listening:
        listening.handle_error = lambda *_: None  # type: ignore[method-assign]
        listening.socket = context.wrap_socket(listening.socket, server_side=True)
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"https://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


def connection(endpoint: str) -> Connection:
    return Connection(endpoint, "eu-west-1", lambda: Credentials("a", "b", None))


def test_a_certificate_of_an_unknown_authority_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    Answering.asked.clear()

    with (
        server(trustme.CA()) as endpoint,
        pytest.raises(CallFailedError, match="GetItem: SSLCertVerificationError"),
    ):
        connection(endpoint).get_item(TableName="t")

    assert not Answering.asked


def test_one_of_a_known_authority_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    Answering.asked.clear()

    with server(authority) as endpoint:
        assert connection(endpoint).get_item(TableName="t") == {}

    assert Answering.asked == ["DynamoDB_20120810.GetItem"]
