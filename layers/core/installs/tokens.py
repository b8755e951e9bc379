"""JSON Web Tokens: who signed them, for whom, until when (CONTRACT.md section 8).

The keys come as a JSON Web Key Set (RFC 7517), by URL or inline. Every fault of a token is a
``BadTokenError``; only a key set that cannot be had is not the caller's fault.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import jwt
from jwt import PyJWKClient, PyJWKSet, PyJWTError

from installs.ids import is_id

if TYPE_CHECKING:
    from collections.abc import Sequence

ALGORITHMS: Final = ("RS256", "ES256", "EdDSA")
LEEWAY_SECONDS: Final = 10
MAX_LENGTH: Final = 8192

_FAULTS: Final = (
    PyJWTError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError,
)  # fmt: skip
"""What PyJWT raises on tokens that nobody should have made: an endless ``exp``, deep JSON."""


class BadTokenError(Exception):
    """The token does not say who the caller is."""


class KeySetError(Exception):
    """The key set cannot be had, or is none: a fault of the set-up, not of the caller."""


def subject(token: str, *, issuer: str, audience: str, jwks: str) -> str:
    """The ``sub`` of a valid token.

    Raises
    ------
    BadTokenError
        It is malformed, forged, expired, or meant for another.
    KeySetError
        There are no keys to tell.
    """
    if len(token) > MAX_LENGTH:
        raise BadTokenError
    try:
        header = jwt.get_unverified_header(token)
    except _FAULTS as error:
        raise BadTokenError from error
    keys = _usable(_keys(jwks), header)
    if not keys and _is_url(jwks):
        keys = _usable(_refreshed(jwks, header.get("kid")), header)
    if len(keys) != 1:
        raise BadTokenError
    try:
        claims = jwt.decode(
            token,
            keys[0],
            algorithms=[keys[0].algorithm_name],
            issuer=issuer,
            audience=audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "exp", "sub"]},
        )
    except _FAULTS as error:
        raise BadTokenError from error
    found = claims["sub"]
    if not is_id(found):
        raise BadTokenError
    return found


def _usable(keys: Sequence[jwt.PyJWK], header: dict[str, Any]) -> list[jwt.PyJWK]:
    """The keys that can have signed a token: a key allows one algorithm, whatever the token says.

    A token without a ``kid`` is verified only where that leaves one key.
    """
    algorithm, kid = header.get("alg"), header.get("kid")
    return [
        key
        for key in keys
        if key.algorithm_name in ALGORITHMS
        and key.algorithm_name == algorithm
        and key.public_key_use in (None, "sig")
        and kid in (None, key.key_id)
    ]


def _is_url(jwks: str) -> bool:
    return jwks.startswith(("https://", "http://"))


def _keys(jwks: str) -> Sequence[jwt.PyJWK]:
    try:
        return (_remote(jwks).get_jwk_set() if _is_url(jwks) else _inline(jwks)).keys
    except (PyJWTError, OSError, ValueError, TypeError, AttributeError) as error:
        raise KeySetError("The key set cannot be had.") from error


def _refreshed(url: str, kid: str | None) -> Sequence[jwt.PyJWK]:
    """The keys after a look for a new one, which the client takes at most twice a minute."""
    if kid is not None:
        try:
            _remote(url).get_signing_key(kid)
        except PyJWTError:
            return ()
    return _keys(url)


@cache
def _inline(jwks: str) -> PyJWKSet:
    return PyJWKSet.from_dict(json.loads(jwks))


@cache
def _remote(url: str) -> PyJWKClient:
    return PyJWKClient(url, lifespan=300, timeout=3)
