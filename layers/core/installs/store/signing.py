"""Signed requests: Signature Version 4 (AWS: AWS Signature Version 4 for API requests).

The signer is botocore's, with the signing key of a day derived once.
"""

from __future__ import annotations

import hmac
import logging
import os
from functools import cache, lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logging.getLogger("botocore.auth").setLevel(logging.INFO)
"""At DEBUG it logs the signed headers, and the session token is one of them."""

SERVICE: Final = "dynamodb"


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


class Signer:
    """Signs the requests to DynamoDB in one region."""

    def __init__(self, url: str, region: str, identity: Callable[[], Credentials]) -> None:
        self._url = url
        self._region = region
        self._identity = identity

    def headers(self, operation: str, body: bytes) -> Mapping[str, str]:
        """Return the headers of a request, with its signature."""
        request = AWSRequest(
            method="POST",
            url=self._url,
            data=body,
            headers={
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            },
        )
        identity: Any = self._identity()
        _Signature(identity, SERVICE, self._region).add_auth(request)
        return dict(request.headers.items())


class _Signature(SigV4Auth):
    _region_name: str

    def signature(self, string_to_sign: str, request: AWSRequest) -> str:
        """Return the signature of a text, by the key of the request's day."""
        day = request.context["timestamp"][:8]
        key = _signing_key(self.credentials.secret_key, day, self._region_name)
        return hmac.new(key, string_to_sign.encode(), sha256).hexdigest()


@lru_cache(maxsize=1)
def _signing_key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, SERVICE, "aws4_request"):
        key = hmac.digest(key, part.encode(), sha256)
    return key
