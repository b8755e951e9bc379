"""Rows that come in, on a real engine: what it accepts, and what is there then (section 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from installs import cascade, commands
from installs.access import Principal
from installs.cascade import Work
from installs.ingest.apply import apply_values
from installs.ingest.decisions import Options
from installs.lifecycle import OwnerRefs
from installs.store import installs, keys
from installs.store.table import Table
from tests import rows
from tests.ingesting import Service

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Principal("usr_root")
KEY: rows.Row = {
    "type": "apiKey", "id": "key_1", "kind": "sec", "workspaceId": rows.WORKSPACE, "role": "editor",
    "secretSha256": "0" * 64,
}  # fmt: skip
EVERY = [*rows.base(), rows.user("usr_root") | {"role": "admin"}, *rows.family("x"), KEY]


@pytest.fixture
def table(table_name: str, dynamodb: DynamoDBClient) -> Table:
    return Table(table_name, dynamodb)


def told(table: Table, *lines: object, options: Options | None = None) -> list[str]:
    return [one.code or one.outcome.value for one in apply_values(table, lines, options)]


def settle(table: Table, *install_ids: str) -> None:
    for install_id in install_ids:
        cascade.reconcile(Work(table), OwnerRefs(install_id, None, None))


def test_every_type_comes_in_changes_moves_and_goes(table: Table) -> None:
    assert told(table, *EVERY) == ["created"] * len(EVERY)
    assert told(table, *EVERY) == ["unchanged"] * len(EVERY)
    cascade.reconcile_pending_solution(Work(table), "sol_x")
    # when everything changes
    times = {"asOf": "2026-05-02T00:00:00Z"}
    changed = [line | times | {"createdAt": "2026-02-02T00:00:00Z"} for line in EVERY
               if line["type"] in ("workspace", "user", "workspaceMember")]  # fmt: skip
    moved: list[object] = [
        rows.install("ins_x_addon", parentInstallId=None, solutionId="sol_x"),
        rows.member("mem_x_on", "ins_x_addon"),
        rows.solution_member("som_x", "sol_y", "ent_mem_x_on"),
        KEY | {"secretSha256": "1" * 64},
        {"type": "install", "id": "ins_x", "merge": True, "variables": {"region": None}},
    ]
    assert set(told(table, *changed, *moved)) == {"changed"}
    assert table.get(keys.add_on("ins_x", "ins_x_addon")) is None
    assert table.get(keys.member("ins_x", "mem_x_on")) is None
    assert table.get(keys.member("ins_x_addon", "mem_x_on")) is not None
    assert table.get(keys.secret("0" * 64)) is None
    # and everything but installs can be removed
    gone = [
        {"type": line["type"], "id": line["id"], "delete": True, "asOf": "2026-06-01T00:00:00Z"}
        for line in EVERY
        if line["type"] not in ("install", "workspace")
    ]
    assert set(told(table, *gone)) == {"changed"}
    assert set(told(table, *changed)) <= {"unchanged", "stale"}


def test_a_life_of_an_install_beside_its_rows(table: Table) -> None:
    told(table, *EVERY)
    commands.uninstall(table, ROOT, "ins_x", stack_tier="short")
    late = [rows.member("mem_late", "ins_x"), rows.install("ins_late", parentInstallId="ins_x")]
    assert told(table, *late) == ["created", "created"]
    state = installs.get(table, "ins_late")
    assert state is not None
    assert state.cascaded
    settle(table, "ins_x", "ins_x_addon", "ins_x_addon_addon", "ins_late")
    commands.purge(table, ROOT, "ins_x")
    assert told(table, rows.install("ins_x")) == ["install_purged"]
    settle(table, "ins_x", "ins_x_addon", "ins_x_addon_addon", "ins_late")
    assert installs.get(table, "ins_late") is None
    again = Options(recreate_purged=True)
    assert told(table, rows.install("ins_x"), *late, options=again) == ["created"] * 3


def test_five_hundred_rows_at_once_leave_what_one_by_one_leaves(table: Table) -> None:
    lines = [*rows.base(), rows.solution("sol")]
    for n in range(60):
        lines.append(rows.install(f"ins_{n}", solutionId="sol" if n % 3 else None))
        lines += [rows.member(f"mem_{n}_{m}", f"ins_{n}") for m in range(6)]
    assert len(lines) < 500
    assert set(told(table, *lines)) == {"created"}
    plain = Service()
    for line in lines:
        plain.told(line)
    count = table.get(keys.live_count(rows.WORKSPACE))
    assert count is not None
    assert int(count["live"]["N"]) == plain.count() == 60
    for line in lines:
        if line["type"] == "integrationMember":
            key = keys.member(line["integrationInstallId"], line["id"])
            assert table.get(key) == plain.memory.look(key)
