"""The gateway's authorizer: from a bearer token to a principal, and nothing else.

Roles are not its business: they are rows of the table, which the endpoints read (CONTRACT.md
section 8).
"""

from __future__ import annotations

from typing import Any

from installs.authentication import authenticate
from installs.deadline import Context, Deadline
from installs.tokens import BadTokenError


def handler(event: dict[str, Any], context: Context | None) -> dict[str, Any]:
    """Let a caller into the whole stage; the answer is cached for every route of it.

    A caller who is known and closed out gets an explicit Deny, which is cached as well.

    Raises
    ------
    Exception
        ``Unauthorized``, to the letter: API Gateway's way to answer 401.
    """
    try:
        caller = authenticate(event.get("authorizationToken"), Deadline.of(context))
        stage = whole_stage(event.get("methodArn"))
    except BadTokenError:
        raise Exception("Unauthorized") from None
    return {
        "principalId": caller.id,
        "context": {"principal": caller.id, "kind": caller.kind.value},
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow" if caller.enabled else "Deny",
                    "Resource": stage,
                }
            ],
        },
    }


def whole_stage(method_arn: object) -> str:
    """``arn:PARTITION:execute-api:REGION:ACCOUNT:API/STAGE/*`` of the ARN of one method.

    Raises ``BadTokenError`` where it is none: there is nothing to let anybody into.
    """
    api, *rest = str(method_arn or "").split("/")
    if not api.startswith("arn:") or not rest:
        raise BadTokenError
    return f"{api}/{rest[0]}/*"
