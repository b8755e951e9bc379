"""verify on a table whose rows were changed by a hand: each fault is named, and nothing breaks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from installs import commands, repair
from installs.access import Principal
from installs.api_keys import digest
from installs.cascade import Work
from installs.store import items, keys
from installs.store.expressions import Delete, Update
from installs.store.table import Table
from tests import rows
from tests.loading import load_file
from tests.rows_on_table import replace_items
from tools.operate.verify import Verifier

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

    from installs.store.expressions import Action, Value
    from installs.store.keys import Key

SECRET = digest("sec_acme")
MEMBER = keys.member("ins_live", "mem_live_on")
TRASHED = keys.member("ins_trash", "mem_trash_on")


@pytest.fixture
def table(
    tmp_path: Path,
    table_name: str,
    dynamodb: DynamoDBClient,
    dynamodb_endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Table:
    """A live family, one in the trash, and an API key; all is reconciled."""
    lines = [
        *rows.base(), rows.user("usr_root") | {"role": "admin"}, *rows.family("live"),
        *rows.family("trash"), rows.api_key("key_acme", "sec_acme"),
    ]  # fmt: skip
    load_file(rows.write(tmp_path / "r.ndjson", lines), table_name, dynamodb_endpoint)
    made = Table(table_name, dynamodb)
    commands.uninstall(made, Principal("usr_root"), "ins_trash", stack_tier="medium")
    monkeypatch.setattr(repair, "GRACE_PERIOD", timedelta(seconds=-1))
    for _ in range(3):  # an add-on of an add-on
        assert repair.finish_overdue(Work(made)).failed == 0
    monkeypatch.undo()
    return made


def marked(key: Key, **marks: Value) -> Action:
    return Update(key, set=marks)


def without(key: Key, *names: str) -> Action:
    return Update(key, remove=names)


REPAIRED: list[tuple[Action, str]] = [
    (marked(MEMBER, purgeAt=1), "integrationMember mem_live_on"),
    (marked(MEMBER, enabledBefore=True), "integrationMember mem_live_on"),
    (marked(keys.solution("sol_live"), retentionTier="short"), "solution sol_live"),
    (marked(keys.install("ins_live"), purgeAt=1), "install ins_live"),
    (marked(keys.install("ins_live"), retentionTier="short"), "install ins_live"),
    (marked(keys.role("usr_ada", "wsp_acme"), purgeAt=1), "workspaceMember wsm_usr_ada_wsp_acme"),
    (marked(TRASHED, purgeAt=1), "integrationMember mem_trash_on"),
    (marked(TRASHED, retentionTier="long"), "install ins_trash"),
    (marked(TRASHED, deletedAt=rows.CREATED), "install ins_trash"),
    (Delete(keys.secret(SECRET)), "apiKey key_acme"),
    (marked(keys.secret(SECRET), keyId="key_never"), "apiKey key_acme"),
    (marked(keys.secret("0" * 64), keyId="key_never"), f"secret {'0' * 64}"),
    (Delete(keys.api_key("key_acme")), f"secret {SECRET}"),
]
REPORTED: list[tuple[Action, str]] = [
    (marked(MEMBER, integrationInstallId="ins_x"), "integrationMember mem_live_on"),
    (marked(keys.user("usr_ada"), id="usr_x"), "user usr_x"),
    (without(keys.install("ins_trash"), "purgeAt"), "install ins_trash"),
    (without(keys.install("ins_live"), "variables"), "item INSTALL#ins_live INSTALL"),
    (without(keys.install("ins_trash"), "deletionId"), "item INSTALL#ins_trash INSTALL"),
    (without(MEMBER, "enabled"), f"item {MEMBER.pk} {MEMBER.sk}"),
    (
        marked(keys.install("ins_trash"), retentionTier="longer"),
        "item INSTALL#ins_trash INSTALL",
    ),
    (
        without(keys.locator("integrationMember", "mem_live_on"), "at"),
        "item LOCATOR#integrationMember#mem_live_on LOCATOR",
    ),
]


def found(table: Table, *, repaired: bool = False) -> dict[str, bool | None]:
    findings = list(Verifier(table, repaired).run())
    return {finding.about: finding.repaired for finding in reversed(findings)}


def test_what_a_hand_made_of_rows_is_named_and_repaired_where_that_is_safe(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.operate.verify.PAUSE", 0)
    before = _items(table)
    assert found(table) == {}
    for damage, about in REPAIRED:
        table.transact([damage])
        assert about in found(table), damage
        assert found(table, repaired=True)[about] is True, damage
        assert found(table) == {}, damage
        replace_items(table, before)
    for damage, about in REPORTED:
        table.transact([damage])
        assert found(table, repaired=True)[about] is False, damage
        replace_items(table, before)
    assert found(table) == {}


def _items(table: Table) -> list[items.Item]:
    answer = table.client.scan(TableName=table.name)
    assert "LastEvaluatedKey" not in answer
    return answer["Items"]  # type: ignore[return-value]
