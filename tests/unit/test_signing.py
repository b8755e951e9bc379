"""Signatures are those of botocore's signer, to the byte."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from botocore import auth
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from hypothesis import given
from hypothesis import strategies as st

from installs import clock
from installs.store.signing import Credentials, Signer

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=1, max_size=20)
SECRETS = st.text("ABCXYZabcxyz019+/=", min_size=1, max_size=40)


def botocores(
    url: str, region: str, identity: Credentials, operation: str, body: bytes, at: datetime
) -> Mapping[str, str]:
    request = AWSRequest(
        method="POST", url=url, data=body,
        headers={
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        },
    )  # fmt: skip
    with patch.object(auth, "get_current_datetime", lambda: at.replace(tzinfo=None)):
        signer: Any = SigV4Auth(identity, "dynamodb", region)  # type: ignore[arg-type]
        signer.add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@given(
    url=st.sampled_from(
        [
            "https://dynamodb.eu-west-1.amazonaws.com/", "https://vpce-1.dynamodb.example:443/",
            "http://127.0.0.1:8000/", "http://localhost:80/", "https://example.com:8443/",
        ]
    ),
    region=st.sampled_from(["eu-west-1", "cn-north-1"]),
    identity=st.builds(Credentials, NAMES, SECRETS, st.none() | SECRETS),
    operation=st.sampled_from(["Query", "TransactWriteItems"]),
    body=st.binary(max_size=40),
    at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
)  # fmt: skip
def test_a_request_is_signed_as_botocore_signs_it(
    url: str, region: str, identity: Credentials, operation: str, body: bytes, at: datetime
) -> None:
    at = at.replace(tzinfo=UTC)
    with patch.object(clock, "now", lambda: at):
        found = Signer(url, region, lambda: identity).headers(operation, body)

    host = found.pop("host")
    assert found == botocores(url, region, identity, operation, body, at)
    assert url.startswith((f"https://{host}", f"http://{host}"))


def test_a_key_is_of_its_day_region_and_secret() -> None:
    first = Signer("https://a/", "eu-west-1", lambda: Credentials("a", "secret", None))
    other = Signer("https://a/", "us-east-1", lambda: Credentials("a", "secret", None))
    third = Signer("https://a/", "us-east-1", lambda: Credentials("a", "other", None))
    with patch.object(clock, "now", lambda: datetime(2026, 1, 1, tzinfo=UTC)):
        found = [signer.headers("Query", b"")["authorization"] for signer in (first, other, third)]
    with patch.object(clock, "now", lambda: datetime(2026, 1, 2, tzinfo=UTC)):
        found.append(third.headers("Query", b"")["authorization"])
    assert len({text.rpartition("=")[2] for text in found}) == 4
