"""The answers of the operations: components that they refer to, and links between them."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from installs.errors import InstallsError
from installs.http import STATUS, TITLES
from tools.openapi import examples, words
from tools.openapi.filters import ref

Json = dict[str, Any]

_HEADERS: Final = {
    HTTPStatus.UNAUTHORIZED: "WWW-Authenticate",
    HTTPStatus.TOO_MANY_REQUESTS: "Retry-After",
    HTTPStatus.SERVICE_UNAVAILABLE: "Retry-After",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A problem that an operation may answer with."""

    status: HTTPStatus
    about: str
    codes: tuple[str, ...]


REFUSALS: Final = {
    "InvalidQuery": Refusal(
        HTTPStatus.BAD_REQUEST,
        "A parameter is wrong; `errors` names each place.",
        (
            "invalid_parameter",
            "query_too_long",
            "invalid_filter",
            "invalid_order_by",
            "invalid_cursor",
        ),
    ),
    "InvalidParameter": Refusal(
        HTTPStatus.BAD_REQUEST,
        "A parameter of the query string is wrong, or the operation does not take it.",
        ("invalid_parameter",),
    ),
    "Unauthorized": Refusal(
        HTTPStatus.UNAUTHORIZED,
        "There is no valid bearer token: get a new one, or sign in.",
        ("unauthorized",),
    ),
    "Forbidden": Refusal(
        HTTPStatus.FORBIDDEN,
        "The caller sees the install, but its role is too low; or its API key is of a workspace"
        " that is deleted.",
        ("forbidden",),
    ),
    "NotFound": Refusal(
        HTTPStatus.NOT_FOUND,
        "The install does not exist, was purged, is past its retention, or is not visible to the"
        " caller.",
        ("not_found",),
    ),
    "UninstallConflict": Refusal(
        HTTPStatus.CONFLICT,
        "Other requests keep changing the install: send it again.",
        ("conflict",),
    ),
    "RestoreConflict": Refusal(
        HTTPStatus.CONFLICT,
        "The parent of the install is in the trash, or other requests keep changing the install.",
        ("parent_deleted", "conflict"),
    ),
    "PurgeConflict": Refusal(
        HTTPStatus.CONFLICT,
        "The install is live, or other requests keep changing it.",
        ("install_not_deleted", "conflict"),
    ),
    "QueryTooExpensive": Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The query would read too much: narrow it, as `detail` says.",
        ("query_too_expensive",),
    ),
    "Throttled": Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        "The caller sends too many requests: wait, then send it again.",
        ("throttled",),
    ),
    "InternalError": Refusal(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong in the service: send it again.",
        (InstallsError.code,),
    ),
    "Unavailable": Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The service cannot answer at the moment: wait, then send it again.",
        ("unavailable",),
    ),
}
"""The refusals, by the names of their components."""

_OF_ANY: Final = ("Unauthorized", "Forbidden", "Throttled", "InternalError", "Unavailable")
OF_OPERATION: Final = {
    "listInstalls": ("InvalidQuery", "QueryTooExpensive", *_OF_ANY),
    "getInstall": ("InvalidParameter", "NotFound", "QueryTooExpensive", *_OF_ANY),
    "uninstallInstall": ("InvalidParameter", "NotFound", "UninstallConflict", *_OF_ANY),
    "restoreInstall": ("InvalidParameter", "NotFound", "RestoreConflict", *_OF_ANY),
    "purgeInstall": ("InvalidParameter", "NotFound", "PurgeConflict", *_OF_ANY),
}
"""The refusals that each operation can give."""

_SAME_ID: Final = "$request.path.id"
LINKS: Final[dict[str, Json]] = {
    "NextPage": {
        "operationId": "listInstalls",
        "description": "The next page, if `pageInfo.hasNextPage`: all other parameters as before.",
        "parameters": {"after": "$response.body#/pageInfo/endCursor"},
    },
    "PreviousPage": {
        "operationId": "listInstalls",
        "description": "The page before, if `pageInfo.hasPreviousPage`: all else as before.",
        "parameters": {"before": "$response.body#/pageInfo/startCursor"},
    },
    "FirstInstall": {
        "operationId": "getInstall",
        "description": "The first install of the page by its id; the others likewise.",
        "parameters": {"id": "$response.body#/data/0/id"},
    },
    "Get": {
        "operationId": "getInstall",
        "description": "The install as it is now.",
        "parameters": {"id": _SAME_ID},
    },
    "Uninstall": {
        "operationId": "uninstallInstall",
        "description": "Moves a live install to the trash.",
        "parameters": {"id": _SAME_ID},
    },
    "Restore": {
        "operationId": "restoreInstall",
        "description": "Undoes an uninstall, until the end of the retention.",
        "parameters": {"id": _SAME_ID},
    },
    "Purge": {
        "operationId": "purgeInstall",
        "description": "Deletes an install in the trash for good.",
        "parameters": {"id": _SAME_ID},
    },
}
LINKS_OF_OPERATION: Final = {
    "listInstalls": ("NextPage", "PreviousPage", "FirstInstall"),
    "getInstall": ("Uninstall", "Restore", "Purge"),
    "uninstallInstall": ("Get", "Restore", "Purge"),
    "restoreInstall": ("Get", "Uninstall"),
    "purgeInstall": (),
}
"""The links from the success of each operation."""


def responses_of(operation: str, answer: Json) -> Json:
    """The answers of an operation, by status: its success, and what it refuses."""
    success: Json = {"description": words.DONE, "content": {"application/json": answer}}
    if names := LINKS_OF_OPERATION[operation]:
        success["links"] = {name: {"$ref": f"#/components/links/{name}"} for name in names}
    refusals = {
        str(REFUSALS[name].status.value): {"$ref": f"#/components/responses/{name}"}
        for name in OF_OPERATION[operation]
    }
    return {"200": success, **dict(sorted(refusals.items()))}


def response_components() -> Json:
    """The components of the refusals, of their headers, and of the links."""
    return {
        "responses": {name: _response(refusal) for name, refusal in REFUSALS.items()},
        "headers": {
            "RetryAfter": {
                "description": "The seconds to wait before the next attempt.",
                "required": True,
                "schema": {"type": "integer", "minimum": 0},
                "example": 1,
            },
            "WWWAuthenticate": {
                # API Gateway renames it where the function answers 401, not the authorizer.
                "description": "The scheme of the token.",
                "schema": {"type": "string"},
                "example": "Bearer",
            },
        },
        "links": LINKS,
    }


def _response(refusal: Refusal) -> Json:
    title = TITLES.get(refusal.status, refusal.status.phrase)
    response: Json = {
        "description": f"{title}. {refusal.about}",
        "content": {
            "application/problem+json": {
                "schema": ref("Problem"),
                "examples": {code: {"value": examples.PROBLEMS[code]} for code in refusal.codes},
            }
        },
    }
    if header := _HEADERS.get(refusal.status):
        component = header.replace("-", "")
        response["headers"] = {header: {"$ref": f"#/components/headers/{component}"}}
    return response


def problem_codes() -> list[str]:
    """The codes of all problems of the API."""
    return sorted({InstallsError.code, *(kind.code for kind in STATUS)})
