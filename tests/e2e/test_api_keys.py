"""API keys over HTTP, from their making to their revocation (CONTRACT.md section 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from installs.ingest.apply import apply_values
from installs.principals import KeyKind, WorkspaceRole
from tests import rows
from tools.api_keys.keys import create, revoke
from tools.importer.table import open_table

if TYPE_CHECKING:
    from installs.store.table import Table
    from tests.e2e.conftest import Stack

INSTALLS = "/integration-installs"
ONE = f"{INSTALLS}/ins_roles"


@pytest.fixture
def table(stack: Stack) -> Table:
    return open_table(stack.running.table_name, stack.running.dynamodb_endpoint)


def statuses(stack: Stack, secret: str) -> list[int]:
    """Return the statuses that a key gets: list, get, and uninstall of an absent one."""
    with stack.client({"Authorization": f"Bearer {secret}"}) as caller:
        answers = [caller.get(INSTALLS), caller.get(ONE), caller.delete(f"{ONE}/purge")]
    stack.secrets.append(secret)
    return [answer.status_code for answer in answers]


def test_each_kind_of_key_does_what_it_may(stack: Stack, table: Table) -> None:
    secret = create(table, KeyKind.SECRET, rows.WORKSPACE).secret
    editor = create(table, KeyKind.SECRET, rows.WORKSPACE, role=WorkspaceRole.EDITOR).secret
    public = create(table, KeyKind.PUBLIC, rows.WORKSPACE).secret
    token = create(table, KeyKind.TOKEN, "usr_ada").secret
    elsewhere = create(table, KeyKind.SECRET, "wsp_other").secret

    assert statuses(stack, secret) == [200, 200, 409]
    assert statuses(stack, editor) == [200, 200, 403]
    assert statuses(stack, public) == [200, 200, 403]
    assert statuses(stack, token) == [200, 200, 409]
    assert statuses(stack, elsewhere) == [200, 404, 404]


def test_a_key_that_nobody_made_or_that_was_revoked_is_a_401(stack: Stack, table: Table) -> None:
    made = create(table, KeyKind.SECRET, rows.WORKSPACE)
    revoke(table, made.key.id)

    assert statuses(stack, made.secret) == [401, 401, 401]
    assert statuses(stack, "sec_" + "A" * 43) == [401, 401, 401]


def test_a_key_of_a_closed_workspace_is_denied(stack: Stack, table: Table) -> None:
    apply_values(table, [rows.workspace("wsp_closed", "closed", deletedAt=rows.CREATED)])
    secret = create(table, KeyKind.SECRET, "wsp_closed").secret

    with stack.client({"Authorization": f"Bearer {secret}"}) as caller:
        answer = caller.get(INSTALLS)
    stack.secrets.append(secret)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "forbidden"
