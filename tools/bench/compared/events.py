"""Requests as API Gateway hands them to a function (AWS: Lambda proxy integration)."""

from __future__ import annotations

from typing import Any, Final

PATH: Final = "/api/integration-installs"

Event = dict[str, Any]
Answer = dict[str, Any]


def request(method: str, user: str, path: str = "", **query: str) -> Event:
    """A request of a user, who was let in by the authorizer."""
    install_id, _, action = path.partition("/")
    return {
        "resource": PATH + ("/{id}" if path else "") + (f"/{action}" if action else ""),
        "path": f"{PATH}/{path}" if path else PATH,
        "httpMethod": method,
        "headers": {"Host": "localhost", "Accept": "application/json"},
        "multiValueHeaders": {"Host": ["localhost"], "Accept": ["application/json"]},
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
        "pathParameters": {"id": install_id} if path else None,
        "stageVariables": None,
        "requestContext": {
            "requestId": "bench",
            "stage": "bench",
            "httpMethod": method,
            "authorizer": {"principal": user, "kind": "user"},
        },
        "body": None,
        "isBase64Encoded": False,
    }
