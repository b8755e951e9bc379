"""Each fault of the table, and each operation: what is told, how often it is tried, what is logged.

The whole way is real: handlers, store, sockets, a proxy that misbehaves, an engine. Times are made
short, so that a deadline is over soon.
"""

from __future__ import annotations

import io
import json
import socket
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from functions.authorizer.handler import handler as authorizer
from functions.cascade.handler import handler as cascade
from functions.ingest.handler import handler as ingest
from functions.publish.handler import handler as publish
from installs import http
from installs.errors import UnavailableError
from installs.ingest.apply import apply_values
from installs.ingest.results import Outcome
from installs.log import logger
from installs.store import (
    bus,
    connection,
    dead_letters,
    installs,
    keys,
    retries,
    row_queue,
    table,
)
from installs.store.table import Table
from tests import caches, rows
from tests.faults.chaos import (
    CLIENTS,
    Invocation,
    World,
    at_rest,
    consumer_of,
    run,
    settings,
    world,
)
from tests.faults.proxy import (
    BATCH,
    OF_BOTH,
    OF_STREAMS,
    OF_TABLES,
    STREAM,
    WRITE,
    Fault,
    Faults,
)
from tests.faults.requests import ask
from tools.local.ports import free_port
from tools.local.stream.functions import in_process
from tools.operate.verify import Verifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER: Final = "usr_0"
LIVE, DELETED, DOOMED = "ins_0_0", "ins_0_2", "ins_0_4"
FILTER: Final = '{"integration":{"name":{"neq":"-"}}}'

OPERATIONS: Final[list[tuple[str, str | None, dict[str, str]]]] = [
    ("list", None, {}),
    ("list", None, {"filter": FILTER, "limit": "3"}),
    ("list", None, {"ids": f"{LIVE},{DELETED}", "include_deleted": "true"}),
    ("get", LIVE, {}),
    ("uninstall", LIVE, {}),
    ("restore", DELETED, {}),
    ("purge", DOOMED, {}),
]
EVERYWHERE: Final = [
    fault
    for fault in OF_TABLES
    if fault not in (Fault.SLOW, Fault.UNPROCESSED, Fault.CONFLICT, Fault.IN_PROGRESS)
]
"""Faults of any call that no patience outlasts."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, dynamodb_endpoint: str) -> Iterator[World]:
    with world(dynamodb_endpoint, tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.fixture
def made(shared: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The world without faults, with one install that is live, and two that are deleted."""
    shared.proxy.faults = Faults()
    shared.proxy.in_progress.clear()
    shared.proxy.slow_seconds = 0.1
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", shared.proxy.endpoint)
    monkeypatch.setattr(retries, "FIRST_SECONDS", 0.2)
    monkeypatch.setattr(retries, "_LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(connection, "VERIFY_SECONDS", 0.4)
    caches.reset()
    assert ask("restore", USER, LIVE).status == 200
    assert ask("uninstall", USER, DELETED).status == 200
    if installs.get(shared.table, DOOMED) is not None:
        assert ask("uninstall", USER, DOOMED).status == 200
    caches.reset()
    yield shared
    shared.proxy.faults = Faults()


@pytest.fixture
def short(made: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadline that is over soon; not yet while the world is made."""
    monkeypatch.setattr(http, "REQUEST_SECONDS", 1.0)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    return stream


@pytest.mark.parametrize("fault", [fault for fault in OF_TABLES if fault is not Fault.CONFLICT])
def test_one_fault_of_a_call_is_not_seen(made: World, fault: Fault) -> None:
    for name, install_id, query in OPERATIONS[:-1]:
        made.proxy.faults = Faults([fault], share=1, most=1)
        caches.reset()
        assert ask(name, USER, install_id, **query).status == 200, name
        assert made.proxy.faults.given.total() == (
            1 if fault not in (Fault.IN_PROGRESS, Fault.UNPROCESSED)
            else made.proxy.faults.given[fault]
        )  # fmt: skip


@pytest.mark.parametrize("fault", EVERYWHERE)
@pytest.mark.usefixtures("short")
def test_a_table_that_always_fails_is_a_503_soon(
    made: World, fault: Fault, log: io.StringIO
) -> None:
    for name, install_id, query in OPERATIONS:
        made.proxy.faults = Faults([fault], share=1)
        caches.reset()
        log.truncate(0)
        log.seek(0)
        answer = ask(name, USER, install_id, **query)
        assert (answer.status, answer.body["code"]) == (503, "unavailable"), name
        # and the log says which call, why, how often and how long
        (line,) = [json.loads(line) for line in log.getvalue().splitlines()]
        cause = line["unavailable"]
        assert cause.keys() == {"operation", "code", "attempts", "seconds"}
        assert made.proxy.faults.calls[cause["operation"]] > 0
        assert cause["attempts"] > 0
        assert (line["status"], line["level"]) == (503, "WARN")


@pytest.mark.usefixtures("short")
def test_a_table_that_refuses_connections_is_a_503_soon(
    made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{free_port()}")
    for name, install_id, query in OPERATIONS:
        caches.reset()
        assert ask(name, USER, install_id, **query).status == 503


@pytest.mark.parametrize("fault", EVERYWHERE)
@pytest.mark.parametrize("write", OPERATIONS[4:6], ids=lambda given: given[0])
@pytest.mark.usefixtures("short")
def test_a_write_that_fails_while_reads_are_well_is_told_as_it_is(
    made: World, fault: Fault, write: tuple[str, str, dict[str, str]]
) -> None:
    name, install_id, _ = write
    made.proxy.faults = Faults([fault], share=1, operations=frozenset({WRITE}))

    answer = ask(name, USER, install_id)

    state = installs.get(made.table, install_id)
    assert state is not None
    done = state.live is (name == "restore")
    assert answer.status == (200 if done else 503)
    made.proxy.faults = Faults()
    assert ask(name, USER, install_id).status == 200


@pytest.mark.usefixtures("short")
def test_a_conflict_that_stays_is_a_409(made: World) -> None:
    made.proxy.faults = Faults([Fault.CONFLICT], share=1)
    answer = ask("uninstall", USER, LIVE)
    assert (answer.status, answer.body["code"]) == (409, "conflict")


def test_what_hangs_of_a_request_holds_up_no_later_one(
    made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a request whose reads all hang, so that its threads are taken
    with monkeypatch.context() as patient:
        patient.setattr(retries, "FIRST_SECONDS", 60)
        patient.setattr(http, "REQUEST_SECONDS", 0.5)
        made.proxy.faults = Faults([Fault.HANG], share=1, operations=frozenset({"Query", BATCH}))
        assert ask("list", USER).status == 503
    # when the next one comes, it finds threads, and connections
    made.proxy.faults = Faults()
    assert ask("list", USER).status == 200


@pytest.mark.parametrize(("share", "most"), [(0.0, 1.0), (0.1, 1.3), (0.5, 2.0), (1.0, 1.2)])
def test_a_table_that_fails_is_not_hammered(
    made: World, monkeypatch: pytest.MonkeyPatch, share: float, most: float
) -> None:
    # given how many calls a request takes of a table that is well
    monkeypatch.setattr("time.sleep", lambda _: None)
    number = 150
    quiet = made.proxy.faults = Faults()
    for _ in range(number):
        ask("get", USER, LIVE)
    # when it fails, and the first retries are spent, then no request sends many more
    made.proxy.faults = Faults([Fault.ERROR], share=1)
    while tokens().left:
        ask("get", USER, LIVE)
    faulty = made.proxy.faults = Faults([Fault.ERROR], share=share, seed=1)
    for _ in range(number):
        ask("get", USER, LIVE)
    assert faulty.calls.total() / quiet.calls.total() <= most


def tokens() -> retries.Tokens:
    client: Any = table.client()
    found: retries.Tokens = client.tokens
    return found


def test_the_authorizer_fails_as_unavailable_and_not_as_unauthorized(made: World) -> None:
    secret = f"sec_{'a' * 42}0"
    arn = "arn:aws:execute-api:eu-central-1:1:api/dev/GET/x"
    asked = {"authorizationToken": f"Bearer {secret}", "methodArn": arn}
    assert authorizer(asked, None)["principalId"] == "key_0"
    made.proxy.faults = Faults([Fault.THROTTLE], share=1)
    with pytest.raises(UnavailableError):
        authorizer(asked, None)


NEW: Final = [
    rows.workspace("wsp_in", "in"),
    rows.solution("sol_in", workspaceId="wsp_in"),
    rows.install("ins_in", workspaceId="wsp_in", solutionId="sol_in"),
    rows.install("ins_in_add", workspaceId="wsp_in", parentInstallId="ins_in"),
    *(rows.member(f"mem_in_{n}", "ins_in", workspaceId="wsp_in") for n in range(3)),
]


@pytest.mark.parametrize("fault", [Fault.LOSE, Fault.IN_PROGRESS, Fault.RESET, Fault.THROTTLE])
def test_rows_that_come_in_are_told_as_written_only_if_they_are(
    made: World, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    renamed = [json.loads(json.dumps(row).replace("_in", f"_in_{fault.name}")) for row in NEW]
    monkeypatch.setattr("time.sleep", lambda _: None)
    # given that every write fails, with or without having been done
    made.proxy.faults = Faults([fault], share=1, operations=frozenset({WRITE}))
    first = apply_values(Table.of_function(), renamed)
    there = installs.get(made.table, f"ins_in_{fault.name}") is not None
    assert {one.outcome for one in first} <= (
        {Outcome.DEFERRED, Outcome.CREATED, Outcome.UNCHANGED, Outcome.REJECTED}
        if there else {Outcome.DEFERRED, Outcome.REJECTED}
    )  # fmt: skip
    # when they are sent again until each is settled, they are there, and counted once
    made.proxy.faults = Faults([fault], share=0.3, seed=5)
    for _ in range(20):
        told = {one.outcome for one in apply_values(Table.of_function(), renamed)}
        if told == {Outcome.UNCHANGED}:
            break
    assert told == {Outcome.UNCHANGED}
    made.proxy.faults = Faults()
    about = {one.about for one in Verifier(made.table, repair=False).run()}
    assert not [one for one in about if one.startswith("count ") or fault.name in one]


UNREADABLE: Final = {"eventID": "x", "dynamodb": {"SequenceNumber": "7"}}


class _Refusal(BaseHTTPRequestHandler):
    """AWS's way to say no, of whatever service."""

    status, body = 503, b"<Error><Code>SlowDown</Code><Message>no</Message></Error>"

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_POST = do_PUT

    def log_message(self, *_: object) -> None:
        return


class _Denial(_Refusal):
    status, body = 403, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"


SILENT, ABSENT = "never answers", "refuses connections"


@contextmanager
def refusing(how: str | type[_Refusal]) -> Iterator[str]:
    """The address of a service that takes nothing."""
    if not isinstance(how, str):
        with ThreadingHTTPServer(("127.0.0.1", 0), how) as server:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
        return
    with socket.socket() as service:
        service.bind(("127.0.0.1", 0))
        if how == SILENT:
            service.listen()
        yield f"http://127.0.0.1:{service.getsockname()[1]}"


REFUSALS: Final = [SILENT, ABSENT, _Refusal, _Denial]


@pytest.mark.parametrize("how", REFUSALS)
@pytest.mark.usefixtures("made")
def test_a_bucket_that_takes_nothing_keeps_the_record_in_the_stream(
    monkeypatch: pytest.MonkeyPatch, how: str | type[_Refusal]
) -> None:
    with refusing(how) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address)
        monkeypatch.setattr(dead_letters, "_SECONDS", 0.2)
        caches.reset()
        # when a record comes that nobody can handle, it is neither lost nor passed over
        answer = cascade({"Records": [UNREADABLE]}, Invocation())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "7"}]}


def message(name: str, body: object) -> dict[str, Any]:
    """A message of the queue of rows, as Lambda hands it over."""
    return {
        "messageId": name, "receiptHandle": name, "body": json.dumps(body),
        "attributes": {
            "MessageGroupId": name, "ApproximateReceiveCount": "1",
            "SentTimestamp": "1700000000000",
        },
        "messageAttributes": {}, "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:rows.fifo",
    }  # fmt: skip


@pytest.mark.parametrize("how", REFUSALS)
def test_a_queue_that_takes_nothing_loses_no_message(
    made: World, monkeypatch: pytest.MonkeyPatch, how: str | type[_Refusal]
) -> None:
    named = f"usr_{REFUSALS.index(how)}_queue"
    with refusing(how) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", address)
        monkeypatch.setenv("ROWS_QUEUE_URL", f"{address}/1/rows.fifo")
        monkeypatch.setenv("ROWS_DEAD_LETTERS_URL", f"{address}/1/dead.fifo")
        monkeypatch.setattr(row_queue, "_SECONDS", 0.2)
        caches.reset()
        # when rows are refused, and neither they nor a delay can be told to the queue
        answer = ingest(
            {"Records": [message("good", rows.user(named)), message("bad", {"type": "user"})]},
            Invocation(),
        )
    # then what is done leaves the queue, and what is not done stays in it
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert made.table.get(keys.user(named)) is not None


@pytest.mark.parametrize("how", REFUSALS)
def test_a_bus_that_takes_nothing_keeps_the_record_in_the_stream(
    made: World, monkeypatch: pytest.MonkeyPatch, how: str | type[_Refusal]
) -> None:
    records: list[Any] = []
    run_cascade = in_process(cascade, Invocation())

    def keep(event: Any) -> object:  # noqa: ANN401 - a stream event
        records.extend(event["Records"])
        return run_cascade(event)

    poller = consumer_of(made, made.engine, keep, records.append)
    poller.drain()
    records.clear()
    assert ask("uninstall", USER, LIVE).status == 200
    poller.drain()
    with refusing(how) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_EVENTBRIDGE", address)
        monkeypatch.setenv("EVENT_BUS_NAME", "bus")
        monkeypatch.setattr(bus, "_ATTEMPT_SECONDS", 2.2)
        monkeypatch.setattr(bus, "ATTEMPTS", 1)
        caches.reset()
        answer = publish({"Records": records}, Invocation())
    # then it comes again from the first record on
    first = records[0]["dynamodb"]["SequenceNumber"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": first}]}


@pytest.mark.parametrize("fault", [*OF_STREAMS, *sorted(OF_BOTH)])
def test_a_stream_that_fails_delays_a_cascade_and_loses_nothing(made: World, fault: Fault) -> None:
    given_up: list[object] = []
    call = in_process(cascade, Invocation())
    poller = consumer_of(made, made.proxy.endpoint, call, given_up.append)
    poller.drain()
    # given changes that undo one another, read from a stream that fails
    faults = made.proxy.faults = Faults([fault], share=0.5, seed=3, operations=STREAM)
    for name in ("uninstall", "restore", "uninstall"):
        assert ask(name, USER, LIVE).status == 200
        met = faults.given[fault]
        for _ in range(100):
            with suppress(BotoCoreError, ClientError):
                poller.step(at_once=True)
            if faults.given[fault] > met + 1:
                break
        else:
            pytest.fail("the fault is not met")
    # when it is well again, all of it is done, and nothing is left to the repair
    made.proxy.faults = Faults()
    poller.drain()
    assert at_rest(made.table) == (0, [])
    assert given_up == []


def test_chaos_has_a_value_for_what_it_is_not_told() -> None:
    assert settings([]) == (10_000, 0.1, 1)
    assert settings(["300"]) == (300, 0.1, 1)
    assert settings(["300", "0.5", "7"]) == (300, 0.5, 7)


@pytest.mark.parametrize("seed", [1, 2])
def test_chaos(tmp_path: Path, dynamodb: Any, made: World, seed: int) -> None:  # noqa: ANN401
    """Mixed requests and the cascade, at mixed faults: no wrong answer, and all agrees after it."""
    outcome = run(made, 30 * CLIENTS, Faults([*Fault], 0.2, seed), seed)
    assert outcome.disagreements == []
    assert outcome.faults.total() > 20
    assert {status for _, status in outcome.tally.statuses} <= {200, 404, 409, 503}
