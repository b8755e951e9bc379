"""The document: paths, parameters and answers, from the models that the service runs on."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import yaml

from installs import errors
from installs.http import STATUS
from installs.query.language.cursor import MAX_LENGTH
from installs.query.language.include import INCLUDE
from installs.query.language.parameters import MAX_IDS, MAX_LIMIT, PARAMETERS, SHORTHANDS, Deleted
from installs.query.language.schema import INSTALL
from tools.openapi import examples, included, words
from tools.openapi.filters import ID, filter_schemas, order_schemas, ref, value
from tools.version import project_version

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]

INSTALLS: Final = "/api/integration-installs"
_TAG: Final = "Installs"

_HEADER: Final = "# Made by 'python -m tools openapi'; a test compares the two.\n"
_DEFAULT_ORDER: Final = [{"installedAt": "desc"}]
_BASE: Final = (400, 401, 403, 404, 415, 429, 500, 503)
"""Errors of any route, by the function or by the gateway for it."""
_OF_GATEWAY: Final = {415: "invalid_parameter"}
"""Statuses that only the gateway answers with, and its code (template.yaml, GatewayResponses)."""


def text() -> str:
    """The document as YAML."""
    return _HEADER + as_yaml(document())


def as_yaml(value: Json) -> str:
    """A document in YAML, in its own order and without anchors."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def document() -> Json:
    """The document as a value."""
    path = f"{INSTALLS}/{{id}}"
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Integration Installs",
            "version": project_version(),
            "description": words.API,
        },
        "servers": _servers(),
        "security": [{"bearer": []}],
        "tags": [{"name": _TAG, "description": words.INSTALLS}],
        "paths": {
            INSTALLS: {"get": _list()},
            path: {
                "parameters": [_id()],
                "get": _get(),
                "delete": _operation("uninstallInstall", words.UNINSTALL, _done(), (409,)),
            },
            f"{path}/restore": {
                "parameters": [_id()],
                "post": _operation("restoreInstall", words.RESTORE, _row(), (409,)),
            },
            f"{path}/purge": {
                "parameters": [_id()],
                "delete": _operation("purgeInstall", words.PURGE, _done(), (409,)),
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
                **included.schemas(),
                "Problem": _problem(),
                **order_schemas(),
                **filter_schemas(),
            },
        },
    }


def _servers() -> list[Json]:
    """Servers of the API: on this machine ('make run'), or deployed."""
    deployed = {
        "api": {"default": "abcdefghij", "description": "The stack's output ApiId"},
        "region": {"default": "eu-central-1"},
        "stage": {"default": "prod", "enum": ["dev", "staging", "prod"]},
    }
    return [
        {
            "url": "http://127.0.0.1:{port}/_aws/execute-api/installs/dev",
            "description": "The local stack (make run)",
            "variables": {"port": {"default": "8000"}},
        },
        {
            "url": "https://{api}.execute-api.{region}.amazonaws.com/{stage}",
            "description": "A deployed stack (its output ApiUrl)",
            "variables": deployed,
        },
    ]


class _Dumper(yaml.SafeDumper):
    """Writes the same value twice as it stands, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401 - as PyYAML has it
        """Never an alias."""
        return True

    def represent_text(self, text: str) -> yaml.Node:
        """Lines as lines."""
        style = "|" if "\n" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _Dumper.represent_text)


def _row() -> Json:
    return {"schema": ref("Install"), "example": examples.INSTALL}


def _done() -> Json:
    return {"schema": ref("Done"), "example": examples.DONE}


def _id() -> Json:
    return {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "The install's id.",
        "schema": ID,
        "example": examples.INSTALL_ID,
    }


def _list() -> Json:
    page = {"schema": ref("Page"), "example": examples.PAGE}
    operation = _operation("listInstalls", words.LIST, page, (422,))
    return {**operation, "parameters": [_parameter(name) for name in PARAMETERS]}


def _get() -> Json:
    install = {"schema": ref("InstallDetails"), "example": examples.INSTALL}
    operation = _operation("getInstall", words.GET, install, (422,))
    return {**operation, "parameters": [included.of_install()]}


def _parameter(name: str) -> Json:
    if name == INCLUDE:
        return included.of_list()
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
        "description": "A filter, as JSON: 6 KB, 8 deep, 100 nodes, 8 + 3 relations at most.",
        "content": {
            "application/json": {
                "schema": {**ref("InstallFilter"), "default": {}},
                "examples": examples.FILTERS,
            }
        },
    },
    "orderBy": {
        "description": "How to sort, as JSON; the newest first without it.",
        "content": {
            "application/json": {
                "schema": {**ref("InstallOrderBy"), "default": _DEFAULT_ORDER},
                "examples": examples.ORDERS,
            }
        },
    },
    "include_deleted": {
        "description": "Live rows, live and deleted ones, or the trash alone.",
        "schema": {"type": "string", "enum": [str(choice) for choice in Deleted]},
    },
}


def _operation(name: str, about: words.Operation, answer: Json, also: Iterable[int] = ()) -> Json:
    content = {"application/json": answer}
    responses: Json = {"200": {"description": "Done", "content": content}}
    for status in sorted({*_BASE, *also}):
        responses[str(status)] = _refusal(HTTPStatus(status))
    responses["413"] = {"description": "The request is too large, in API Gateway's own words"}
    responses = dict(sorted(responses.items()))
    return {"operationId": name, "tags": [_TAG], **about._asdict(), "responses": responses}


def _refusal(status: HTTPStatus) -> Json:
    headers = {
        HTTPStatus.UNAUTHORIZED: "WWW-Authenticate",
        HTTPStatus.TOO_MANY_REQUESTS: "Retry-After",
        HTTPStatus.SERVICE_UNAVAILABLE: "Retry-After",
    }
    codes = _codes(status)
    media: Json = {"schema": ref("Problem")}
    if status not in _OF_GATEWAY:
        media["examples"] = {code: {"value": examples.PROBLEMS[code]} for code in codes}
    refusal: Json = {
        "description": f"A problem: {', '.join(codes)}",
        "content": {"application/problem+json": media},
    }
    if status in headers:
        # API Gateway renames WWW-Authenticate where the function answers 401, not the authorizer.
        always = status is not HTTPStatus.UNAUTHORIZED
        refusal["headers"] = {headers[status]: {"schema": {"type": "string"}, "required": always}}
    return refusal


def _codes(status: HTTPStatus) -> list[str]:
    """The codes that come with a status."""
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return [errors.InstallsError.code]
    codes = [kind.code for kind, of in STATUS.items() if of is status]
    return codes or [_OF_GATEWAY[status]]


def _answers() -> Json:
    cursor = {"type": ["string", "null"]}
    info = {
        "total": {"type": "integer", "minimum": 0, "description": "Rows on all pages; exact."},
        "hasNextPage": {"type": "boolean", "description": "True if rows follow; exact."},
        "hasPreviousPage": {"type": "boolean", "description": "True if rows precede; exact."},
        "startCursor": {"description": "For before, of the page's first row.", **cursor},
        "endCursor": {"description": "For after, of the page's last row.", **cursor},
    }
    rows = {"type": "array", "maxItems": MAX_LIMIT, "items": ref("Install")}
    install = included.fields(INSTALL)
    return {
        "Install": _all_of(install),
        "InstallDetails": _all_of(install, included=ref("IncludedWithInstall")),
        "PageInfo": _all_of(info),
        "Page": _all_of({"data": rows, "pageInfo": ref("PageInfo")}, included=ref("Included")),
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
            "type": {"type": "string", "description": "Always about:blank: see code."},
            "title": {"type": "string", "description": "The status in words."},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "For a person."},
            "code": {"type": "string", "enum": codes, "description": "For a program; stable."},
            "requestId": {"type": "string", "description": "The request's id, for operators."},
            "errors": {"type": "array", "items": issue},
        }
    )


def _all_of(properties: Json, **optional: Json) -> Json:
    """An object with each of the keys, perhaps the optional ones, and no other."""
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": {**properties, **optional},
    }
