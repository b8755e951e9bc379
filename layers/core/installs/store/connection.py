"""DynamoDB's JSON protocol over kept-alive connections: the four operations that requests need.

In place of boto3's client, whose start reads the models of a service, and each of whose calls costs
more than twice what signing and sending do (ADR 0026). It signs by botocore's Signature Version 4,
retries as boto3's standard mode does (AWS SDKs and Tools: Retry behavior) by botocore's quota, and
raises botocore's errors; what it is given and gives is what boto3's low-level client is and gives.
"""

from __future__ import annotations

import logging
import os
import random
import time
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import uuid4

import orjson
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from botocore.retries.quota import RetryQuota

if TYPE_CHECKING:
    from collections.abc import Callable

logging.getLogger("botocore.auth").setLevel(logging.INFO)
"""At DEBUG it logs what it signs, and the session token is signed."""

POOL: Final = 32
"""Connections kept open: at least the widest fan-out of reads."""

ATTEMPTS: Final = 4
CONNECT_SECONDS: Final = 2
READ_SECONDS: Final = 10

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

_PAUSE: Final = 0.025
_LONGEST_PAUSE: Final = 0.8

_OF_THE_ERROR: Final = ("__type", "message", "Message")
_FIRST_TRY: Final = 1
_THROTTLED_COST: Final = 5
_RETRY_COST: Final = 14


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
    DynamoDB's API has them, and raises ``ClientError`` for what the service refuses,
    ``EndpointConnectionError`` where it cannot be reached, or what answers is not the service.
    """

    def __init__(
        self, endpoint: str, region: str, identity: Callable[[], Credentials] = credentials
    ) -> None:
        self._endpoint = f"{endpoint.rstrip('/')}/"
        self._region = region
        self._identity = identity
        self._quota = RetryQuota()
        self._pool = urllib3.PoolManager(
            maxsize=POOL,
            cert_reqs="CERT_REQUIRED",
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        ).connection_from_url(self._endpoint)

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
        return self.call("TransactWriteItems", {"ClientRequestToken": str(uuid4())} | request)

    def call(self, operation: str, request: dict[str, Any]) -> Any:  # noqa: ANN401
        """One operation by its name, tried again where that may help."""
        body = orjson.dumps(request)
        spent = _FIRST_TRY
        for attempt in range(1, ATTEMPTS + 1):
            failure: Exception
            try:
                status, answer = self._send(operation, body)
                if status == HTTPStatus.OK:
                    found = orjson.loads(answer)
                    self._quota.release(spent)
                    return found
            except (urllib3.exceptions.HTTPError, orjson.JSONDecodeError) as error:
                failure = EndpointConnectionError(endpoint_url=self._endpoint, error=error)
                cost = _RETRY_COST
            else:
                failure = refused = _refusal(operation, status, answer)
                throttled = refused.response["Error"]["Code"] in THROTTLES
                if status < HTTPStatus.INTERNAL_SERVER_ERROR and not throttled:
                    raise refused
                cost = _THROTTLED_COST if throttled else _RETRY_COST
            if attempt == ATTEMPTS or not self._quota.acquire(cost):
                break
            spent = cost
            pause(attempt)
        raise failure

    def _send(self, operation: str, body: bytes) -> tuple[int, bytes]:
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
        answer = self._pool.urlopen(
            "POST",
            "/",
            body=body,
            headers=dict(request.headers.items()),
            retries=False,
            redirect=False,
        )
        return answer.status, answer.data


def pause(attempt: int) -> None:
    """Wait before the next attempt."""
    time.sleep(jitter(attempt, random.uniform))


def jitter(attempt: int, uniform: Callable[[float, float], float]) -> float:
    """Seconds to wait after an attempt: full jitter, doubling to at most 0.8 seconds."""
    return uniform(0, min(_LONGEST_PAUSE, _PAUSE * 2**attempt))


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
