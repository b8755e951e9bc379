"""The gateway's authorizer: from a bearer token to a principal, and nothing else.

Roles are not its business: they are rows of the table, which the endpoints read (CONTRACT.md
section 8).
"""

from __future__ import annotations

import os
from typing import Any

from installs import tokens


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Allow a valid token the whole stage; the answer is cached for every route of it.

    Raises
    ------
    Exception
        ``Unauthorized``, to the letter: API Gateway's way to answer 401.
    """
    scheme, _, token = str(event.get("authorizationToken") or "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise tokens.BadTokenError
        principal = tokens.subject(
            token.strip(),
            issuer=os.environ["ISSUER"],
            audience=os.environ["AUDIENCE"],
            jwks=os.environ["JWKS"],
        )
    except tokens.BadTokenError:
        raise Exception("Unauthorized") from None
    return {
        "principalId": principal,
        "context": {"principal": principal, "kind": "user"},
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow",
                    "Resource": whole_stage(event["methodArn"]),
                }
            ],
        },
    }


def whole_stage(method_arn: str) -> str:
    """``arn:PARTITION:execute-api:REGION:ACCOUNT:API/STAGE/*`` of the ARN of one method."""
    api, stage, *_ = method_arn.split("/")
    return f"{api}/{stage}/*"
