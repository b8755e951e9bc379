"""The examples of openapi.yaml: each request is sent, each problem is had, each answer is right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.docs.blocks import blocks
from tools.local.paths import OPENAPI, ROOT
from tools.openapi import examples
from tools.openapi.document import INSTALLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Stack

DOCUMENT: Final[dict[str, Any]] = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))

CLIENTS: Final = ROOT / "docs" / "clients.md"
CAUSES: Final = {
    "invalid_parameter": ("usr_ada", "GET", "", {"limit": "0"}),
    "query_too_long": ("usr_ada", "GET", "", {"filter": "a" * 6_145}),
    "invalid_filter": ("usr_ada", "GET", "", {"filter": '{"memberPolicy":{"eqq":"manual"}}'}),
    "invalid_order_by": ("usr_ada", "GET", "", {"orderBy": '[{"installedAt":"up"}]'}),
    "invalid_cursor": ("usr_ada", "GET", "", {"after": "x"}),
    "unauthorized": (None, "GET", "", {}),
    "forbidden": ("usr_vera", "DELETE", "/ins_roles", {}),
    "not_found": ("usr_ada", "GET", "/ins_nobody", {}),
    "install_not_deleted": ("usr_ada", "DELETE", "/ins_roles/purge", {}),
}
"""Requests that cause a problem; others need load, a table that fails, or many megabytes."""


def media(part: object) -> Iterator[tuple[dict[str, Any], object]]:
    """Each schema of the document beside which an example stands, and the example."""
    if isinstance(part, dict):
        if "schema" in part:
            if "example" in part:
                yield part["schema"], part["example"]
            for one in part.get("examples", {}).values():
                yield part["schema"], one["value"]
        for inner in part.values():
            yield from media(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from media(inner)


def check(schema: dict[str, Any], value: object) -> None:
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(value)
    if inner := schema.get("contentSchema"):
        assert isinstance(value, str)
        check(inner, json.loads(value))


def test_the_document_is_openapi() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_every_example_is_as_its_schema_says() -> None:
    found = list(media(DOCUMENT))
    for schema, value in found:
        check(schema, value)

    assert len(found) > 40


def test_every_answer_has_an_example() -> None:
    answers = [
        *DOCUMENT["components"]["responses"].values(),
        *(
            operations[name]["responses"]["200"]
            for operations in DOCUMENT["paths"].values()
            for name in operations.keys() - {"parameters"}
        ),
    ]
    for answer in answers:
        (content,) = answer["content"].values()
        assert content.keys() & {"example", "examples"}, answer


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        *(("filter", one["value"]) for one in examples.FILTERS.values()),
        *(("orderBy", one["value"]) for one in examples.ORDERS.values()),
    ],
)
def test_a_request_of_the_document_is_answered(stack: Stack, parameter: str, value: object) -> None:
    with stack.as_user("usr_vera") as viewer:
        answer = viewer.get("/integration-installs", params={parameter: json.dumps(value)})

    assert answer.status_code == 200, answer.text
    check({"$ref": "#/components/schemas/Page"}, answer.json())


@pytest.mark.parametrize("code", CAUSES)
def test_a_problem_of_the_document_is_the_services_own(stack: Stack, code: str) -> None:
    user, method, path, query = CAUSES[code]
    with stack.as_user(user) if user else stack.client() as caller:
        answer = caller.request(method, f"/integration-installs{path}", params=query)

    told, documented = answer.json(), examples.PROBLEMS[code]
    assert told["requestId"] != documented["requestId"]
    assert told | {"requestId": examples.REQUEST_ID} == documented


def test_the_page_of_generators_shows_an_error_as_it_is() -> None:
    (shown,) = [one.text for one in blocks(CLIENTS) if one.language == "json"]

    assert json.loads(shown) in examples.PROBLEMS["invalid_filter"]["errors"]


def test_the_document_is_served_beside_the_api(stack: Stack) -> None:
    answer = httpx.get(f"{stack.running.pages_url}/openapi.yaml")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/yaml")
    assert answer.content == OPENAPI.read_bytes()
    assert INSTALLS in yaml.safe_load(answer.text)["paths"]
