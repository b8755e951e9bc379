"""Validation of JSON Web Tokens: signer, audience, expiry (CONTRACT.md section 8).

Every fault of a token is a ``BadTokenError``; only a key set that cannot be had is not the caller's
fault (``key_sets.py``).
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any, Final

import jwt
from jwt import PyJWTError

from installs.ids import is_id
from installs.key_sets import key_set
from installs.nesting import nested_beyond

if TYPE_CHECKING:
    from collections.abc import Sequence

ALGORITHMS: Final = ("RS256", "ES256", "EdDSA")
LEEWAY_SECONDS: Final = 10
MAX_LENGTH: Final = 8192

_FAULTS: Final = (
    PyJWTError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError,
)  # fmt: skip
"""The errors that PyJWT raises on malformed tokens, such as an infinite ``exp``."""


class BadTokenError(Exception):
    """The token does not identify the caller."""


class BadSubjectError(BadTokenError):
    """The token is valid, but the claim that should have the user's id does not have an id."""


def subject(token: str, *, issuer: str, audience: str, jwks: str, claim: str = "sub") -> str:
    """Return the user's id in a valid token: the value of ``claim``.

    Raises
    ------
    BadTokenError
        It is malformed, forged, expired, or meant for another.
    BadSubjectError
        It is none of these, but names no user.
    KeySetError
        There are no keys to tell.
    """
    if len(token) > MAX_LENGTH:
        raise BadTokenError
    try:
        _require_shallow(token)
        header = jwt.get_unverified_header(token)
    except _FAULTS as error:
        raise BadTokenError from error
    known = key_set(jwks)
    keys = _usable(known.keys(), header)
    if not keys and header.get("alg") in ALGORITHMS and header.get("kid") is not None:
        keys = _usable(known.newer_keys(), header)
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
            options={
                "require": ["iss", "aud", "exp"],
                "verify_sub": False,  # whatever it is, another claim may have the user's id
                "enforce_minimum_key_length": True,
            },
        )
    except _FAULTS as error:
        raise BadTokenError from error
    subject = claims.get(claim)
    if not is_id(subject):
        raise BadSubjectError
    return str(subject)


def _require_shallow(token: str) -> None:
    """Refuse a token with JSON that only some interpreters can parse."""
    for part in token.split(".")[:2]:
        if nested_beyond(urlsafe_b64decode(f"{part}==").decode("latin-1")):
            raise BadTokenError


def _usable(keys: Sequence[jwt.PyJWK], header: dict[str, Any]) -> list[jwt.PyJWK]:
    """Return the keys that may have signed a token: a key allows one algorithm only.

    A token without a ``kid`` is verified only where that leaves one key.
    """
    algorithm, kid = header.get("alg"), header.get("kid")
    return [
        key
        for key in keys
        if key.algorithm_name in ALGORITHMS
        and key.algorithm_name == algorithm
        and kid in (None, key.key_id)
    ]
