"""The signing key of this machine, and tokens made with it: for the local system alone."""

from __future__ import annotations

import hashlib
import json
import os
import time
from typing import TYPE_CHECKING, Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from pathlib import Path

ISSUER: Final = "https://tokens.integration-installs.localhost"
AUDIENCE: Final = "integration-installs"
LIFETIME_SECONDS: Final = 12 * 60 * 60
_ALGORITHM: Final = "ES256"


class SigningKey:
    """A private key that tokens are signed with."""

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self._private_key = private_key
        public = jwt.algorithms.ECAlgorithm.to_jwk(private_key.public_key(), as_dict=True)
        thumbprint = json.dumps(public, sort_keys=True, separators=(",", ":")).encode()
        self.key_id: Final = hashlib.sha256(thumbprint).hexdigest()[:16]
        self._public: dict[str, Any] = public

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def of_machine(cls, path: Path) -> SigningKey:
        """The key in a file that only its owner may read; made at the first call."""
        if path.exists():
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
            if isinstance(key, ec.EllipticCurvePrivateKey):
                return cls(key)
        created = cls.generate()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(
                created._private_key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
        return created

    def key_set(self) -> str:
        """The public key as a JSON Web Key Set (RFC 7517)."""
        key = {**self._public, "kid": self.key_id, "use": "sig", "alg": _ALGORITHM}
        return json.dumps({"keys": [key]}, separators=(",", ":"))

    def token(self, subject: str, *, lifetime_seconds: int = LIFETIME_SECONDS) -> str:
        """A token for a user; a negative lifetime makes one that has expired."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": now,
            "exp": now + lifetime_seconds,
        }
        headers = {"kid": self.key_id}
        return jwt.encode(claims, self._private_key, algorithm=_ALGORITHM, headers=headers)
