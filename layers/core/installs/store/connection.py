"""DynamoDB's JSON protocol over kept-alive connections: the four operations that requests need.

In place of boto3's client, whose start reads the models of a service, and each of whose calls costs
more than twice what signing and sending do (ADR 0026). It signs by botocore's Signature Version 4,
tries again as ``store/retries.py`` says, and raises botocore's errors for what is refused; what it
is given and gives is what boto3's low-level client is and gives.
"""

from __future__ import annotations

import logging
import os
from copy import copy
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import uuid4

import orjson
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, NoCredentialsError

from installs import clock
from installs.deadline import NO_DEADLINE
from installs.store.retries import Attempts, Failure, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from installs.deadline import Deadline

logging.getLogger("botocore.auth").setLevel(logging.INFO)
"""At DEBUG it logs what it signs, and the session token is signed."""

POOL: Final = 32
"""Connections kept open: at least the widest fan-out of reads."""

CONNECT_SECONDS: Final = 1.0

SETTLE_SECONDS: Final = 2.0
"""What a write leaves of a request's time, to read what became of it if nobody says."""

WRITE: Final = "TransactWriteItems"
CONFLICT: Final = "TransactionConflict"
"""The reason of a cancellation that says: another transaction was first."""

THROTTLES: Final = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingException",
        "ThrottlingError",
    }
)
"""The codes of errors and of cancellation reasons that say: not so fast."""

_NEVER_SENT: Final = (
    urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.SSLError,
)  # fmt: skip
_PART: Final = 256 * 1024

_OF_THE_ERROR: Final = ("__type", "message", "Message")


class Credentials(NamedTuple):
    """What a request is signed with."""

    access_key: str
    secret_key: str
    token: str | None


def credentials() -> Credentials:
    """Those of the environment, where Lambda puts them; else by the whole chain of botocore.

    Raises
    ------
    NoCredentialsError
        There are none.
    """
    access, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if access and secret:
        return Credentials(access, secret, os.environ.get("AWS_SESSION_TOKEN"))
    found = _chain()
    if found is None:
        raise NoCredentialsError
    frozen = found.get_frozen_credentials()
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token)


@cache
def _chain() -> Any:  # noqa: ANN401 - botocore's own, which renews itself
    from botocore.session import get_session

    return get_session().get_credentials()


class Connection:
    """One table service, reached from many threads.

    Each operation takes the request's members as keywords, and gives the answer's, both as
    DynamoDB's API has them. It raises ``ClientError`` for what the service refuses, and
    ``CallFailedError`` where no attempt was answered, or none that settles it.
    """

    def __init__(
        self, endpoint: str, region: str, identity: Callable[[], Credentials] = credentials
    ) -> None:
        self._endpoint = f"{endpoint.rstrip('/')}/"
        self._region = region
        self._identity = identity
        self._tokens = Tokens()
        self._deadline = NO_DEADLINE
        self._on_retry: Callable[[], None] = lambda: None
        self._pool = urllib3.PoolManager(
            maxsize=POOL, cert_reqs="CERT_REQUIRED"
        ).connection_from_url(self._endpoint)

    def within(self, deadline: Deadline, on_retry: Callable[[], None]) -> Connection:
        """The same connection for one request: it ends with its deadline, and tells of retries."""
        made = copy(self)
        made._deadline, made._on_retry = deadline, on_retry
        return made

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
        """TransactWriteItems; sent again, it is the same transaction (``ClientRequestToken``)."""
        return self.call(WRITE, {"ClientRequestToken": str(uuid4())} | request)

    def call(self, operation: str, request: dict[str, Any]) -> Any:  # noqa: ANN401
        """One operation by its name, tried again where that may help."""
        body = orjson.dumps(request)
        deadline = self._deadline
        if operation == WRITE:
            deadline = deadline.earlier(SETTLE_SECONDS)
        attempts = Attempts(operation, deadline, self._tokens, self._on_retry)
        while True:
            seconds = attempts.seconds()
            try:
                status, answer = self._send(operation, body, seconds)
                if status == HTTPStatus.OK:
                    found = orjson.loads(answer)
                    attempts.answered()
                    return found
            except (urllib3.exceptions.HTTPError, orjson.JSONDecodeError) as error:
                sent = not isinstance(error, _NEVER_SENT)
                attempts.failed(Failure(type(error).__name__, maybe_done=sent))
                continue
            refused = _refusal(operation, status, answer)
            failure = _passing(refused)
            if failure is None:
                attempts.answered()
                told: Any = refused.response
                told["ResponseMetadata"]["MaybeDone"] = attempts.maybe_done
                raise refused
            attempts.failed(failure)

    def _send(self, operation: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        """One attempt, which takes so many seconds at the most, drop by drop or not."""
        request = AWSRequest(
            method="POST",
            url=self._endpoint,
            data=body,
            headers={
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            },
        )
        identity: Any = self._identity()
        SigV4Auth(identity, "dynamodb", self._region).add_auth(request)
        ends = clock.steady() + seconds
        answer = self._pool.urlopen(
            "POST",
            "/",
            body=body,
            headers=dict(request.headers.items()),
            timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, seconds), read=seconds),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        parts = []
        try:
            while part := answer.read1(_PART):
                parts.append(part)
                if clock.steady() > ends:
                    raise urllib3.exceptions.TimeoutError("The answer came too slowly.")
        except urllib3.exceptions.HTTPError:
            answer.close()
            raise
        answer.release_conn()
        return answer.status, b"".join(parts)


def _passing(refused: ClientError) -> Failure | None:
    """Why another attempt at what was refused may succeed; none where it cannot."""
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
    """What the service says is wrong, as botocore would raise it."""
    try:
        told = orjson.loads(body)
        kind = told["__type"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        told, kind = {}, str(status)
    response: Any = {name: value for name, value in told.items() if name not in _OF_THE_ERROR}
    response["Error"] = {
        # "com.amazonaws.dynamodb.v20120810#ValidationException"
        "Code": str(kind).rpartition("#")[2],
        "Message": told.get("message") or told.get("Message") or "",
    }
    response["ResponseMetadata"] = {"HTTPStatusCode": status}
    return ClientError(response, operation)
