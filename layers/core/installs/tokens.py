"""JSON Web Tokens: who signed them, for whom, until when (CONTRACT.md section 8).

The keys come as a JSON Web Key Set (RFC 7517), by URL or inline. Every fault of a token is a
``BadTokenError``; only a key set that cannot be had is not the caller's fault.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Final

import jwt
from jwt import PyJWKClient, PyJWKSet, PyJWTError

ALGORITHMS: Final = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}
"""By the key's type, so that a token can never choose another algorithm than its key's."""

LEEWAY_SECONDS: Final = 10
MAX_LENGTH: Final = 8192


class BadTokenError(Exception):
    """The token does not say who the caller is."""


def subject(token: str, *, issuer: str, audience: str, jwks: str) -> str:
    """The ``sub`` of a valid token.

    Raises
    ------
    BadTokenError
        It is malformed, forged, expired, or meant for another.
    """
    if len(token) > MAX_LENGTH:
        raise BadTokenError
    try:
        key = _key(jwks, jwt.get_unverified_header(token).get("kid"), token)
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHMS[key.key_type or ""]],
            issuer=issuer,
            audience=audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "exp", "sub"]},
        )
    except (PyJWTError, KeyError, ValueError, TypeError) as error:
        raise BadTokenError from error
    found: str = claims["sub"]
    if not found:
        raise BadTokenError
    return found


def _key(jwks: str, kid: str | None, token: str) -> jwt.PyJWK:
    if jwks.startswith(("https://", "http://")):
        return _remote(jwks).get_signing_key_from_jwt(token)
    keys = _inline(jwks).keys
    if kid is None and len(keys) == 1:
        return keys[0]
    return next((key for key in keys if key.key_id == kid), None) or _unknown()


def _unknown() -> jwt.PyJWK:
    raise BadTokenError


@cache
def _inline(jwks: str) -> PyJWKSet:
    return PyJWKSet.from_dict(json.loads(jwks))


@cache
def _remote(url: str) -> PyJWKClient:
    return PyJWKClient(url, cache_keys=True, lifespan=300, timeout=3)
