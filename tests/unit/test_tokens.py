"""Tokens that are accepted (CONTRACT.md section 8)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from typing import TYPE_CHECKING, Any, Final

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from installs import key_sets, tokens
from installs.key_sets import KeySetError
from installs.tokens import BadSubjectError, BadTokenError
from tests.clocks import Time

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


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def raw(header: object, payload: bytes, sign_with: bytes | None = None) -> str:
    signed = f"{part(json.dumps(header).encode())}.{part(payload)}"
    if sign_with is None:
        return f"{signed}."
    return f"{signed}.{part(hmac.digest(sign_with, signed.encode(), hashlib.sha256))}"


def by_hand(header: dict[str, Any], algorithm: str = "ES256", key: object = EC) -> str:
    """A good signature under a header that PyJWT does not make."""
    signed = f"{part(json.dumps(header).encode())}.{part(GOOD)}"
    signature = jwt.get_algorithm_by_name(algorithm).sign(signed.encode(), key)
    return f"{signed}.{part(signature)}"


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
        {"exp": 1_000_000_000},
        {"exp": "soon"},
        {"exp": float("inf")},
        {"iat": float("inf")},
        {"exp": [1]},
        {"nbf": 9_000_000_000},
        {"iat": 9_000_000_000},
        {"aud": ["installs", 7]},
        {"aud": {"installs": True}},
        {"iss": ["https://issuer.example"]},
        {"sub": None},
        {"sub": ""},
        {"sub": ["usr_ada"]},
        {"sub": 7},
        {"sub": "usr ada"},
        {"sub": "usr#ada"},
        {"sub": "usr_ada\n"},
        {"sub": "usr_\u0663"},
        {"sub": "u" * 129},
    ],
    ids=str,
)
def test_wrong_claims_are_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(BadTokenError):
        subject(sign(**claims))


@pytest.mark.parametrize("claim", ["sub", "https://example.com/user"])
def test_the_subject_is_the_claim_of_that_name(claim: str) -> None:
    def of(token: str) -> str:
        return tokens.subject(
            token, issuer=CLAIMS["iss"], audience=CLAIMS["aud"], jwks=ALL, claim=claim
        )

    def signed(value: object) -> str:
        claims: dict[str, Any] = {claim: value}
        return sign(**claims)

    assert of(signed("usr_grace")) == "usr_grace"
    for value in (None, "auth0|grace", ["usr_grace"], {"id": "usr_grace"}, 7, True):
        with pytest.raises(BadSubjectError):
            of(signed(value))


def test_a_forged_token_is_not_said_to_have_a_bad_subject() -> None:
    with pytest.raises(BadTokenError) as raised:
        subject(sign(sub="auth0|grace")[:-8] + "AAAAAAAA")
    assert type(raised.value) is BadTokenError


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
        lambda: sign(padding="x" * tokens.MAX_LENGTH),
        lambda: "\ud800.\ud800.x",
        lambda: raw({"alg": "none", "typ": "JWT"}, GOOD),
        lambda: raw({"alg": "none", "kid": "RS256"}, GOOD),
        lambda: raw({"alg": "HS256", "kid": "RS256"}, GOOD, pem()),
        lambda: raw({"alg": "HS256"}, GOOD, json.dumps(PUBLIC["RS256"]).encode()),
        lambda: raw({"alg": "RS256", "kid": ["RS256"]}, GOOD, b"x"),
        lambda: raw({"alg": ["RS256"], "kid": "RS256"}, GOOD, b"x"),
        lambda: raw(["RS256"], GOOD, b"x"),
        lambda: raw({"alg": "RS256", "kid": "RS256"}, b"[" * 3000, b"x"),
        lambda: by_hand({"alg": "ES256", "kid": "ES256", "crit": ["exp"]}),
        lambda: by_hand({"alg": "ES256", "kid": "ES256", "b64": False}),
        lambda: by_hand({"alg": "ES256", "kid": None}),
        lambda: by_hand({"alg": "ES384", "kid": "ES256"}),
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


@pytest.mark.parametrize(
    "purpose", [{"use": "enc"}, {"key_ops": ["encrypt"]}, {"use": "sig", "key_ops": ["sign"]}]
)
def test_a_key_for_another_purpose_verifies_nothing(purpose: dict[str, Any]) -> None:
    jwks = key_set({**PUBLIC["ES256"], "kid": "ES256", **purpose}, {**PUBLIC["RS256"], "kid": "r"})
    with pytest.raises(BadTokenError):
        subject(sign(), jwks)
    assert subject(sign("RS256", kid="r"), jwks) == "usr_ada"


def test_a_key_too_short_verifies_nothing() -> None:
    # RFC 7518 section 3.3: 2048 bits at the least
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is what is refused
    jwks = key_set({**RSAAlgorithm.to_jwk(short.public_key(), as_dict=True), "kid": "short"})
    with pytest.raises(BadTokenError):
        subject(by_hand({"alg": "RS256", "kid": "short"}, "RS256", short), jwks)


@pytest.mark.parametrize(
    "odd",
    [
        7, None, [], {}, {"kty": 7}, {"kty": "EC", "crv": ["P-256"]},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {**PUBLIC["ES256"], "alg": ["ES256"]}, {**PUBLIC["ES256"], "alg": "none"},
        {**PUBLIC["ES256"], "key_ops": 7},
        {**PUBLIC["RS256"], "e": "AA"}, {**PUBLIC["RS256"], "n": ""},
        {"kty": "oct", "k": 7, "kid": "ES256"}, {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
    ],
)  # fmt: skip
def test_a_key_of_no_use_spoils_no_other(odd: Any) -> None:  # noqa: ANN401 - any JSON
    # RFC 7517 section 5: keys that are not understood are passed over
    assert subject(sign(), key_set(odd, {**PUBLIC["ES256"], "kid": "ES256"})) == "usr_ada"
    with pytest.raises(KeySetError):
        subject(sign(), key_set(odd))


@pytest.mark.parametrize(
    "url", ["http://keys.example/jwks", "http://127.0.0.1:80@keys.example/", "ftp://keys.example/"]
)
def test_keys_that_anybody_on_the_way_could_change_are_not_asked_for(
    server: Server, url: str
) -> None:
    with pytest.raises(KeySetError):
        subject(sign("RS256"), url)
    assert server.reads == 0


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


class Server:
    """A server of key sets, and a clock, both in the hands of the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reads = 0
        self.time = Time(monkeypatch)
        self.answers: str | None = key_set({**PUBLIC["RS256"], "kid": "RS256"})
        monkeypatch.setattr(key_sets, "_answer", self._answer)

    def _answer(self, _: str) -> bytes:
        self.reads += 1
        if self.answers is None:
            raise KeySetError
        return self.answers.encode()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, cold_start: None) -> Server:
    return Server(monkeypatch)


URL: Final = "https://keys.example/jwks"


@pytest.mark.parametrize("answer", [None, "", "{", "[]", "{}", "<html>", "[" * 100_000])
def test_a_url_that_fails_is_not_the_callers_fault(server: Server, answer: str | None) -> None:
    server.answers = answer
    for _ in range(5):
        with pytest.raises(KeySetError):
            subject(sign(), URL)
    # and a server in trouble is left in peace for a while
    assert server.reads == 1
    server.time.pass_(key_sets.REST_SECONDS + 1)
    server.answers = ALL
    assert subject(sign(), URL) == "usr_ada"
    assert server.reads == 2


def test_a_url_is_read_once_and_again_for_a_new_key(server: Server) -> None:
    # when tokens of a known key come, it is read once
    assert [subject(sign("RS256"), URL) for _ in range(3)] == ["usr_ada"] * 3
    assert server.reads == 1
    # when a token of a new key comes at once, it has to wait
    server.answers = ALL
    with pytest.raises(BadTokenError):
        subject(sign("ES256"), URL)
    assert server.reads == 1
    # and then it is read again
    server.time.pass_(key_sets.REFETCH_SECONDS + 1)
    assert subject(sign("ES256"), URL) == "usr_ada"
    assert server.reads == 2


def test_invented_key_ids_do_not_make_it_be_read_again_and_again(server: Server) -> None:
    for number in range(100):
        server.time.pass_(1)
        with pytest.raises(BadTokenError):
            subject(sign("ES256", kid=f"invented-{number}"), URL)
    assert server.reads <= 1 + 100 // 30


def test_an_invented_key_id_is_the_callers_fault_while_the_server_is_down(server: Server) -> None:
    assert subject(sign("RS256"), URL) == "usr_ada"
    server.answers = None
    server.time.pass_(key_sets.REFETCH_SECONDS + 1)
    for _ in range(3):
        with pytest.raises(BadTokenError):
            subject(sign("ES256", kid="invented"), URL)
        assert subject(sign("RS256"), URL) == "usr_ada"
    assert server.reads == 2


def test_a_withdrawn_key_is_not_believed_for_long(server: Server) -> None:
    assert subject(sign("RS256"), URL) == "usr_ada"
    server.answers = key_set({**PUBLIC["ES256"], "kid": "ES256"})
    server.time.pass_(301)
    with pytest.raises(BadTokenError):
        subject(sign("RS256"), URL)


def test_a_withdrawn_key_is_not_believed_after_a_freeze(server: Server) -> None:
    # given a set that was fetched, and a key that is withdrawn while the environment is frozen
    assert subject(sign("RS256"), URL) == "usr_ada"
    server.answers = key_set({**PUBLIC["ES256"], "kid": "ES256"})
    server.time.freeze(3600)
    with pytest.raises(BadTokenError):
        subject(sign("RS256"), URL)


@pytest.mark.parametrize("back", [1, 60, 86_400])
def test_a_wall_clock_that_is_set_back_makes_no_key_last_longer(server: Server, back: int) -> None:
    server.time.pass_(2)
    assert subject(sign("RS256"), URL) == "usr_ada"
    server.answers = key_set({**PUBLIC["ES256"], "kid": "ES256"})
    server.time.pass_(key_sets.KEEP_SECONDS + 1)
    server.time.set_back(back)
    with pytest.raises(BadTokenError):
        subject(sign("RS256"), URL)


def test_an_issuer_that_does_not_answer_locks_nobody_out_for_a_while(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    assert subject(sign("RS256"), URL) == "usr_ada"
    server.answers = None
    # when the set is old, and no newer one is to be had
    server.time.pass_(key_sets.KEEP_SECONDS + 1)
    assert [subject(sign("RS256"), URL) for _ in range(5)] == ["usr_ada"] * 5
    # then the issuer is asked once in a while, and each time is told
    assert server.reads == 2
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    # but not for ever
    server.time.pass_(key_sets.STALE_SECONDS - key_sets.KEEP_SECONDS)
    with pytest.raises(KeySetError):
        subject(sign("RS256"), URL)
    # and not at all after a freeze
    server.answers = ALL
    server.time.pass_(key_sets.REST_SECONDS + 1)
    assert subject(sign("RS256"), URL) == "usr_ada"
    server.answers = None
    server.time.freeze(key_sets.STALE_SECONDS + 1)
    with pytest.raises(KeySetError):
        subject(sign("RS256"), URL)


def test_what_cannot_be_ours_asks_nobody(server: Server) -> None:
    # given a set that was read long enough ago to be read again
    assert subject(sign("RS256"), URL) == "usr_ada"
    server.time.pass_(key_sets.REFETCH_SECONDS + 1)
    # when tokens come that no key of a newer set could have signed
    for token in (raw({"alg": "none"}, GOOD), raw({"alg": "HS256", "kid": "n"}, GOOD, pem())):
        with pytest.raises(BadTokenError):
            subject(token, URL)
    # then it is not read
    assert server.reads == 1
