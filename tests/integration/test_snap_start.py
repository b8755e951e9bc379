"""Copies of one snapshot: each has its own chance, connections and credentials (docs/adr/0055)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, NamedTuple

import pytest

from installs.lifecycle import InstallState
from installs.store import items, keys, signing
from installs.store.connection import WRITE
from tests import records
from tests.serving import serving
from tests.template import ROUTES
from tools.local.dynoxide import REGION
from tools.local.paths import ROOT

TOKEN: Final = "token-of-the-endpoint"  # noqa: S105 - of the test's own server
FUNCTIONS: Final = [
    re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in ("Authorizer", *ROUTES.values())
]
USER: Final = items.row_to_item(keys.user("usr_ada"), records.user("usr_ada", role="admin"))


class Call(NamedTuple):
    """A call of DynamoDB."""

    operation: str
    port: int
    """The caller's port: that of its connection."""
    access_key: str
    body: dict[str, Any]


class Server(ThreadingHTTPServer):
    """DynamoDB, as far as uninstalling needs it, and Lambda's endpoint of credentials."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.calls: list[Call] = []
        self.fetched = 0
        self.lifetimes = [timedelta(hours=6)]
        """Of the credentials that are fetched; the last one also of all further ones."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def credentials_url(self) -> str:
        return f"{self.url}/2021-04-23/credentials"

    def credentials(self) -> dict[str, object]:
        """New credentials each time."""
        lifetime = self.lifetimes[min(self.fetched, len(self.lifetimes) - 1)]
        self.fetched += 1
        return {
            "AccessKeyId": f"KEY{self.fetched}",
            "SecretAccessKey": f"secret-{self.fetched}",
            "Token": f"session-{self.fetched}",
            "Expiration": (datetime.now(UTC) + lifetime).isoformat(),
        }

    def answer(self, call: Call) -> dict[str, object]:
        """The response to a call."""
        self.calls.append(call)
        if call.operation == "Query":
            return {"Items": [USER], "Count": 1, "ScannedCount": 1}
        key = call.body.get("Key", {}).get(keys.PK, {}).get("S", "")
        if not key.startswith("INSTALL#"):
            return {}
        row = records.install(key.removeprefix("INSTALL#"))
        return {"Item": items.install_to_item(InstallState(row))}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        known = self.headers["Authorization"] == TOKEN
        self._send(200 if known else 401, self.server.credentials() if known else {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = re.search(r"Credential=(\w+)/", self.headers["Authorization"])
        assert key is not None
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        call = Call(operation, self.client_address[1], key[1], body)
        self._send(200, self.server.answer(call))

    def _send(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


class Restored(NamedTuple):
    """A snapshot, what its copies print, and what each of them sends."""

    snapshot: dict[str, Any]
    copies: list[dict[str, Any]]
    calls: list[list[Call]]


@pytest.fixture(scope="module")
def restored() -> Restored:
    """Two copies of a snapshot, each of which has uninstalled an install."""
    first, *others = sorted(FUNCTIONS, key=lambda name: name != "uninstall_install")
    with serving(Server()) as server:
        done = subprocess.run(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-m", "tests.integration.restored", first, *others],
            cwd=ROOT,
            env={
                "PYTHONPATH": ":".join(filter(None, sys.path)),
                "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.credentials_url,
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": TOKEN,
                "AWS_ENDPOINT_URL_DYNAMODB": server.url,
                "AWS_REGION": REGION,
                "POWERTOOLS_SERVICE_NAME": "test",
                "TABLE_NAME": "t",
            },
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    snapshot, *copies = map(json.loads, done.stderr.splitlines())
    first_write = [call.operation for call in server.calls].index(WRITE)
    calls = [server.calls[: first_write + 1], server.calls[first_write + 1 :]]
    return Restored(snapshot, copies, calls)


def test_a_snapshot_has_no_connection_no_tls_and_no_cached_value(restored: Restored) -> None:
    found = restored.snapshot
    assert (found["used"], found["sockets"], found["caches"]) == ([], [], [])


def test_a_snapshot_has_the_modules_that_some_requests_need(restored: Restored) -> None:
    needed = {"botocore.session", "botocore.credentials", "installs.included", "installs.log",
              "installs.store.api_keys", "installs.query.language.parameters"}  # fmt: skip
    assert needed <= set(restored.snapshot["modules"])
    for copy in restored.copies:
        ours = [name for name in copy["imported"] if name.startswith(("installs", "botocore"))]
        assert ours == []


def test_the_copies_of_a_snapshot_draw_different_numbers(restored: Restored) -> None:
    first, second = restored.copies
    assert first["of_snapshot"] == second["of_snapshot"]  # or these were no copies
    assert first["numbers"] != second["numbers"]
    assert first["shards"] != second["shards"]


def test_the_copies_of_a_snapshot_have_their_own_ids_connections_and_credentials(
    restored: Restored,
) -> None:
    first, second = restored.calls
    assert [copy["status"] for copy in restored.copies] == [200, 200]
    assert {call.port for call in first}.isdisjoint(call.port for call in second)
    assert [call.access_key for call in first] == ["KEY1"] * len(first)
    assert [call.access_key for call in second] == ["KEY2"] * len(second)
    assert first[-1].body["ClientRequestToken"] != second[-1].body["ClientRequestToken"]
    ids, others = random_ids(first[-1]), random_ids(second[-1])
    assert len(ids) == len(others) > 0
    assert ids.isdisjoint(others)


def random_ids(call: Call) -> set[str]:
    """The ids of deletions and of pending work that a transaction writes."""
    return set(re.findall(r'"([0-9a-f]{32})"', json.dumps(call.body)))


def test_credentials_of_the_endpoint_are_renewed_before_they_expire(
    monkeypatch: pytest.MonkeyPatch, cold_start: None
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with serving(Server()) as server:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.credentials_url)
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", TOKEN)
        server.lifetimes = [timedelta(minutes=5), timedelta(hours=6)]
        found = [signing.credentials() for _ in range(3)]

    assert found == [("KEY2", "secret-2", "session-2")] * 3  # the first ones were near their end
