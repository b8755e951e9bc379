"""The gateway's authorizer: from a bearer token to a principal (CONTRACT.md section 8).

It knows no roles: they are rows of the table, which the endpoints read.
"""

from __future__ import annotations

from typing import Any

from installs.authentication import authenticate
from installs.deadline import Context, Deadline
from installs.snap_start import preload
from installs.tokens import BadSubjectError, BadTokenError

preload("installs.log", "installs.store.api_keys", "installs.store.table")


def handler(event: dict[str, Any], context: Context | None) -> dict[str, Any]:
    """Allow a caller the whole stage; the policy is cached for all of its routes.

    A known caller without access gets an explicit Deny, which is cached as well.

    Raises
    ------
    Exception
        ``Unauthorized``, exactly: API Gateway then responds with 401.
    """
    try:
        caller = authenticate(event.get("authorizationToken"), Deadline.of(context))
        stage = whole_stage(event.get("methodArn"))
    except BadTokenError as error:
        if isinstance(error, BadSubjectError):
            _log_bad_subject()
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


def _log_bad_subject() -> None:
    """Say why a valid token is refused: a setting is wrong, here or at the issuer."""
    from installs.log import logger  # imported here, since it costs every start otherwise

    logger.warning("refused a valid token: its claim SubjectClaim is not a valid id")


def whole_stage(method_arn: object) -> str:
    """Return ``arn:PARTITION:execute-api:REGION:ACCOUNT:API/STAGE/*`` for the ARN of a method.

    Raises ``BadTokenError`` if it is not an ARN: then there is nothing to allow.
    """
    api, *rest = str(method_arn or "").split("/")
    if not api.startswith("arn:") or not rest:
        raise BadTokenError
    return f"{api}/{rest[0]}/*"
