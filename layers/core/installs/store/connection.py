"""DynamoDB's JSON protocol over persistent connections: the four operations of the functions.

It replaces boto3's client, which reads a service model at its start and takes more than twice the
time of signing and sending for each call (ADR 0026). It signs by botocore's Signature Version 4,
retries by ``store/retries.py``, and raises botocore's errors for refusals. Requests and responses
are those of boto3's low-level client.
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
"""At DEBUG it logs the signed headers, and the session token is one of them."""

POOL: Final = 32
"""Connections kept open: at least the widest fan-out of reads."""

CONNECT_SECONDS: Final = 1.0

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

_NEVER_SENT: Final = (
    urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.SSLError,
)  # fmt: skip
_PART: Final = 256 * 1024

_OF_THE_ERROR: Final = ("__type", "message", "Message")


class Credentials(NamedTuple):
    """The credentials that sign a request."""

    access_key: str
    secret_key: str
    token: str | None


def credentials() -> Credentials:
    """Return the credentials of the environment, as on Lambda, or of botocore's chain.

    Raises
    ------
    NoCredentialsError
        There are none.
    """
    access, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if access and secret:
        return Credentials(access, secret, os.environ.get("AWS_SESSION_TOKEN"))
    provider = _chain()
    if provider is None:
        raise NoCredentialsError
    frozen = provider.get_frozen_credentials()
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token)


@cache
def _chain() -> Any:  # noqa: ANN401 - botocore's own, which renews itself
    from botocore.session import get_session

    return get_session().get_credentials()


class Connection:
    """A connection to DynamoDB, safe for threads.

    Each operation takes the members of the request as keywords and returns the response, both as in
    DynamoDB's API. It raises ``ClientError`` for a refusal, and ``CallFailedError`` if no attempt
    had a conclusive response.
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
        """Return the connection for one request, with its deadline and its count of retries."""
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
        """TransactWriteItems; a retry is the same transaction (``ClientRequestToken``)."""
        return self.call(WRITE, {"ClientRequestToken": str(uuid4())} | request)

    def call(self, operation: str, request: dict[str, Any]) -> Any:  # noqa: ANN401
        """Call an operation by its name, with retries."""
        body = orjson.dumps(request)
        deadline = self._deadline
        if operation == WRITE:
            deadline = deadline.earlier(VERIFY_SECONDS)
        attempts = Attempts(operation, deadline, self._tokens, self._on_retry)
        while True:
            seconds = attempts.seconds()
            try:
                status, answer = self._send(operation, body, seconds)
                if status == HTTPStatus.OK:
                    response = orjson.loads(answer)
                    attempts.answered()
                    return response
            except (urllib3.exceptions.HTTPError, orjson.JSONDecodeError) as error:
                sent = not isinstance(error, _NEVER_SENT)
                attempts.failed(Failure(type(error).__name__, maybe_done=sent))
                continue
            refused = _refusal(operation, status, answer)
            failure = _passing(refused)
            if failure is None:
                attempts.answered()
                metadata: Any = refused.response
                metadata["ResponseMetadata"]["MaybeDone"] = attempts.maybe_done
                raise refused
            attempts.failed(failure)

    def _send(self, operation: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        """Make one attempt within some seconds, even if the response trickles in."""
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
    response: Any = {name: value for name, value in document.items() if name not in _OF_THE_ERROR}
    response["Error"] = {
        # "com.amazonaws.dynamodb.v20120810#ValidationException"
        "Code": str(kind).rpartition("#")[2],
        "Message": document.get("message") or document.get("Message") or "",
    }
    response["ResponseMetadata"] = {"HTTPStatusCode": status}
    return ClientError(response, operation)
