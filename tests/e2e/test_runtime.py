"""Every function under Amazon's own runtime client, started and called as Lambda does it."""

from __future__ import annotations

import json
import os
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests import rows
from tools.importer.run import import_file
from tools.local.paths import ROOT
from tools.local.ports import HOST
from tools.local.processes import Child
from tools.tokens import AUDIENCE, ISSUER, SigningKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION: Final = "/2018-06-01/runtime"
ANSWER_SECONDS: Final = 60


class RuntimeApi(ThreadingHTTPServer):
    """Lambda's Runtime API, with one event to hand out and one answer to take."""

    daemon_threads = True

    def __init__(self, event: object) -> None:
        super().__init__((HOST, 0), RuntimeCall)
        self.events = Queue[bytes]()
        self.events.put(json.dumps(event).encode())
        self.answers = Queue[tuple[str, Any]]()


class RuntimeCall(BaseHTTPRequestHandler):
    server: RuntimeApi
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        event = self.server.events.get()  # none left: the function waits, as it does on Lambda
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "request-1")
        self.send_header("Lambda-Runtime-Deadline-Ms", "4000000000000")
        arn = "arn:aws:lambda:eu-central-1:000000000000:function:under-test"
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", arn)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.answers.put((self.path.removeprefix(VERSION), json.loads(body)))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def runtime_api(event: object) -> Iterator[RuntimeApi]:
    with RuntimeApi(event) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def call(function: str, event: object, environment: dict[str, str], log: Path) -> object:
    """Start the function as Lambda does, hand it one event, and take its answer."""
    folder = ROOT / "functions" / function
    with runtime_api(event) as server:
        lambda_environment = {
            "AWS_LAMBDA_RUNTIME_API": f"{HOST}:{server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": function,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
            "LAMBDA_TASK_ROOT": str(folder),
            "POWERTOOLS_SERVICE_NAME": "integration-installs",
            "PYTHONPATH": str(ROOT / "layers" / "core"),
        }
        command = [sys.executable, "-m", "awslambdaric", "handler.handler"]
        with Child(
            command,
            cwd=folder,
            environment={**os.environ, **lambda_environment, **environment},
            log=log,
        ):
            path, answer = server.answers.get(timeout=ANSWER_SECONDS)
    assert path == "/invocation/request-1/response", (answer, log.read_text())
    return answer


def proxy_event(method: str, resource: str, install: str | None = None) -> dict[str, Any]:
    return {
        "resource": resource,
        "path": resource.replace("{id}", install or ""),
        "httpMethod": method,
        "headers": {},
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"id": install} if install else None,
        "stageVariables": None,
        "requestContext": {
            "requestId": "request-1",
            "authorizer": {"principal": "usr_ada", "kind": "user", "principalId": "usr_ada"},
        },
        "body": None,
        "isBase64Encoded": False,
    }


ONE: Final = "/api/integration-installs/{id}"


@pytest.fixture
def environment(table_name: str, dynamodb_endpoint: str, tmp_path: Path) -> dict[str, str]:
    data = rows.write(tmp_path / "rows.ndjson", [*rows.base(), *rows.family("crm")])
    import_file(data, table_name, dynamodb_endpoint, lambda *_: None)
    return {
        "TABLE_NAME": table_name,
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb_endpoint,
        "DEFAULT_RETENTION_TIER": "medium",
        "DEAD_LETTER_BUCKET": "parked",
    }


@pytest.mark.parametrize(
    ("function", "event", "status"),
    [
        ("list_installs", proxy_event("GET", "/api/integration-installs"), 200),
        ("get_install", proxy_event("GET", ONE, "ins_crm"), 200),
        ("uninstall_install", proxy_event("DELETE", ONE, "ins_crm"), 200),
        ("restore_install", proxy_event("POST", f"{ONE}/restore", "ins_crm"), 200),
        ("purge_install", proxy_event("DELETE", f"{ONE}/purge", "ins_crm"), 409),
    ],
)
def test_an_endpoint(
    function: str,
    event: dict[str, Any],
    status: int,
    environment: dict[str, str],
    tmp_path: Path,
) -> None:
    answer = call(function, event, environment, tmp_path / "function.log")

    assert isinstance(answer, dict)
    assert answer["statusCode"] == status, answer


def test_the_authorizer(tmp_path: Path) -> None:
    key = SigningKey.generate()
    environment = {"ISSUER": ISSUER, "AUDIENCE": AUDIENCE, "JWKS": key.key_set()}
    arn = "arn:aws:execute-api:eu-central-1:000000000000:api/dev"
    event = {
        "type": "TOKEN",
        "methodArn": f"{arn}/GET/api/integration-installs",
        "authorizationToken": f"Bearer {key.token('usr_ada')}",
    }

    answer = call("authorizer", event, environment, tmp_path / "function.log")

    assert isinstance(answer, dict)
    assert answer["principalId"] == "usr_ada"
    assert answer["context"] == {"principal": "usr_ada", "kind": "user"}
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Resource"] == f"{arn}/*"


def test_the_cascade(environment: dict[str, str], tmp_path: Path) -> None:
    event = json.loads((ROOT / "events" / "cascade" / "uninstall.json").read_text())

    answer = call("cascade", event, environment, tmp_path / "function.log")

    assert answer == {"batchItemFailures": []}
