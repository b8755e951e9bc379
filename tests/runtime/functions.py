"""Every function, started once and called as Lambda does it: Amazon's runtime client, our API."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, Final

from tests.serving import serving
from tools.local.dynoxide import CREDENTIALS, REGION
from tools.local.paths import ROOT, TEMPLATE
from tools.local.ports import HOST
from tools.local.processes import Child
from tools.local.tables import load_template

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION: Final = "/2018-06-01/runtime"
ANSWER_SECONDS: Final = 240
FUNCTIONS: Final = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))


@dataclass(frozen=True, slots=True)
class Machine:
    """A Python, and what Lambda has on its path: the layers, and then its own packages."""

    python: tuple[str, ...]
    path: tuple[Path, ...]


HERE: Final = Machine((sys.executable,), (ROOT / "layers" / "core",))


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a function, or its failure."""

    ok: bool
    body: Any


class RuntimeApi(ThreadingHTTPServer):
    """Lambda's Runtime API for one function."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((HOST, 0), RuntimeCall)
        self.events = Queue[bytes]()
        self.answers = Queue[Answer]()


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
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        ok = self.path == f"{VERSION}/invocation/request-1/response"
        self.server.answers.put(Answer(ok, body))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


class EventsCall(BaseHTTPRequestHandler):
    """EventBridge: it takes all entries."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        entries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["Entries"]
        taken = {"FailedEntryCount": 0, "Entries": [{"EventId": "x"} for _ in entries]}
        body = json.dumps(taken).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


class EventsApi(ThreadingHTTPServer):
    """EventBridge's API."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((HOST, 0), EventsCall)


class Functions:
    """The functions of the template, all started, each waiting for its events."""

    def __init__(
        self, machine: Machine, values: Mapping[str, str], endpoint: str, logs: Path
    ) -> None:
        """Run them on a machine; ``values`` are those of the template's references."""
        self._machine = machine
        self._values = values
        self._endpoint = endpoint
        self._logs = logs
        self._events = ""
        self._stack = ExitStack()
        self._running: dict[str, tuple[RuntimeApi, Child]] = {}

    def invoke(self, function: str, event: object) -> Answer:
        """Hand one event to a function and take its answer."""
        server, child = self._running[function]
        server.events.put(json.dumps(event).encode())
        for _ in range(ANSWER_SECONDS):
            try:
                return server.answers.get(timeout=1)
            except Empty:
                if not child.running():
                    break
        raise AssertionError(f"{function} does not answer:\n{self._log(function).read_text()}")

    def __enter__(self) -> Functions:
        with ExitStack() as stack:
            events = stack.enter_context(serving(EventsApi()))
            self._events = f"http://{HOST}:{events.server_port}"
            for function in FUNCTIONS:
                server = stack.enter_context(serving(RuntimeApi()))
                child = stack.enter_context(self._started(function, server))
                self._running[function] = server, child
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _log(self, function: str) -> Path:
        return self._logs / f"{function}.log"

    def _started(self, function: str, server: RuntimeApi) -> Child:
        port = server.server_port
        log = self._log(function)
        return started(
            function, self._machine, self._values, self._endpoint, port, log, events=self._events
        )


def started(
    function: str,
    machine: Machine,
    values: Mapping[str, str],
    endpoint: str,
    port: int,
    log: Path,
    *,
    events: str | None = None,
) -> Child:
    """Start a function; it asks the Runtime API at ``port`` for its events.

    ``events``: the endpoint of EventBridge.
    """
    folder = ROOT / "functions" / function
    environment = {
        "PATH": os.environ["PATH"],
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "LAMBDA_TASK_ROOT": str(folder),
        "PYTHONPATH": os.pathsep.join(map(str, machine.path)),
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,  # Lambda sets both; boto3 reads this one
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
        **({} if events is None else {"AWS_ENDPOINT_URL_EVENTBRIDGE": events}),
        **CREDENTIALS,
        "AWS_LAMBDA_RUNTIME_API": f"{HOST}:{port}",
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
        **variables(function, values),
    }
    command = [*machine.python, "-m", "awslambdaric", "handler.handler"]
    return Child(command, cwd=folder, environment=environment, log=log)


def variables(function: str, values: Mapping[str, str]) -> dict[str, str]:
    """The environment that the template gives to a function, its references replaced."""
    template = load_template(TEMPLATE)
    (own,) = (
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
        and resource["Properties"]["CodeUri"].rstrip("/").endswith(f"/{function}")
    )
    given = {**template["Globals"]["Function"]["Environment"]["Variables"]}
    given |= own.get("Environment", {}).get("Variables", {})
    defaults = {
        name: str(parameter["Default"])
        for name, parameter in template["Parameters"].items()
        if "Default" in parameter
    }
    known = defaults | dict(values)
    return {name: _value(value, known) for name, value in given.items()}


def _value(value: object, known: Mapping[str, str]) -> str:
    """A variable's value; a reference to what is not known is that name itself.

    Of a choice it is the first: that of the parameters' defaults.
    """
    if not isinstance(value, dict):
        return str(value)
    ((function, argument),) = value.items()
    if function == "Fn::If":
        return _value(argument[1], known)
    name = ".".join(argument) if isinstance(argument, list) else str(argument)
    return known.get(name, name)
