"""Signature Version 4 of requests to DynamoDB (AWS: Create a signed AWS API request).

All requests are POST requests for ``/`` without a query, so that few parts of a request differ. The
key of a day is derived once. ``tests/unit/test_signing.py`` compares with botocore's signer.
"""

from __future__ import annotations

import hmac
import os
from functools import cache, lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from botocore.exceptions import NoCredentialsError

from installs import clock
from installs.snap_start import preload

if TYPE_CHECKING:
    from collections.abc import Callable

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_SERVICE: Final = "dynamodb"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Credentials(NamedTuple):
    """The credentials that sign a request."""

    access_key: str
    secret_key: str
    token: str | None


def credentials() -> Credentials:
    """Return the credentials of the environment, as on Lambda, or of botocore's chain.

    With SnapStart Lambda has them at an endpoint (``AWS_CONTAINER_CREDENTIALS_FULL_URI``), and the
    chain renews them there before they expire.

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


preload("botocore.session")  # the credentials of a snapshot's copies come by botocore's chain


@cache
def _chain() -> Any:  # noqa: ANN401 - botocore's own, which renews itself
    from botocore.session import get_session

    return get_session().get_credentials()


class Signer:
    """Signs the requests to DynamoDB in one region."""

    def __init__(self, url: str, region: str, identity: Callable[[], Credentials]) -> None:
        parts = urlsplit(url)
        default = parts.port in (None, _DEFAULT_PORTS.get(parts.scheme))
        self._host = str(parts.hostname) if default else f"{parts.hostname}:{parts.port}"
        self._region = region
        self._identity = identity

    def headers(self, operation: str, body: bytes) -> dict[str, str]:
        """Return the headers of a request, with its signature."""
        access_key, secret_key, token = self._identity()
        time = clock.now().strftime("%Y%m%dT%H%M%SZ")
        scope = f"{time[:8]}/{self._region}/{_SERVICE}/aws4_request"
        signed = {
            "content-type": "application/x-amz-json-1.0",
            "host": self._host,
            "x-amz-date": time,
            **({"x-amz-security-token": token} if token else {}),
            "x-amz-target": f"DynamoDB_20120810.{operation}",
        }
        names = ";".join(signed)
        lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
        request = f"POST\n/\n\n{lines}\n{names}\n{sha256(body).hexdigest()}"
        text = f"{_ALGORITHM}\n{time}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        key = _signing_key(secret_key, time[:8], self._region)
        signature = hmac.new(key, text.encode(), sha256).hexdigest()
        signed["authorization"] = (
            f"{_ALGORITHM} Credential={access_key}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        return signed


@lru_cache(maxsize=1)
def _signing_key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, _SERVICE, "aws4_request"):
        key = hmac.digest(key, part.encode(), sha256)
    return key
