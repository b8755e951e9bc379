"""A proxy between the functions and their table, which throttles, fails, delays, cuts and lies.

What it does to a call is chosen by a seed, so that a run can be had again. It counts the calls that
it was sent, by operation, and the faults that it gave, by kind.
"""

from __future__ import annotations

import http.client
import json
import socket
import struct
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from tests.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

WRITE: Final = "TransactWriteItems"
BATCH: Final = "BatchGetItem"
RECORDS: Final = "GetRecords"
ITERATOR: Final = "GetShardIterator"
STREAM: Final = frozenset({"DescribeStream", ITERATOR, RECORDS})
"""The operations of a stream."""
_TYPES: Final = "com.amazonaws.dynamodb.v20120810#"


class Fault(StrEnum):
    """The ways in which a call fails."""

    THROTTLE = "throttled"
    ERROR = "answered 500"
    NOT_DYNAMODB = "answered 503 by a proxy"
    RESET = "connection reset before the call"
    LOSE = "done, and the answer lost"
    IN_PROGRESS = "done, the answer lost, then in progress"
    HANG = "never answered"
    SLOW = "answered late"
    DRIP = "answered drop by drop"
    CUT = "connection closed within the answer"
    GARBLE = "answered with half of the JSON"
    CONFLICT = "another transaction first"
    UNPROCESSED = "keys left unprocessed"
    EXPIRED = "the stream's iterator expired"
    TRIMMED = "the stream's records trimmed"
    LIMITED = "the stream's limit exceeded"
    AGAIN = "the last records again, before the next"
    LATE = "records held back"


ONLY_OF: Final[Mapping[Fault, frozenset[str]]] = {
    Fault.IN_PROGRESS: frozenset({WRITE}),
    Fault.CONFLICT: frozenset({WRITE}),
    Fault.UNPROCESSED: frozenset({BATCH}),
    Fault.EXPIRED: frozenset({RECORDS}),
    Fault.TRIMMED: frozenset({RECORDS, ITERATOR}),
    Fault.LIMITED: STREAM,
    Fault.AGAIN: frozenset({RECORDS}),
    Fault.LATE: frozenset({RECORDS}),
}
"""The faults of certain operations alone."""
OF_STREAMS: Final = [fault for fault, operations in ONLY_OF.items() if operations <= STREAM]
OF_TABLES: Final = [fault for fault in Fault if fault not in OF_STREAMS]
OF_BOTH: Final = frozenset({Fault.THROTTLE, Fault.ERROR, Fault.RESET})
"""The faults of tables that befall streams, too."""


@dataclass
class Faults:
    """The schedule of faults: a share of the calls by a seed, or of those of ``operations``."""

    kinds: Sequence[Fault] = ()
    share: float = 0.0
    seed: int = 0
    operations: frozenset[str] = frozenset()
    most: int | None = None
    """So many faults, and no more."""
    given: Counter[Fault] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self._dice = Random(self.seed)  # noqa: S311 - a test's

    def choose(self, operation: str) -> Fault | None:
        """The fault of the next call; ``None`` for most of them."""
        with self._lock:
            self.calls[operation] += 1
            possible = [kind for kind in self.kinds if _befalls(kind, operation)]
            spent = self.most is not None and self.given.total() >= self.most
            meant = not self.operations or operation in self.operations
            if not (possible and meant) or spent or self._dice.random() >= self.share:
                return None
            fault = self._dice.choice(possible)
            self.given[fault] += 1
            return fault


def _befalls(kind: Fault, operation: str) -> bool:
    if kind in ONLY_OF:
        return operation in ONLY_OF[kind]
    return operation not in STREAM or kind in OF_BOTH


def _refusal(code: str, status: int = 400, **more: object) -> tuple[int, bytes]:
    told = {"__type": _TYPES + code, "message": "as the proxy was told", **more}
    return status, json.dumps(told).encode()


_REFUSALS: Final = {
    Fault.THROTTLE: _refusal("ProvisionedThroughputExceededException"),
    Fault.ERROR: _refusal("InternalServerError", 500),
    Fault.NOT_DYNAMODB: (503, b"<html>Service Unavailable</html>"),
    Fault.CONFLICT: _refusal(
        "TransactionCanceledException",
        CancellationReasons=[{"Code": "TransactionConflict"}, {"Code": "None"}],
    ),
    Fault.EXPIRED: _refusal("ExpiredIteratorException"),
    Fault.TRIMMED: _refusal("TrimmedDataAccessException"),
    Fault.LIMITED: _refusal("LimitExceededException"),
}
_WITHOUT_ANSWER: Final = frozenset({Fault.RESET, Fault.HANG, Fault.LOSE, Fault.IN_PROGRESS})


class Proxy(ThreadingHTTPServer):
    """The proxy of one engine. ``faults`` may be replaced at any time."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, engine: str) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.engine: str = urlsplit(engine).netloc
        self.faults = Faults()
        self.slow_seconds = 0.3
        self.over = threading.Event()
        """Ends what hangs."""
        self.in_progress: Counter[str] = Counter()
        """By token: how often a transaction is said to be in progress still."""
        self.records: list[object] = []
        """The last records of the stream that were given."""

    @property
    def endpoint(self) -> str:
        """Its own endpoint."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """Be silent: callers go away, and are meant to."""


@contextmanager
def proxied(engine: str) -> Iterator[Proxy]:
    """Run a proxy of an engine, at first without faults."""
    with serving(Proxy(engine)) as proxy:
        try:
            yield proxy
        finally:
            proxy.over.set()


class _Call(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self._engine = http.client.HTTPConnection(self.server.engine)

    def finish(self) -> None:
        self._engine.close()
        super().finish()

    def log_message(self, *_: object) -> None:
        """Be silent."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        token = json.loads(body).get("ClientRequestToken", "") if operation == WRITE else ""
        if self.server.in_progress[token] > 0:
            self.server.in_progress[token] -= 1
            self._answer(*_refusal("TransactionInProgressException"))
            return
        fault = self.server.faults.choose(operation)
        if fault is None and operation == RECORDS:
            self._answer(*self._given(*self._forward(body)))
        elif fault is None:
            self._answer(*self._forward(body))
        elif fault in _REFUSALS:
            self._answer(*_REFUSALS[fault])
        elif fault in _WITHOUT_ANSWER:
            self._say_nothing(fault, token, body)
        elif fault is Fault.UNPROCESSED:
            self._answer(*self._half(*self._forward(body), body))
        elif fault is Fault.AGAIN:
            self._answer(*self._again(*self._forward(body)))
        elif fault is Fault.LATE:
            asked = json.loads(body)["ShardIterator"]
            self._answer(200, json.dumps({"Records": [], "NextShardIterator": asked}).encode())
        else:
            self._spoil(fault, *self._forward(body))

    def _say_nothing(self, fault: Fault, token: str, body: bytes) -> None:
        if fault is Fault.HANG:
            self.server.over.wait(120)
        elif fault is not Fault.RESET:
            self.server.in_progress[token] += 2 * (fault is Fault.IN_PROGRESS)
            self._forward(body)
        self._reset()

    def _forward(self, body: bytes) -> tuple[int, bytes]:
        self._engine.request("POST", "/", body, dict(self.headers.items()))
        answer = self._engine.getresponse()
        return answer.status, answer.read()

    def _answer(self, status: int, body: bytes, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        """Close so that the caller's socket says reset, without an answer."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()

    def _spoil(self, fault: Fault, status: int, body: bytes) -> None:
        half = body[: len(body) // 2]
        if fault is Fault.SLOW:
            self.server.over.wait(self.server.slow_seconds)
            self._answer(status, body)
        elif fault is Fault.GARBLE:
            self._answer(status, half)
        elif fault is Fault.CUT:
            self._answer(status, half, len(body))
            self.close_connection = True
        else:  # drop by drop
            self._answer(status, b"", len(body))
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if self.server.over.wait(self.server.slow_seconds / 2):
                    break
            self.close_connection = True

    def _given(self, status: int, answer: bytes) -> tuple[int, bytes]:
        """Remember records that are given."""
        self.server.records = json.loads(answer).get("Records") or self.server.records
        return status, answer

    def _again(self, status: int, answer: bytes) -> tuple[int, bytes]:
        """Give records that were given before, and then the next."""
        found = json.loads(answer)
        found["Records"] = self.server.records + found.get("Records", [])
        return status, json.dumps(found).encode()

    def _half(self, status: int, answer: bytes, body: bytes) -> tuple[int, bytes]:
        """An answer to the first keys alone, of which one is left."""
        asked: dict[str, Any] = json.loads(body)["RequestItems"]
        found = json.loads(answer)
        for table, wanted in asked.items():
            left = wanted["Keys"][-1]
            kept = [
                item
                for item in found["Responses"].get(table, [])
                if any(item[name] != value for name, value in left.items())
            ]
            found["Responses"][table] = kept
            found["UnprocessedKeys"] = {table: {**wanted, "Keys": [left]}}
        return status, json.dumps(found).encode()
