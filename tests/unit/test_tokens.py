"""Which tokens are believed (CONTRACT.md section 8)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any, Final

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt import PyJWKClientConnectionError
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from installs import tokens
from installs.tokens import BadTokenError, KeySetError

if TYPE_CHECKING:
    from collections.abc import Callable

RSA: Final = rsa.generate_private_key(65537, 2048)
EC: Final = ec.generate_private_key(ec.SECP256R1())
ED: Final = ed25519.Ed25519PrivateKey.generate()
SIGNERS: Final[dict[str, Any]] = {"RS256": RSA, "ES256": EC, "EdDSA": ED}
PUBLIC: Final[dict[str, dict[str, Any]]] = {
    "RS256": RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True),
    "ES256": ECAlgorithm.to_jwk(EC.public_key(), as_dict=True),
    "EdDSA": OKPAlgorithm.to_jwk(ED.public_key(), as_dict=True),
}
CLAIMS: Final = {"iss": "https://issuer.example", "aud": "installs", "sub": "usr_ada"}


def key_set(*keys: dict[str, Any]) -> str:
    return json.dumps({"keys": keys})


ALL: Final = key_set(*({**PUBLIC[name], "kid": name} for name in PUBLIC))


def sign(algorithm: str = "ES256", kid: str | None = "", **claims: Any) -> str:  # noqa: ANN401
    payload = {**CLAIMS, "exp": int(time.time()) + 60} | claims
    payload = {name: value for name, value in payload.items() if value is not None}
    headers = {} if kid is None else {"kid": kid or algorithm}
    signer = jwt.PyJWS()
    content = json.dumps(payload).encode()
    return signer.encode(content, SIGNERS[algorithm], algorithm=algorithm, headers=headers)


def raw(header: object, payload: bytes, sign_with: bytes | None = None) -> str:
    def part(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    signed = f"{part(json.dumps(header).encode())}.{part(payload)}"
    if sign_with is None:
        return f"{signed}."
    return f"{signed}.{part(hmac.digest(sign_with, signed.encode(), hashlib.sha256))}"


def subject(token: str, jwks: str = ALL) -> str:
    return tokens.subject(token, issuer=CLAIMS["iss"], audience=CLAIMS["aud"], jwks=jwks)


@pytest.mark.parametrize("algorithm", list(SIGNERS))
def test_the_three_algorithms(algorithm: str) -> None:
    assert subject(sign(algorithm)) == "usr_ada"
    # without a kid the algorithm leaves one key here
    assert subject(sign(algorithm, kid=None)) == "usr_ada"
    assert subject(sign(algorithm), key_set({**PUBLIC[algorithm], "kid": algorithm})) == "usr_ada"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"exp": None},
        {"exp": int(time.time()) - 3600},
        {"exp": "soon"},
        {"exp": float("inf")},
        {"iat": float("inf")},
        {"exp": [1]},
        {"nbf": int(time.time()) + 3600},
        {"sub": None},
        {"sub": ""},
        {"sub": ["usr_ada"]},
        {"sub": 7},
        {"sub": "usr ada"},
        {"sub": "usr#ada"},
        {"sub": "u" * 129},
    ],
    ids=str,
)
def test_wrong_claims_are_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(BadTokenError):
        subject(sign(**claims))


def pem() -> bytes:
    return RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


GOOD: Final = json.dumps({**CLAIMS, "exp": int(time.time()) + 60}).encode()


@pytest.mark.parametrize(
    "make",
    [
        lambda: "",
        lambda: "a.b.c",
        lambda: "sec_" + "x" * 40,
        lambda: "x" * 9000,
        lambda: "\ud800.\ud800.x",
        lambda: raw({"alg": "none", "typ": "JWT"}, GOOD),
        lambda: raw({"alg": "none", "kid": "RS256"}, GOOD),
        lambda: raw({"alg": "HS256", "kid": "RS256"}, GOOD, pem()),
        lambda: raw({"alg": "HS256"}, GOOD, json.dumps(PUBLIC["RS256"]).encode()),
        lambda: raw({"alg": "RS256", "kid": ["RS256"]}, GOOD, b"x"),
        lambda: raw({"alg": ["RS256"], "kid": "RS256"}, GOOD, b"x"),
        lambda: raw(["RS256"], GOOD, b"x"),
        lambda: raw({"alg": "RS256", "kid": "RS256"}, b"[" * 3000, b"x"),
        lambda: sign("ES256", kid="unknown"),
        lambda: sign("ES256", kid="RS256"),
        lambda: sign("ES256")[:-8] + "AAAAAAAA",
    ],
)  # fmt: skip
def test_forged_and_malformed_tokens_are_refused(make: Callable[[], str]) -> None:
    with pytest.raises(BadTokenError):
        subject(make())


def test_a_symmetric_key_in_the_set_verifies_nothing() -> None:
    secret = base64.urlsafe_b64encode(b"k" * 32).decode()
    jwks = key_set({"kty": "oct", "k": secret, "kid": "h"}, {**PUBLIC["ES256"], "kid": "ES256"})
    with pytest.raises(BadTokenError):
        subject(raw({"alg": "HS256", "kid": "h"}, GOOD, b"k" * 32), jwks)


def test_a_key_for_encryption_verifies_nothing() -> None:
    with pytest.raises(BadTokenError):
        subject(sign(), key_set({**PUBLIC["ES256"], "kid": "ES256", "use": "enc"}))


def test_a_token_without_a_kid_needs_a_set_that_leaves_one_key() -> None:
    other = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)
    two = key_set({**PUBLIC["ES256"], "kid": "ES256"}, {**other, "kid": "other"})
    assert subject(sign(), two) == "usr_ada"
    with pytest.raises(BadTokenError):
        subject(sign(kid=None), two)


def test_one_kid_for_keys_of_two_types_is_told_apart_by_the_algorithm() -> None:
    jwks = key_set(*({**PUBLIC[name], "kid": "same"} for name in PUBLIC))
    assert {subject(sign(name, kid="same"), jwks) for name in SIGNERS} == {"usr_ada"}


@pytest.mark.parametrize("jwks", ["{", "{}", '{"keys":[]}', '{"keys":7}', "[]", "null"])
def test_a_set_that_is_none_is_not_the_callers_fault(jwks: str) -> None:
    with pytest.raises(KeySetError):
        subject(sign(), jwks)


@pytest.mark.parametrize(
    "failure", [PyJWKClientConnectionError("no"), TimeoutError(), ValueError()]
)
def test_a_url_that_fails_is_not_the_callers_fault(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fetch(client: jwt.PyJWKClient) -> object:
        raise failure

    monkeypatch.setattr(jwt.PyJWKClient, "fetch_data", fetch)
    tokens._remote.cache_clear()
    with pytest.raises(KeySetError):
        subject(sign(), "https://keys.example/jwks")


def test_a_url_is_read_once_and_again_for_a_new_key(monkeypatch: pytest.MonkeyPatch) -> None:
    # given a URL whose set gets another key later
    url, reads = "https://keys.example/jwks", 0
    sets = [key_set({**PUBLIC["RS256"], "kid": "RS256"}), ALL]

    def fetch(client: jwt.PyJWKClient) -> object:
        nonlocal reads
        reads += 1
        found: object = json.loads(sets[min(reads, len(sets)) - 1])
        return found

    monkeypatch.setattr(jwt.PyJWKClient, "fetch_data", fetch)
    tokens._remote.cache_clear()
    # when tokens of a known key come, it is read once
    assert [subject(sign("RS256"), url) for _ in range(3)] == ["usr_ada"] * 3
    assert reads == 1
    # when a token of a new key comes, it is read again, and unknown keys do not make it again
    assert subject(sign("ES256"), url) == "usr_ada"
    assert reads == 2
    for _ in range(5):
        with pytest.raises(BadTokenError):
            subject(sign("ES256", kid="unknown"), url)
    assert reads == 2
    tokens._remote.cache_clear()
