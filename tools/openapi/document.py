"""The document: paths, parameters and answers, from the models that the service runs on."""

from __future__ import annotations

import json
from typing import Any, Final

import yaml

from installs.query.language.cursor import MAX_LENGTH
from installs.query.language.include import INCLUDE
from installs.query.language.length import MAX_FILTER_BYTES
from installs.query.language.parameters import (
    INCLUDE_DELETED,
    MAX_IDS,
    MAX_LIMIT,
    PARAMETERS,
    SHORTHANDS,
    Deleted,
)
from installs.query.language.schema import INSTALL
from tools.openapi import examples, fields, included, words
from tools.openapi.filters import ID, enum_schemas, filter_schemas, order_schemas, ref, value
from tools.openapi.responses import problem_codes, response_components, responses_of
from tools.openapi.rows import answer, row_fields
from tools.version import project_version

Json = dict[str, Any]

INSTALLS: Final = "/api/integration-installs"
INCLUDED: Final = "included"
_TAG: Final = "Installs"

_HEADER: Final = "# Made by 'python -m tools openapi'; a test compares the two.\n"


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
            "summary": "Installs of integrations in workspaces, their trash and their end.",
            "description": words.API,
            "contact": {"name": "The operators of this stack of Integration Installs"},
        },
        "servers": _servers(),
        "security": [{"bearer": []}],
        "tags": [{"name": _TAG, "description": words.INSTALLS}],
        "paths": {
            INSTALLS: {"get": _list()},
            path: {
                "parameters": [_id()],
                "get": _get(),
                "delete": _operation("uninstallInstall", words.UNINSTALL, _done()),
            },
            f"{path}/restore": {
                "parameters": [_id()],
                "post": _operation("restoreInstall", words.RESTORE, _row()),
            },
            f"{path}/purge": {
                "parameters": [_id()],
                "delete": _operation("purgeInstall", words.PURGE, _done()),
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
            **response_components(),
            "schemas": {
                **_answers(),
                **included.schemas(),
                **_problems(),
                **enum_schemas(),
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
        "description": words.ID,
        "schema": ID,
        "example": examples.INSTALL_ID,
    }


def _list() -> Json:
    page = {"schema": ref("Page"), "examples": examples.PAGES}
    operation = _operation("listInstalls", words.LIST, page)
    return {**operation, "parameters": [_parameter(name) for name in PARAMETERS]}


def _get() -> Json:
    install = {"schema": ref("InstallDetails"), "examples": examples.DETAILS}
    return {
        **_operation("getInstall", words.GET, install),
        "parameters": [included.of_install(), _include_deleted(words.INCLUDE_DELETED_ROWS)],
    }


def _parameter(name: str) -> Json:
    if name == INCLUDE:
        return included.of_list()
    if name == INCLUDE_DELETED:
        return _include_deleted(words.INCLUDE_DELETED)
    if name in SHORTHANDS:
        field = INSTALL.fields[SHORTHANDS[name]]
        about = words.SHORTHAND.format(field=field.name, about=fields.FIELDS["Install"][field.name])
        return {"name": name, "in": "query", "description": about, "schema": value(field)}
    return {"name": name, "in": "query", **_LIST_PARAMETERS[name]}


def _json_text(schema: str, **rules: int) -> Json:
    """The schema of a parameter that is JSON as text (OpenAPI 3.1.1, section 4.8.12.3)."""
    return {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": ref(schema),
        **rules,
    }


def _json_examples(values: dict[str, Json]) -> Json:
    return {
        name: {**example, "value": json.dumps(example["value"], separators=(",", ":"))}
        for name, example in values.items()
    }


def _include_deleted(about: str) -> Json:
    schema = {"type": "string", "enum": [str(choice) for choice in Deleted]}
    return {"name": INCLUDE_DELETED, "in": "query", "description": about, "schema": schema}


_CURSOR: Final[Json] = {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH}
_AN_ID: Final = "[A-Za-z0-9_-]{1,128}"
_LIST_PARAMETERS: Final[dict[str, Json]] = {
    "limit": {
        "description": words.LIMIT,
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": MAX_LIMIT},
    },
    "after": {"description": words.AFTER, "schema": _CURSOR},
    "before": {"description": words.BEFORE, "schema": _CURSOR},
    "ids": {
        "description": words.IDS,
        "schema": {"type": "string", "pattern": f"^{_AN_ID}(,{_AN_ID}){{0,{MAX_IDS - 1}}}$"},
        "example": "ins_crm,ins_crm_mail",
    },
    "filter": {
        "description": words.FILTER_PARAMETER,
        "schema": _json_text("InstallFilter", minLength=1, maxLength=MAX_FILTER_BYTES),
        "examples": _json_examples(examples.FILTERS),
    },
    "orderBy": {
        "description": words.ORDER_PARAMETER,
        "schema": _json_text("InstallOrderBy", minLength=1),
        "examples": _json_examples(examples.ORDERS),
    },
}


def _operation(name: str, about: words.Operation, answer: Json) -> Json:
    responses = responses_of(name, answer)
    return {"operationId": name, "tags": [_TAG], **about._asdict(), "responses": responses}


def _answers() -> Json:
    def beside(schema: str) -> Json:
        return {"description": words.INCLUDED, **ref(schema)}

    cursor = {"type": ["string", "null"]}
    info = {
        "total": {"type": "integer", "minimum": 0, "description": "Rows on all pages; exact."},
        "hasNextPage": {"type": "boolean", "description": "True if rows follow; exact."},
        "hasPreviousPage": {"type": "boolean", "description": "True if rows precede; exact."},
        "startCursor": {"description": "For before, of the page's first row.", **cursor},
        "endCursor": {"description": "For after, of the page's last row.", **cursor},
    }
    rows = {
        "type": "array",
        "description": "The rows of the page.",
        "maxItems": MAX_LIMIT,
        "items": ref("Install"),
    }
    place = {"description": words.PAGE_INFO, **ref("PageInfo")}
    install = row_fields(INSTALL)
    success = {"type": "boolean", "description": words.SUCCESS}
    return {
        "Install": answer(words.INSTALL, install),
        "InstallDetails": answer(
            words.INSTALL_DETAILS,
            {**install, INCLUDED: beside("IncludedWithInstall")},
            optional=[INCLUDED],
        ),
        "PageInfo": answer(words.PAGE_INFO, info),
        "Page": answer(
            words.PAGE,
            {"data": rows, "pageInfo": place, INCLUDED: beside("Included")},
            optional=[INCLUDED],
        ),
        "Done": answer(words.DONE, {"success": success}),
    }


def _problems() -> Json:
    """Problem details (RFC 9457) with the contract's members."""
    issue = {
        "type": "object",
        "description": words.ISSUE,
        "required": ["code", "detail"],
        "properties": {
            "parameter": {"type": "string", "description": "The parameter."},
            "pointer": {"type": "string", "description": "RFC 6901, into the parameter's JSON."},
            "code": {"type": "string", "description": "For a program; stable."},
            "detail": {"type": "string", "description": "For a person."},
        },
    }
    code = {
        "description": "For a program; stable.",
        "anyOf": [ref("ErrorCode"), {"type": "string"}],
    }
    problem = answer(
        words.PROBLEM,
        {
            "type": {"type": "string", "description": "Always about:blank: see code."},
            "title": {"type": "string", "description": "The status in words."},
            "status": {"type": "integer", "description": "The HTTP status."},
            "detail": {"type": "string", "description": "For a person."},
            "code": code,
            "requestId": {"type": "string", "description": "The request's id, for operators."},
            "errors": {
                "type": "array",
                "description": "Each place of the request that is wrong.",
                "items": ref("Issue"),
            },
        },
    )
    codes = {"type": "string", "description": words.ERROR_CODE, "enum": problem_codes()}
    return {"Problem": problem, "Issue": issue, "ErrorCode": codes}
