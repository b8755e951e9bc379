"""The demo over HTTP: the real handlers and the real authorizer, in this process.

It stands where ``make run`` would, with its ``stack.json``, for tests of what speaks to a service:
the Python client and the command line. There is no gateway; a write answers when its cascade is
through, so that what is asked next is always the same.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from functions.authorizer.handler import handler as authorizer
from functions.get_install.handler import handler as get
from functions.list_installs.handler import handler as list_installs
from functions.purge_install.handler import handler as purge
from functions.restore_install.handler import handler as restore
from functions.uninstall_install.handler import handler as uninstall
from installs.errors import NotFoundError, UnauthorizedError
from installs.http import problem
from tests import caches
from tests.integration.consumer import consumer
from tests.loading import load_file
from tests.serving import serving
from tools.demo import load
from tools.importer.table import open_table
from tools.local.dynoxide import CREDENTIALS, REGION
from tools.local.ports import HOST
from tools.local.state import RunningStack, StateDirectory
from tools.tokens import AUDIENCE, ISSUER, SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

    from installs.store.items import Item
    from tools.local.stream.poller import Poller

STAGE: Final = "/dev"
INSTALLS: Final = ["api", "integration-installs"]

_ROUTES: Final[dict[tuple[str, tuple[str, ...]], Callable[..., Any]]] = {
    ("GET", ()): list_installs,
    ("GET", ("{id}",)): get,
    ("DELETE", ("{id}",)): uninstall,
    ("DELETE", ("{id}", "purge")): purge,
    ("POST", ("{id}", "restore")): restore,
}


@dataclass(frozen=True)
class DemoService:
    """A service that runs, as its ``stack.json`` tells of it."""

    state: StateDirectory
    running: RunningStack
    key: SigningKey


@contextmanager
def _functions(
    directory: Path, table_name: str, endpoint: str
) -> Iterator[tuple[StateDirectory, SigningKey]]:
    """Let the functions of this process serve a table, with a key that is in a state directory."""
    state = StateDirectory(directory / "state")
    key = SigningKey.of_machine(state.signing_key)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "ISSUER": ISSUER,
            "AUDIENCE": AUDIENCE,
            "JWKS": key.key_set(),
            "TABLE_NAME": table_name,
            "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
            # Before the first test: the consumer runs without what is set for each test.
            "AWS_DEFAULT_REGION": REGION,
            **CREDENTIALS,
            "DEAD_LETTER_BUCKET": "none",
            # A function's standard output is its log; here it would be that of a command.
            "POWERTOOLS_METRICS_DISABLED": "true",
        }.items():
            patch.setenv(name, value)
        caches.reset()
        yield state, key
        caches.reset()


def demo_items(directory: Path, table_name: str, client: DynamoDBClient) -> list[Item]:
    """Load the demo's rows into a fresh table, let all cascades end, and return its items."""
    rows = directory / "demo.ndjson"
    endpoint = client.meta.endpoint_url
    with _functions(directory, table_name, endpoint):
        table = open_table(table_name, endpoint)
        load(rows, table, lambda path: load_file(path, table_name, endpoint))
        consumer(endpoint, table_name, directory / "checkpoint.json").drain()
        pages: Iterable[Any] = client.get_paginator("scan").paginate(TableName=table_name)
        return [item for page in pages for item in page["Items"]]


@contextmanager
def demo_service(
    directory: Path, table_name: str, client: DynamoDBClient, items: Sequence[Item]
) -> Iterator[DemoService]:
    """Serve the demo's items out of a fresh table; its consumer begins behind them."""
    endpoint = client.meta.endpoint_url
    for start in range(0, len(items), 25):
        puts: list[Any] = [{"PutRequest": {"Item": one}} for one in items[start : start + 25]]
        assert not client.batch_write_item(RequestItems={table_name: puts})["UnprocessedItems"]
    with _functions(directory, table_name, endpoint) as (state, key):
        poller = consumer(endpoint, table_name, directory / "checkpoint.json", "LATEST")
        poller.drain()
        with serving(_Server(poller)) as server:
            given = {
                "base_url": f"http://{HOST}:{server.server_port}{STAGE}",
                "tokens": {"usr_ada": key.token("usr_ada")},
                "table_name": table_name,
                "dynamodb_endpoint": endpoint,
            }
            # Of the rest of a local system there is nothing here.
            parts: dict[str, Any] = {
                one.name: given.get(one.name, "none") for one in fields(RunningStack)
            }
            running = RunningStack(**parts)
            state.stack.write_text(running.as_json())
            yield DemoService(state, running, key)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, poller: Poller) -> None:
        super().__init__((HOST, 0), _Call)
        self.poller = poller
        self.one_at_a_time = threading.Lock()


class _Call(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        return

    def _answer(self) -> None:
        with self.server.one_at_a_time:
            answer = self._answered()
            if self.command != "GET":
                self.server.poller.drain()
        body = answer["body"].encode()
        self.send_response(answer["statusCode"])
        for name, value in {**answer["headers"], "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _answered(self) -> Any:  # noqa: ANN401 - a handler's answer
        url = urlsplit(self.path)
        parts = [unquote(part) for part in url.path.removeprefix(STAGE).split("/")[1:]]
        rest = parts[len(INSTALLS) :]
        route = _ROUTES.get((self.command, tuple(["{id}", *rest[1:]] if rest else [])))
        if parts[: len(INSTALLS)] != INSTALLS or route is None:
            return problem(NotFoundError("There is no such route."), "req_local")
        try:
            arn = "arn:aws:execute-api:local:000000000000:api/dev/GET/x"
            given = {"authorizationToken": self.headers["Authorization"], "methodArn": arn}
            caller = authorizer(given, None)["context"]
        except Exception:
            return problem(UnauthorizedError("A bearer token is needed."), "req_local")
        event = {
            "requestContext": {"requestId": "req_local", "authorizer": caller},
            "pathParameters": {"id": rest[0]} if rest else None,
            "multiValueQueryStringParameters": parse_qs(url.query, keep_blank_values=True) or None,
        }
        return route(json.loads(json.dumps(event)), None)
