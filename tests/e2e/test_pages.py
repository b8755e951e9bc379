"""The pages beside the API are served to this machine alone, with a strict policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import jwt
import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Stack


@pytest.mark.parametrize("path", ["/console/", "/console/main.js", "/reference/", "/stack.json"])
def test_a_page_runs_its_own_scripts_and_speaks_to_the_api_alone(stack: Stack, path: str) -> None:
    answer = httpx.get(stack.running.pages_url + path)

    policy = dict(
        part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
    )
    assert answer.status_code == 200
    assert policy["default-src"] == "'self'"
    assert policy["connect-src"] == f"'self' {stack.running.aws_endpoint}"
    assert policy.keys().isdisjoint({"script-src", "style-src"})
    assert policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in answer.headers


def test_the_docs_have_their_themes_scripts_and_call_no_api(stack: Stack) -> None:
    answer = httpx.get(f"{stack.running.pages_url}/docs/")

    policy = answer.headers["content-security-policy"].split("; ")
    assert answer.status_code == 200
    assert {"connect-src 'self'", "script-src 'self' 'unsafe-inline'"} <= set(policy)
    assert stack.running.aws_endpoint not in answer.headers["content-security-policy"]


def test_another_name_that_leads_here_gets_no_token(stack: Stack) -> None:
    answer = httpx.get(f"{stack.running.pages_url}/stack.json", headers={"Host": "evil.example"})

    assert answer.status_code == 400
    assert "token" not in answer.text


def test_the_pages_are_told_where_the_api_is_and_who_may_be_acted_as(stack: Stack) -> None:
    answer = httpx.get(f"{stack.running.pages_url}/stack.json")

    told = answer.json()
    users = {user["id"]: user for user in told["users"]}
    assert answer.headers["cache-control"] == "no-store"
    assert told["baseUrl"] == stack.running.base_url
    assert users.keys() == stack.running.tokens.keys()
    assert users["usr_vera"]["roles"] == {"wsp_acme": "viewer"}
    assert told["workspaces"]["wsp_harbor"] == "Harbor"
    for user_id, user in users.items():
        claims = jwt.decode(user["token"], options={"verify_signature": False})
        assert claims["sub"] == user_id


def test_the_root_leads_to_the_console_and_no_path_out_of_it(stack: Stack) -> None:
    with httpx.Client(base_url=stack.running.pages_url) as pages:
        assert pages.get("/").headers["location"] == "/console/"
        for path in (
            "/console/../template.yaml",
            "/console/%2e%2e/template.yaml",
            "/template.yaml",
        ):
            assert pages.get(path).status_code == 404
