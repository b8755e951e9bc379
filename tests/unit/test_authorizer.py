"""The authorizer's answer to the gateway (CONTRACT.md section 8)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from functions.authorizer.handler import handler, whole_stage
from installs.key_sets import KeySetError
from installs.log import logger
from tools.tokens import AUDIENCE, ISSUER, SigningKey

ROOT: Final = Path(__file__).parents[2]
METHOD: Final = "arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:abc123/prod/GET/api/x/y"
KEY: Final = SigningKey.generate()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISSUER", ISSUER)
    monkeypatch.setenv("AUDIENCE", AUDIENCE)
    monkeypatch.setenv("JWKS", KEY.key_set())


def event(authorization: object) -> dict[str, Any]:
    return {"type": "TOKEN", "authorizationToken": authorization, "methodArn": METHOD}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
def test_a_valid_token_is_let_into_the_whole_stage(scheme: str) -> None:
    answer = handler(event(f"{scheme} {KEY.token('usr_ada')}"), None)

    assert answer["principalId"] == "usr_ada"
    assert answer["context"] == {"principal": "usr_ada", "kind": "user"}
    (statement,) = answer["policyDocument"]["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Allow", whole_stage(METHOD))
    assert statement["Resource"] == (
        "arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:abc123/prod/*"
    )


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        7,
        KEY.token("usr_ada"),
        f"Basic {KEY.token('usr_ada')}",
        f"Bearer {KEY.token('usr_ada', lifetime_seconds=-60)}",
        f"Bearer {SigningKey.generate().token('usr_ada')}",
        f"Bearer {KEY.token('no id')}",
        "Bearer key_0123456789",
        "Bearer sec_",
        f"Bearer sec_{'x' * 300}",
        f"Bearer\xa0{KEY.token('usr_ada')}",
        "Bearer \ud800.\ud800.\ud800",
        [f"Bearer {KEY.token('usr_ada')}"],
    ],
    ids=range(16),
)
def test_any_fault_of_the_caller_is_the_one_word_of_the_gateway(authorization: object) -> None:
    with pytest.raises(Exception, match=r"\AUnauthorized\Z") as raised:
        handler(event(authorization), None)
    assert type(raised.value) is Exception
    # and nothing of the token is left to be logged
    assert raised.value.__suppress_context__


def test_a_token_that_names_no_user_is_said_in_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines: list[str] = []
    monkeypatch.setattr(logger, "warning", lines.append)
    monkeypatch.setenv("SUBJECT_CLAIM", "https://example.com/user")
    token = KEY.token("usr_ada")  # by its sub: it has no such claim
    with pytest.raises(Exception, match=r"\AUnauthorized\Z"):
        handler(event(f"Bearer {token}"), None)

    (line,) = lines
    assert "SubjectClaim" in line
    assert token not in line


def test_a_fault_of_the_set_up_is_no_401(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWKS", "{}")
    with pytest.raises(KeySetError):
        handler(event(f"Bearer {KEY.token('usr_ada')}"), None)


def test_a_token_needs_neither_boto3_nor_pydantic() -> None:
    # given a process that has let a token in, and refused another
    script = f"""
import sys
from functions.authorizer.handler import handler
event = {event(f"Bearer {KEY.token('usr_ada')}")!r}
assert handler(event, None)["principalId"] == "usr_ada"
try:
    handler(event | {{"authorizationToken": "Bearer a.b.c"}}, None)
except Exception as refused:
    assert str(refused) == "Unauthorized"
print(*{{'boto3', 'botocore', 'pydantic', 'aws_lambda_powertools'}} & sys.modules.keys())
"""
    settings = {"ISSUER": ISSUER, "AUDIENCE": AUDIENCE, "JWKS": KEY.key_set()}
    ran = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", script],
        cwd=ROOT, env={"PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core'}", **settings},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert ran.stdout.strip() == ""
