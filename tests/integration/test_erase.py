"""Erasing a tenant or a person: everything of theirs is gone, everything else stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from installs import commands, repair
from installs.access import Principal
from installs.api_keys import digest
from installs.cascade import Work
from installs.clock import timestamp
from installs.principals import PrincipalKind
from installs.store import history, installs, items, keys, pending
from installs.store.table import ConditionFailedError, Table, key_of
from tests import rows
from tests.loading import load_file
from tools.exporter.rows import row_type
from tools.operate.erase import Eraser
from tools.operate.verify import Verifier

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

    from installs.store.expressions import Action
    from installs.store.rows import Stored

YESTERDAY = timestamp(datetime.now(UTC) - timedelta(days=1))
EXPIRED = timestamp(datetime.now(UTC) - timedelta(days=8))
"""A deletion whose retention of seven days has run out; DynamoDB has not swept the row yet."""


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repair, "GRACE_PERIOD", timedelta(seconds=-1))


@pytest.fixture
def table(
    tmp_path: Path, table_name: str, dynamodb: DynamoDBClient, dynamodb_endpoint: str
) -> Table:
    """Two workspaces of the same users; each installs what the other has authored."""
    lines = [
        *rows.base(),
        rows.role("usr_ada", "wsp_other", "viewer"),
        *rows.family("crm"),
        rows.install("ins_trash", deletedAt=YESTERDAY, retentionTier="long"),
        rows.member("mem_trash", "ins_trash", deletedAt=YESTERDAY, retentionTier="long"),
        rows.install("ins_expired", deletedAt=EXPIRED, retentionTier="short"),
        rows.solution("sol_empty"),
        rows.solution_member("som_empty", "sol_empty", "ent_empty"),
        rows.integration("itg_own"),
        rows.integration_version("ver_own", "itg_own"),
        rows.install("ins_own", integrationId="itg_own"),
        rows.install("ins_theirs", workspaceId="wsp_other"),
        rows.member("mem_theirs", "ins_theirs", workspaceId="wsp_other"),
        rows.api_key("key_acme", "sec_acme"),
        rows.api_key("key_other", "sec_other", workspaceId="wsp_other"),
        rows.api_key("key_ada", "tok_ada", kind="tok", workspaceId=None, userId="usr_ada"),
    ]
    load_file(rows.write(tmp_path / "rows.ndjson", lines), table_name, dynamodb_endpoint)
    made = Table(table_name, dynamodb)
    assert repair.finish_overdue(Work(made)).failed == 0
    return made


def found(table: Table) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of the table, by type and id."""
    client: Any = table.client
    pages = client.get_paginator("scan").paginate(TableName=table.name)
    return {
        (kind.__name__, item["id"]["S"]): items.decode(item)
        for page in pages
        for item in page["Items"]
        if (kind := row_type(item)) is not None
    }


def disagreements(table: Table) -> list[str]:
    return [f"{one.about}: {one.faults}" for one in Verifier(table, repair=False).run()]


def test_a_workspace_is_erased_and_nothing_of_another(table: Table) -> None:
    before = found(table)
    eraser = Eraser(table)

    eraser.workspace("wsp_acme")

    left = found(table)
    of_the_other = {
        ("Workspace", "wsp_other"), ("WorkspaceMember", "wsm_usr_sam_wsp_other"),
        ("WorkspaceMember", "wsm_usr_ada_wsp_other"), ("Install", "ins_theirs"),
        ("IntegrationMember", "mem_theirs"), ("ApiKey", "key_other"), ("ApiKey", "key_ada"),
        # Authored by the workspace, and installed by the other:
        ("Integration", "itg_crm"), ("IntegrationVersion", "ver_crm_2"),
    }  # fmt: skip
    users = {name for name in before if name[0] == "User"}
    assert left.keys() == of_the_other | users
    assert {name: left[name] for name in of_the_other} == {
        name: before[name] for name in of_the_other
    }
    assert eraser.kept == ["itg_crm"]
    told = eraser.removed.total() - eraser.removed["history entry"]
    assert told <= len(before) - len(left)
    assert table.get(keys.secret(digest("sec_acme"))) is None
    assert disagreements(table) == []


def test_erasing_twice_removes_nothing_more(table: Table) -> None:
    Eraser(table).workspace("wsp_acme")
    again = Eraser(table)

    again.workspace("wsp_acme")

    assert again.removed.total() == 0


@pytest.mark.parametrize("survived", [0, 1, 4, 9, 17])
def test_what_was_stopped_is_finished_by_another(
    table: Table, monkeypatch: pytest.MonkeyPatch, survived: int
) -> None:
    transact, done = Table.transact, 0

    def stopped(self: Table, actions: Sequence[Action]) -> None:
        nonlocal done
        done += 1
        if done > survived:
            raise KeyboardInterrupt
        transact(self, actions)

    with monkeypatch.context() as patch:
        patch.setattr(Table, "transact", stopped)
        with pytest.raises(KeyboardInterrupt):
            Eraser(table).workspace("wsp_acme")
    Eraser(table).workspace("wsp_acme")

    assert not [row for row in found(table).values() if row.get("workspaceId") == "wsp_acme"
                and "slug" not in row]  # fmt: skip
    assert installs.get(table, "ins_theirs") is not None
    assert repair.finish_overdue(Work(table)).failed == 0
    assert disagreements(table) == []


def test_a_stop_between_the_rows_of_a_solution_leaves_none_behind(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = Eraser._remove

    def stopped(self: Eraser, stored: Stored) -> None:
        remove(self, stored)
        if stored.row.id in ("sol_empty", "som_empty"):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Eraser, "_remove", stopped)
        with pytest.raises(KeyboardInterrupt):
            Eraser(table).workspace("wsp_acme")
    Eraser(table).workspace("wsp_acme")

    assert not {("Solution", "sol_empty"), ("SolutionMember", "som_empty")} & found(table).keys()


def test_a_user_is_erased_with_roles_and_keys(table: Table) -> None:
    before = found(table)
    eraser = Eraser(table)

    eraser.user("usr_ada")

    gone = before.keys() - found(table).keys()
    assert gone == {
        ("User", "usr_ada"), ("WorkspaceMember", "wsm_usr_ada_wsp_acme"),
        ("WorkspaceMember", "wsm_usr_ada_wsp_other"), ("ApiKey", "key_ada"),
    }  # fmt: skip
    assert dict(eraser.removed) == {"user": 1, "workspaceMember": 2, "apiKey": 1}
    client: Any = table.client
    texts = [str(page["Items"]) for page in client.get_paginator("scan").paginate(
        TableName=table.name)]  # fmt: skip
    assert not any("ada@example.com" in text for text in texts)


def test_a_row_that_others_change_is_removed_all_the_same(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact, failures = Table.transact, iter(range(3))

    def changed(self: Table, actions: Sequence[Action]) -> None:
        if next(failures, None) is not None:
            raise ConditionFailedError([0])
        transact(self, actions)

    monkeypatch.setattr(Table, "transact", changed)
    Eraser(table).user("usr_ada")

    assert ("User", "usr_ada") not in found(table)


def histories(table: Table) -> list[dict[str, Any]]:
    """The history rows and the pending work of all installs."""
    client: Any = table.client
    pages = client.get_paginator("scan").paginate(TableName=table.name)
    kinds = {("INSTALL", keys.HISTORY_PREFIX), ("INSTALL", keys.PENDING_SK)}
    return [
        items.decode(item)
        for page in pages
        for item in page["Items"]
        if keys.kind_of(key_of(item)) in kinds
    ]


def test_section_11_the_history_of_a_workspace_goes_with_it(table: Table) -> None:
    eraser = Eraser(table)
    eraser.workspace("wsp_acme")
    assert {row["workspaceId"] for row in histories(table)} == {"wsp_other"}
    assert eraser.removed["history entry"] > 0


def test_section_11_history_forgets_a_person_and_keeps_what_happened(table: Table) -> None:
    # given changes by a user, and by a key that acts as the user
    for principal in (Principal("usr_ada"), Principal("key_ada", PrincipalKind.KEY)):
        commands.uninstall(table, principal, "ins_own", stack_tier="medium")
        repair.finish_overdue(Work(table))
        commands.restore(table, principal, "ins_own")
    before = list(history.read(table, "ins_own"))
    by_ada = {entry.origin.actor_id for entry in before} & {"usr_ada", "key_ada"}
    assert by_ada == {"usr_ada", "key_ada"}
    work = pending.get(table, "ins_own")
    assert work is not None
    assert work.origin.actor_id == "key_ada"
    # when the user is erased
    Eraser(table).user("usr_ada")
    # then neither is named, in pending work neither
    assert not {row.get("actorId") for row in histories(table)} & by_ada
    after = list(history.read(table, "ins_own"))
    assert [entry.kind for entry in after] == [entry.kind for entry in before]
    assert [entry.origin.actor_kind for entry in after] == [
        entry.origin.actor_kind for entry in before
    ]
    # and what is done later names nobody
    assert repair.finish_overdue(Work(table)).failed == 0
    assert list(history.read(table, "ins_own"))[-1].origin.actor_id is None
