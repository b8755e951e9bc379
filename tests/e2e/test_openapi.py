"""Requests of every form that openapi.yaml allows, and of forms that it does not, over HTTP.

Whatever comes: never a 5xx, a status that the document knows, and a body and headers as described
(CONTRACT.md section 9). schemathesis makes the requests, from the document without what is
recursive in it, which it would unroll for minutes; deep filters come from the properties' own.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.property.query.filters import filters, orders
from tests.property.query.malformed import JSON
from tools.openapi.document import INSTALLS, document

if TYPE_CHECKING:
    from tests.e2e.conftest import Stack

CASES: Final = int(os.environ.get("CASES", "20"))
LONGEST_URL: Final = 7_500
"""The longest request that every gateway takes; the emulator answers 431 beyond it."""

some: Final = settings(
    max_examples=CASES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def flat() -> dict[str, Any]:
    """The document with filters of a few fields, that hold neither filters nor relations.

    Answers are closed in it, so that a member which no schema names is seen. A filter is described
    by ``content``: of the two ways it is the one that schemathesis makes values from.
    """
    made = document()
    schemas = made["components"]["schemas"]
    fields = ("id", "solutionId", "memberPolicy", "retentionTier", "installedAt")
    wanted = schemas["InstallFilter"]["properties"]
    schemas["InstallFilter"]["properties"] = {name: wanted[name] for name in fields}
    for name in list(schemas):
        if name.endswith("Operators"):
            schemas[name]["properties"].pop("not", None)
        elif name.endswith("Filter") and name != "InstallFilter":
            del schemas[name]
    for name in ("Install", "InstallDetails", "PageInfo", "Page", "Done", "Problem", "Issue"):
        schemas[name]["additionalProperties"] = False
    for parameter in made["paths"][INSTALLS]["get"]["parameters"]:
        if inner := parameter["schema"].get("contentSchema"):
            del parameter["schema"], parameter["examples"]
            parameter["content"] = {"application/json": {"schema": inner}}
    return made


schema = schemathesis.openapi.from_dict(flat())


@schema.parametrize()
@some
def test_every_answer_is_as_documented(case: schemathesis.Case[Any], stack: Stack) -> None:
    token = stack.running.tokens["usr_vera"]
    answer = case.call(
        base_url=stack.running.base_url, headers={"Authorization": f"Bearer {token}"}
    )
    if len(str(answer.request.url)) > LONGEST_URL:
        assert answer.status_code < 500
        return
    case.validate_response(
        answer,
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_headers_conformance,
            response_schema_conformance,
        ],
    )


@pytest.fixture
def viewer(stack: Stack) -> httpx.Client:
    return stack.as_user("usr_vera")


def refused_or_answered(viewer: httpx.Client, query: str) -> int:
    answer = viewer.get(f"/integration-installs?{query}")
    assert answer.status_code in (200, 400, 422), answer.text
    kind = "json" if answer.status_code == 200 else "problem+json"
    assert answer.headers["content-type"] == f"application/{kind}"
    assert "data" in answer.json() or answer.json()["status"] == answer.status_code
    return answer.status_code


def test_filters_and_orders_of_every_form(viewer: httpx.Client) -> None:
    @some
    @given(wanted=filters, order=orders)
    def ask(wanted: object, order: object) -> None:
        query = httpx.QueryParams({"filter": json.dumps(wanted), "orderBy": json.dumps(order)})
        if len(str(query)) < LONGEST_URL:
            assert refused_or_answered(viewer, str(query)) in (200, 422)

    with viewer:
        ask()


def test_any_json_in_any_parameter(viewer: httpx.Client) -> None:
    @some
    @given(
        wanted=JSON,
        name=st.sampled_from(["filter", "orderBy", "include", "after", "limit", "ids", "x"]),
    )
    def ask(wanted: object, name: str) -> None:
        refused_or_answered(viewer, str(httpx.QueryParams({name: json.dumps(wanted)})))

    with viewer:
        ask()


@pytest.mark.parametrize(
    "query",
    [
        "limit=1&limit=2", "limit", "limit=", "=1", "&&", "limit=%00", "limit=%ff", "limit=%C3%28",
        "workspace_id=%ED%A0%80", "ids=%F0%9F%98%80", "limit=%D9%A1", "limit=1e1", "limit=+5",
        "filter=%7B%7D&filter=%7B%7D", "filter=%22%00%22", "filter=" + "%5B" * 2000,
        "filter=%7B%22id%22%3A" + "9" * 4000 + "%7D", "filter=%7B%22id%22%3A1e999%7D",
        "filter=%7B%22id%22%3A%22%5Cud800%22%7D", "filter=%EF%BB%BF%7B%7D", "orderBy=null",
        "after=" + "A" * 4000, "before=%2e%2e%2f", "__proto__=1",
        "&".join(f"p{n}=1" for n in range(200)), "ids=" + ",".join(["a" * 60] * 101),
    ],
)  # fmt: skip
def test_odd_encodings_and_repetitions(viewer: httpx.Client, query: str) -> None:
    with viewer:
        refused_or_answered(viewer, query)


@pytest.mark.parametrize(
    "path",
    ["%00", "..%2f..", "%ff", "a" * 129, "a%20b", "%F0%9F%98%80", "a#b", "%ED%A0%80", "a%2fb"],
)
def test_a_path_that_is_no_id_is_not_found(viewer: httpx.Client, path: str) -> None:
    with viewer:
        assert viewer.get(f"/integration-installs/{path}").status_code == 404


@pytest.mark.parametrize(
    "header",
    ["Bearer " + "x" * 4000, "Bearer a.b.c" + "d" * 4000, "Bearer sec_" + "x" * 2000,
     "Bearer \xe9", "bearer\ta.b.c", "Bearer a.b.c, Bearer a.b.c", "Bearer null"],
)  # fmt: skip
def test_an_odd_token_is_refused(stack: Stack, header: str) -> None:
    with stack.client({"Authorization": header.encode("latin-1")}) as nobody:  # type: ignore[dict-item]
        answer = nobody.get(INSTALLS.removeprefix("/api"))
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthorized"
