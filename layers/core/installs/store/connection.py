"""DynamoDB's JSON protocol over persistent connections: the four operations of the functions.

It replaces boto3's client, which reads a service model at its start and takes more than twice the
time of signing and sending for each call (ADR 0026). It signs by botocore's Signature Version 4,
retries by ``store/retries.py``, and raises botocore's errors for refusals. Requests and responses
are those of boto3's low-level client.
"""

from __future__ import annotations

import time
from copy import copy
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import orjson
from botocore.exceptions import ClientError

from installs import clock
from installs.deadline import NO_DEADLINE
from installs.store.http_pool import HttpPool, NotSentError
from installs.store.parallel import Call
from installs.store.retries import Attempts, Failure, Tokens
from installs.store.signing import Credentials, Signer, credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from installs.deadline import Deadline
    from installs.store.http_pool import Exchange

VERIFY_SECONDS: Final = 2.0
"""The time after a write in which to read its outcome if the response is lost."""

WRITE: Final = "TransactWriteItems"
CONFLICT: Final = "TransactionConflict"
"""The reason of a cancellation because of another transaction."""

THROTTLES: Final = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingException",
        "ThrottlingError",
    }
)
"""The codes of errors and of cancellation reasons that mean throttling."""

_ERROR_MEMBERS: Final = ("__type", "message", "Message")


class Connection:
    """A connection to DynamoDB, safe for threads.

    Each operation takes the members of the request as keywords and returns the response, both as in
    DynamoDB's API. It raises ``ClientError`` for a refusal, and ``CallFailedError`` if no attempt
    had a conclusive response.
    """

    def __init__(
        self, endpoint: str, region: str, identity: Callable[[], Credentials] = credentials
    ) -> None:
        url = f"{endpoint.rstrip('/')}/"
        self.signer = Signer(url, region, identity)
        self.pool = HttpPool(url)
        self.tokens = Tokens()
        self.deadline = NO_DEADLINE
        self.on_retry: Callable[[], None] = lambda: None

    def within(self, deadline: Deadline, on_retry: Callable[[], None]) -> Connection:
        """Return the connection for one request, with its deadline and its count of retries."""
        connection = copy(self)
        connection.deadline, connection.on_retry = deadline, on_retry
        return connection

    def get_item(self, **request: Any) -> Any:  # noqa: ANN401 - the service's own JSON
        """GetItem."""
        return self.call("GetItem", request)

    def batch_get_item(self, **request: Any) -> Any:  # noqa: ANN401
        """BatchGetItem."""
        return self.call("BatchGetItem", request)

    def query(self, **request: Any) -> Any:  # noqa: ANN401
        """Query."""
        return self.call("Query", request)

    def transact_write_items(self, **request: Any) -> Any:  # noqa: ANN401
        """TransactWriteItems; a retry is the same transaction (``ClientRequestToken``)."""
        return self.call(WRITE, {"ClientRequestToken": str(uuid4())} | request)

    def call(self, operation: str, request: dict[str, Any]) -> Any:  # noqa: ANN401
        """Call an operation by its name, with retries."""
        pending = self.pending(Call(operation, request))
        while not pending.proceed():
            pass
        return pending.response

    def pending(self, call: Call) -> PendingCall:
        """Return a call that is not sent yet, for concurrent reads (``store/parallel.py``)."""
        return PendingCall(self, call)


class PendingCall:
    """A call and its attempts, each of which is sent and then received."""

    response: Any = None

    def __init__(self, connection: Connection, call: Call) -> None:
        self._connection = connection
        self._operation = call.operation
        self._body = orjson.dumps(call.request)
        deadline = connection.deadline
        if call.operation == WRITE:
            deadline = deadline.earlier(VERIFY_SECONDS)
        self._attempts = Attempts(call.operation, deadline, connection.tokens, connection.on_retry)
        self._exchange: Exchange | None = None
        self.since = clock.steady()

    def proceed(self) -> bool:
        """Make an attempt, or receive its response; return True once there is a response.

        Raises
        ------
        ClientError
            DynamoDB refused the call.
        CallFailedError
            No attempt had a conclusive response.
        """
        if self._exchange is None:
            pause = self.since - clock.steady()
            if pause > 0:
                time.sleep(pause)
            self._send()
            return False
        return self._receive(self._exchange)

    def close(self) -> None:
        """Abandon the attempt."""
        if self._exchange is not None:
            self._exchange.close()

    def _send(self) -> None:
        seconds = self._attempts.seconds()
        headers = self._connection.signer.headers(self._operation, self._body)
        self.since = clock.steady()
        try:
            self._exchange = self._connection.pool.send(headers, self._body, seconds=seconds)
        except NotSentError as error:
            self._failed(Failure(type(error.__cause__).__name__))
        except OSError as error:
            self._failed(Failure(type(error).__name__, maybe_done=True))

    def _receive(self, exchange: Exchange) -> bool:
        self._exchange = None
        try:
            status, body = exchange.receive()
            if status == HTTPStatus.OK:
                self.response = orjson.loads(body)
                self._attempts.answered()
                return True
        except (OSError, orjson.JSONDecodeError) as error:
            self._failed(Failure(type(error).__name__, maybe_done=True))
            return False
        refused = _refusal(self._operation, status, body)
        failure = _transient_failure(refused)
        if failure is None:
            self._attempts.answered()
            metadata: Any = refused.response
            metadata["ResponseMetadata"]["MaybeDone"] = self._attempts.maybe_done
            raise refused
        self._failed(failure)
        return False

    def _failed(self, failure: Failure) -> None:
        self.since = clock.steady() + self._attempts.failed(failure)


def _transient_failure(refused: ClientError) -> Failure | None:
    """Return the transient failure of a refusal; none if a retry cannot succeed."""
    code = refused.response["Error"]["Code"]
    if code in THROTTLES:
        return Failure(code)
    if code == "TransactionInProgressException":
        return Failure(code, maybe_done=True)
    status = refused.response["ResponseMetadata"]["HTTPStatusCode"]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or code == str(status):
        return Failure(code, maybe_done=True)  # or it is not DynamoDB that answers
    if code != "TransactionCanceledException":
        return None
    reasons = {reason.get("Code") for reason in refused.response.get("CancellationReasons", ())}
    if "ConditionalCheckFailed" in reasons:
        return None
    if CONFLICT in reasons:
        return Failure(CONFLICT, conflict=True)
    throttles = THROTTLES & reasons
    return Failure(min(throttles)) if throttles else None


def _refusal(operation: str, status: int, body: bytes) -> ClientError:
    """Return a refusal of the service as botocore's error."""
    try:
        document = orjson.loads(body)
        kind = document["__type"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        document, kind = {}, str(status)
    response: Any = {name: value for name, value in document.items() if name not in _ERROR_MEMBERS}
    response["Error"] = {
        # "com.amazonaws.dynamodb.v20120810#ValidationException"
        "Code": str(kind).rpartition("#")[2],
        "Message": document.get("message") or document.get("Message") or "",
    }
    response["ResponseMetadata"] = {"HTTPStatusCode": status}
    return ClientError(response, operation)
