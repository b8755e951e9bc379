"""The bus, as the publisher reaches it: between the two stands whoever makes it fail."""

from __future__ import annotations

import http.client
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import TYPE_CHECKING, Any

from tests.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator


class Bus(ThreadingHTTPServer):
    """EventBridge of an emulator, which takes all entries unless it is told otherwise."""

    daemon_threads = True

    def __init__(self, emulator: str) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.emulator = emulator
        self.refused_share = 0.0
        """The share of the entries that are refused for now."""
        self.poison: set[str] = set()
        """The installs whose events are refused for good."""
        self.refused = 0
        self._dice = Random(11)  # noqa: S311 - no secret
        self._lock = threading.Lock()

    @property
    def endpoint(self) -> str:
        """Its own endpoint."""
        return f"http://127.0.0.1:{self.server_port}"

    @contextmanager
    def refusing(self, share: float) -> Iterator[None]:
        """Refuse a share of the entries for a while."""
        self.refused_share = share
        try:
            yield
        finally:
            self.refused_share = 0.0

    def refusal(self, entry: dict[str, Any]) -> dict[str, str] | None:
        """Return the failure of an entry; ``None`` for one that is taken."""
        with self._lock:
            if json.loads(entry["Detail"])["installId"] in self.poison:
                code = "MalformedDetail"
            elif self._dice.random() < self.refused_share:
                code = "InternalFailure"
            else:
                return None
            self.refused += 1
            return {"ErrorCode": code, "ErrorMessage": "as the test was told"}

    def handle_error(self, *_: object) -> None:
        """Be silent: the publisher is killed in the middle of calls."""


@contextmanager
def bus_of(emulator: str) -> Iterator[Bus]:
    """Run the bus of an emulator, by its host and port."""
    with serving(Bus(emulator)) as bus:
        yield bus


class _Call(BaseHTTPRequestHandler):
    server: Bus
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Be silent."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        results = [self.server.refusal(entry) for entry in request["Entries"]]
        taken = [
            entry
            for entry, refusal in zip(request["Entries"], results, strict=True)
            if refusal is None
        ]
        if taken:
            answer = self._forward(json.dumps({**request, "Entries": taken}).encode())
            done = iter(answer["Entries"])
            results = [next(done) if refusal is None else refusal for refusal in results]
        failed = sum("ErrorCode" in result for result in results if result is not None)
        body = json.dumps({"FailedEntryCount": failed, "Entries": results}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _forward(self, body: bytes) -> Any:  # noqa: ANN401 - a JSON document
        headers = {name: value for name, value in self.headers.items() if name not in _OWN}
        connection = http.client.HTTPConnection(self.server.emulator)
        try:
            connection.request("POST", "/", body, headers)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


_OWN = frozenset({"Host", "Content-Length"})
"""The headers that each connection sets for itself."""
