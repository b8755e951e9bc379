"""The document: paths, parameters and answers, from the models that the service runs on."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import yaml

from installs import errors
from installs.http import STATUS
from installs.query.cursor import MAX_LENGTH
from installs.query.parameters import MAX_IDS, MAX_LIMIT, PARAMETERS, SHORTHANDS, Deleted
from installs.query.schema import INSTALL
from tools.openapi.filters import ID, filter_schemas, order_schemas, ref, value

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]

INSTALLS: Final = "/api/integration-installs"

_HEADER: Final = "# Made by 'python -m tools openapi'; a test compares the two.\n"
_BASE: Final = (400, 401, 403, 404, 413, 415, 429, 500, 504)
"""What any route may answer; by the function or, for it, by the gateway."""
_OF_GATEWAY: Final = {413: "invalid_parameter", 415: "invalid_parameter", 504: "internal_error"}
"""Statuses that only the gateway answers with, and its code (template.yaml, GatewayResponses)."""


def text() -> str:
    """The document as YAML."""
    return _HEADER + yaml.dump(
        document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )


def document() -> Json:
    """The document as a value."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Integration Installs",
            "version": "0.1.0",
            "description": "Installs of integrations in workspaces: listed, read, uninstalled, "
            "restored and purged. CONTRACT.md says what each does.",
        },
        "servers": [{"url": "/", "description": "The stack's ApiUrl"}],
        "security": [{"bearer": []}],
        "paths": {
            INSTALLS: {"get": _list()},
            f"{INSTALLS}/{{id}}": {
                "parameters": [_id()],
                "get": _operation("getInstall", "Get an install by id, deleted or not", _row()),
                "delete": _operation(
                    "uninstallInstall", "Uninstall: soft-delete, for editors", ref("Done"), (409,)
                ),
            },
            f"{INSTALLS}/{{id}}/restore": {
                "parameters": [_id()],
                "post": _operation(
                    "restoreInstall", "Restore what was uninstalled, for editors", _row(), (409,)
                ),
            },
            f"{INSTALLS}/{{id}}/purge": {
                "parameters": [_id()],
                "delete": _operation(
                    "purgeInstall", "Delete a deleted install for good, for admins",
                    ref("Done"), (409,),
                ),
            },
        },
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A JSON Web Token, or an API key (sec_, pub_, tok_).",
                }
            },
            "schemas": {
                **_answers(),
                "Problem": _problem(),
                **order_schemas(),
                **filter_schemas(),
            },
        },
    }  # fmt: skip


class _Dumper(yaml.SafeDumper):
    """Writes the same value twice as it stands, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401 - as PyYAML has it
        """Never an alias."""
        return True


def _row() -> Json:
    return ref("Install")


def _id() -> Json:
    return {"name": "id", "in": "path", "required": True, "schema": ID}


def _list() -> Json:
    operation = _operation(
        "listInstalls", "List the installs that the caller sees", ref("Page"), (422,)
    )
    return {**operation, "parameters": [_parameter(name) for name in PARAMETERS]}


def _parameter(name: str) -> Json:
    if name in SHORTHANDS:
        field = INSTALL.fields[SHORTHANDS[name]]
        about = f"Shorthand of a filter where {field.name} equals this."
        return {"name": name, "in": "query", "description": about, "schema": value(field)}
    return {"name": name, "in": "query", **_LIST_PARAMETERS[name]}


_CURSOR: Final[Json] = {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH}
_LIST_PARAMETERS: Final[dict[str, Json]] = {
    "limit": {
        "description": "Page size.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": MAX_LIMIT},
    },
    "after": {"description": "A cursor: the rows behind it.", "schema": _CURSOR},
    "before": {"description": "A cursor: the rows ahead of it.", "schema": _CURSOR},
    "ids": {
        "description": "Ids to narrow the result to, comma-separated.",
        "style": "form",
        "explode": False,
        "schema": {"type": "array", "minItems": 1, "maxItems": MAX_IDS, "items": ID},
    },
    "filter": {
        "description": "A filter, as JSON: 16 KB, 8 deep, 100 nodes, 3 relations at most.",
        "content": {"application/json": {"schema": ref("InstallFilter")}},
    },
    "orderBy": {
        "description": "How to sort, as JSON; the newest first without it.",
        "content": {"application/json": {"schema": ref("InstallOrderBy")}},
    },
    "include_deleted": {
        "description": "Live rows, live and deleted ones, or the trash alone.",
        "schema": {"type": "string", "enum": [str(one) for one in Deleted]},
    },
}


def _operation(name: str, summary: str, answer: Json, also: Iterable[int] = ()) -> Json:
    content = {"application/json": {"schema": answer}}
    responses: Json = {"200": {"description": "Done", "content": content}}
    for status in sorted({*_BASE, *also}):
        responses[str(status)] = _refusal(HTTPStatus(status))
    return {"operationId": name, "summary": summary, "responses": responses}


def _refusal(status: HTTPStatus) -> Json:
    headers = {
        HTTPStatus.UNAUTHORIZED: "WWW-Authenticate",
        HTTPStatus.TOO_MANY_REQUESTS: "Retry-After",
    }
    refusal: Json = {
        "description": f"A problem: {', '.join(_codes(status))}",
        "content": {"application/problem+json": {"schema": ref("Problem")}},
    }
    if status in headers:
        refusal["headers"] = {headers[status]: {"schema": {"type": "string"}, "required": True}}
    return refusal


def _codes(status: HTTPStatus) -> list[str]:
    """The codes that come with a status."""
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return [errors.InstallsError.code]
    found = [kind.code for kind, of in STATUS.items() if of is status]
    return found or [_OF_GATEWAY[status]]


def _answers() -> Json:
    fields = {}
    for field in INSTALL.fields.values():
        one = value(field)
        if field.nullable and "enum" in one:
            one = {"type": ["string", "null"], "enum": [*one["enum"], None]}
        elif field.nullable:
            one = {**one, "type": ["string", "null"]}
        fields[field.name] = one
    cursor = {"type": ["string", "null"]}
    info = {
        "total": {"type": "integer", "minimum": 0},
        "hasNextPage": {"type": "boolean"},
        "hasPreviousPage": {"type": "boolean"},
        "startCursor": cursor,
        "endCursor": cursor,
    }
    rows = {"type": "array", "maxItems": MAX_LIMIT, "items": ref("Install")}
    return {
        "Install": _all_of(fields),
        "PageInfo": _all_of(info),
        "Page": _all_of({"data": rows, "pageInfo": ref("PageInfo")}),
        "Done": _all_of({"success": {"type": "boolean", "const": True}}),
    }


def _problem() -> Json:
    """Problem details (RFC 9457) with the contract's members."""
    codes = sorted({errors.InstallsError.code, *(kind.code for kind in STATUS)})
    issue = {
        "type": "object",
        "required": ["code", "detail"],
        "additionalProperties": False,
        "properties": {
            "parameter": {"type": "string"},
            "pointer": {"type": "string", "description": "RFC 6901, into the parameter's JSON"},
            "code": {"type": "string"},
            "detail": {"type": "string"},
        },
    }
    return _all_of(
        {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string", "enum": codes},
            "requestId": {"type": "string"},
            "errors": {"type": "array", "items": issue},
        }
    )


def _all_of(properties: Json) -> Json:
    """An object in which each of the keys stands, and no other."""
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }
