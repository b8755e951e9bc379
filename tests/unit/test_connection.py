"""The connection gives and raises what botocore's own client would, of the same bytes."""

from __future__ import annotations

import json
import logging
import re
import time
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError, NoCredentialsError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from installs import config
from installs.deadline import Deadline
from installs.store import signing
from installs.store.connection import VERIFY_SECONDS, Connection
from installs.store.http_pool import DisconnectedError, NotSentError
from installs.store.retries import ATTEMPTS, FIRST_SECONDS, CallFailedError
from installs.store.signing import Credentials
from tests import caches
from tests.clocks import Time

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

SECRET = "wJalrXUtnFEMI"  # noqa: S105 - of no account
IDENTITY = Credentials("AKIDEXAMPLE", SECRET, "session-token")
ENDPOINT = "http://127.0.0.1:9"

TYPED = st.one_of(
    st.text(max_size=5).map(lambda text: {"S": text}),
    st.decimals(allow_nan=False, allow_infinity=False).map(lambda n: {"N": str(n)}),
    st.booleans().map(lambda yes: {"BOOL": yes}),
    st.just({"NULL": True}),
    st.lists(st.text(max_size=3), min_size=1, max_size=2).map(lambda some: {"SS": some}),
)
VALUES = st.recursive(
    TYPED,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2).map(lambda some: {"L": some}),
        st.dictionaries(st.text(max_size=3), inner, max_size=2).map(lambda some: {"M": some}),
    ),
    max_leaves=5,
)
ITEMS = st.dictionaries(st.text(min_size=1, max_size=5), VALUES, max_size=4)
CAPACITY = st.floats(0, 1e6).map(lambda units: {"TableName": "t", "CapacityUnits": units})
ANSWERS = {
    "query": st.fixed_dictionaries(
        {"Count": st.integers(0, 9), "ScannedCount": st.integers(0, 9)},
        optional={
            "Items": st.lists(ITEMS, max_size=3),
            "LastEvaluatedKey": ITEMS,
            "ConsumedCapacity": CAPACITY,
        },
    ),
    "get_item": st.fixed_dictionaries({}, optional={"Item": ITEMS, "ConsumedCapacity": CAPACITY}),
    "batch_get_item": st.fixed_dictionaries(
        {"Responses": st.dictionaries(st.just("t"), st.lists(ITEMS, max_size=2))},
        optional={
            "UnprocessedKeys": st.dictionaries(
                st.just("t"), st.fixed_dictionaries({"Keys": st.lists(ITEMS, min_size=1)})
            ),
            "ConsumedCapacity": st.lists(CAPACITY, max_size=2),
        },
    ),
    "transact_write_items": st.fixed_dictionaries({}),
}
REQUESTS: dict[str, dict[str, Any]] = {
    "query": {"TableName": "t"},
    "get_item": {"TableName": "t"},
    "batch_get_item": {"RequestItems": {"t": {"Keys": []}}},
    "transact_write_items": {"TransactItems": []},
}
REFUSALS = [
    (400, b'{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow"}'),
    (400, b'{"__type":"com.amazon.coral.validate#ValidationException","Message":"no"}'),
    (
        400,
        b'{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"no",'
        b'"CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed",'
        b'"Message":"The conditional request failed"}]}',
    ),
    (500, b'{"__type":"InternalServerError","message":null}'),
    (502, b"<html>bad gateway</html>"),
    (503, b""),
    (400, b'{"message":"nameless"}'),
]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)


class Service:
    """In place of the network: what the service answers, one after the other."""

    def __init__(self, *answers: tuple[int, bytes] | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.seconds: list[float] = []

    def send(self, headers: dict[str, str], body: bytes, *, seconds: float) -> Service:
        self.asked.append((headers, body))
        self.seconds.append(seconds)
        if isinstance(self.answers[0], NotSentError):
            raise self.answers.pop(0)  # type: ignore[misc]
        return self

    def receive(self) -> tuple[int, bytes]:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def connected(*answers: tuple[int, bytes] | Exception) -> tuple[Connection, Service]:
    made = Connection(ENDPOINT, "eu-west-1", lambda: IDENTITY)
    service = Service(*answers)
    made.pool = service  # type: ignore[assignment]
    return made, service


@pytest.fixture(scope="module")
def stock() -> Callable[[int, bytes], DynamoDBClient]:
    """botocore's own client, whose service answers as it was told last."""
    options = Config(
        region_name="eu-west-1", retries={"total_max_attempts": 1}, parameter_validation=False
    )
    session = botocore.session.get_session()
    session.set_credentials(*IDENTITY)
    made: Any = session.create_client("dynamodb", config=options)
    told: list[tuple[int, bytes]] = []

    def answer(request: AWSPreparedRequest, **_: object) -> Any:  # noqa: ANN401
        status, body = told[-1]
        headers: Any = {"x-amzn-RequestId": "r1"}
        response: Any = AWSResponse(request.url, status, headers, None)
        response._content = body
        return response

    def telling(status: int, body: bytes) -> DynamoDBClient:
        told.append((status, body))
        client: DynamoDBClient = made
        return client

    made.meta.events.register("before-send.dynamodb", answer)
    return telling


@pytest.mark.parametrize("operation", ANSWERS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), spaced=st.booleans())
def test_answers_are_read_as_botocore_reads_them(
    operation: str,
    data: st.DataObject,
    spaced: bool,
    stock: Callable[[int, bytes], DynamoDBClient],
) -> None:
    body = json.dumps(data.draw(ANSWERS[operation]), indent=1 if spaced else None).encode()
    made, _ = connected((200, body))

    found = getattr(made, operation)(**REQUESTS[operation])

    expected = getattr(stock(200, body), operation)(**REQUESTS[operation])
    del expected["ResponseMetadata"]
    assert found == expected


@pytest.mark.parametrize(("status", "body"), REFUSALS)
def test_refusals_are_told_as_botocore_tells_them(
    status: int, body: bytes, stock: Callable[[int, bytes], DynamoDBClient]
) -> None:
    made, _ = connected(*[(status, body)] * ATTEMPTS)

    with pytest.raises((ClientError, CallFailedError)) as raised:
        made.query(TableName="t")

    with pytest.raises(ClientError) as expected:
        stock(status, body).query(TableName="t")
    told: dict[str, Any] = {**expected.value.response, **expected.value.response["Error"]}
    error = raised.value
    if isinstance(error, CallFailedError):  # another attempt might have been answered
        assert (error.operation, error.failure.code) == ("Query", told["Code"])
        return
    assert isinstance(error, ClientError)
    assert error.operation_name == "Query"
    for part in ("Code", "CancellationReasons"):
        assert {**error.response, **error.response["Error"]}.get(part) == told.get(part)


def cancelled(*codes: str) -> tuple[int, bytes]:
    reasons = ",".join(f'{{"Code":"{code}"}}' for code in codes)
    return 400, b'{"__type":"x#TransactionCanceledException","CancellationReasons":[%b]}' % (
        reasons.encode()
    )


OK = (200, b"{}")
BUSY = (503, b"")
THROTTLED = REFUSALS[0]
CUT = DisconnectedError("The connection was closed before the response.")
GARBLED = (200, b'{"Items":[')
SLOW = TimeoutError("timed out")


IN_PROGRESS = (400, b'{"__type":"x#TransactionInProgressException"}')
REFUSED = NotSentError()
REFUSED.__cause__ = ConnectionRefusedError(111, "Connection refused")


@pytest.mark.parametrize(
    "fault",
    [
        BUSY, (500, b"{}"), THROTTLED, CUT, SLOW, GARBLED, IN_PROGRESS, REFUSED,
        (403, b"<html>a proxy</html>"), cancelled("None", "TransactionConflict"),
        cancelled("ThrottlingError", "None"),
    ],
)  # fmt: skip
def test_what_may_pass_is_tried_again_as_the_same_request(fault: Any) -> None:  # noqa: ANN401
    made, service = connected(*[fault] * (ATTEMPTS - 1), OK)

    made.transact_write_items(TransactItems=[{"Delete": {"Key": "é"}}])

    bodies = {body for _, body in service.asked}
    assert len(service.asked) == ATTEMPTS
    (body,) = bodies
    request = json.loads(body)
    assert re.fullmatch(r"[0-9a-f-]{36}", request.pop("ClientRequestToken"))
    assert request == {"TransactItems": [{"Delete": {"Key": "é"}}]}


@pytest.mark.parametrize(
    ("fault", "maybe"),
    [
        (CUT, True), (SLOW, True), (BUSY, True), (GARBLED, True), (IN_PROGRESS, True),
        (REFUSED, False), (THROTTLED, False), (cancelled("TransactionConflict"), False),
    ],
)  # fmt: skip
def test_a_write_whose_answer_was_lost_says_so(fault: Any, maybe: bool) -> None:  # noqa: ANN401
    # given a fault that may come after the write, and others that come before it
    made, _ = connected(fault, *[THROTTLED] * ATTEMPTS)
    with pytest.raises(CallFailedError) as raised:
        made.transact_write_items(TransactItems=[])
    assert raised.value.maybe_done is maybe
    # also where the answer is a refusal in the end
    made, _ = connected(fault, cancelled("ConditionalCheckFailed"))
    with pytest.raises(ClientError) as refused:
        made.transact_write_items(TransactItems=[])
    metadata: Any = refused.value.response["ResponseMetadata"]
    assert metadata["MaybeDone"] is maybe


def test_two_transactions_are_two() -> None:
    made, service = connected(OK, OK)

    made.transact_write_items(TransactItems=[])
    made.transact_write_items(TransactItems=[])

    assert len({body for _, body in service.asked}) == 2


def test_the_last_attempts_fault_is_raised() -> None:
    made, service = connected(*[BUSY] * (ATTEMPTS + 1))
    with pytest.raises(CallFailedError, match=r"GetItem: 503 after 8 attempts"):
        made.get_item(TableName="t")
    assert len(service.asked) == ATTEMPTS

    made, service = connected(*[REFUSED] * ATTEMPTS)
    with pytest.raises(CallFailedError, match="ConnectionRefusedError"):
        made.get_item(TableName="t")
    assert not service.answers


def test_what_cannot_pass_is_not_tried_again() -> None:
    made, service = connected(REFUSALS[1], OK)

    with pytest.raises(ClientError, match="ValidationException"):
        made.query(TableName="t")

    assert len(service.asked) == 1


def test_an_attempt_takes_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Time(monkeypatch)
    retries: list[None] = []
    made, service = connected(SLOW, SLOW, SLOW, OK)
    bound = made.within(Deadline(clock.steady + 4), lambda: retries.append(None))

    bound.get_item(TableName="t")

    assert service.seconds == [FIRST_SECONDS, 2 * FIRST_SECONDS, 4, 4]
    assert len(retries) == 3


def test_a_write_leaves_time_to_read_what_became_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Time(monkeypatch)
    made, service = connected(OK)
    bound = made.within(Deadline(clock.steady + VERIFY_SECONDS), lambda: None)

    with pytest.raises(CallFailedError, match="OutOfTime after 0 attempts"):
        bound.transact_write_items(TransactItems=[])

    assert bound.get_item(TableName="t") == {}
    assert len(service.asked) == 1


def test_a_request_is_signed_whole_and_tells_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made, service = connected(OK)

    made.query(TableName="t")

    headers, _ = service.asked[0]
    named = "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target,"
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-1/dynamodb/aws4_request" in headers["authorization"]
    assert named in headers["authorization"]
    assert headers["x-amz-target"] == "DynamoDB_20120810.Query"
    assert headers["x-amz-security-token"] == "session-token"
    assert SECRET not in repr(headers)
    assert "session-token" not in caplog.text


def test_credentials_are_the_environments_or_the_chains(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cold_start: None
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "one")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "two")
    assert signing.credentials() == ("AKID", "one", "two")

    monkeypatch.delenv("AWS_SESSION_TOKEN")
    assert signing.credentials() == ("AKID", "one", None)

    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(NoCredentialsError):
        signing.credentials()

    caches.reset()
    (tmp_path / "some").write_text("[default]\naws_access_key_id=A\naws_secret_access_key=B\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "some"))
    assert signing.credentials() == ("A", "B", None)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "https://dynamodb.eu-west-1.amazonaws.com"),
        (
            {"AWS_REGION": "cn-north-1", "URL_SUFFIX": "amazonaws.com.cn"},
            "https://dynamodb.cn-north-1.amazonaws.com.cn",
        ),
        ({"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:8000"}, "http://127.0.0.1:8000"),
    ],
)
def test_the_endpoint_is_the_regions_unless_another_is_named(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert config.dynamodb_endpoint() == expected
