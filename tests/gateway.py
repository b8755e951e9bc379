"""Events as API Gateway sends them to a function."""

from __future__ import annotations

from typing import Any


def event(**given: object) -> dict[str, Any]:
    return {
        "requestContext": {
            "requestId": "req_1",
            "authorizer": {"principal": "usr_ada", "kind": "user"},
        },
        "headers": {"Authorization": "Bearer hush"},
        "pathParameters": None,
        "multiValueQueryStringParameters": None,
    } | given
