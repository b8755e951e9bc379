"""An export can be imported and makes the same table (CONTRACT.md section 10)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import pytest

from installs.store import keys, scans
from installs.store.expressions import Update
from tests import rows
from tests.commands import run
from tests.loading import load_file
from tools.exporter.rows import TableExport
from tools.importer.table import open_table
from tools.operate.verify import Verifier
from tools.outcome import Exit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

    from installs.store.expressions import Value
    from installs.store.table import Table
    from tests.integration.demo_service import DemoService
    from tools.local.tables import TableDefinition

    Import = Callable[[Path], Table]


COUNTS: Final = ("LIVE", "EPOCH", "DUE")
"""Counters and pending work of a table, in random shards."""


@pytest.fixture
def imported(
    dynamodb: DynamoDBClient, dynamodb_endpoint: str, table_definition: TableDefinition
) -> Import:
    """Imports a file into a fresh table."""

    def imported(file: Path) -> Table:
        name = f"export-{uuid4().hex[:12]}"
        table_definition.create(dynamodb, name)
        load_file(file, name, dynamodb_endpoint)
        return open_table(name, dynamodb_endpoint)

    return imported


APART: Final = {
    "changes", "revision", "installRevision",
    "actorId", "actorKind", "cause", "requestId", "traceId",
}  # fmt: skip


def everything(table: Table) -> dict[tuple[str, str], Any]:
    """Every item of a table, but what tells of when it was written, and by whom."""
    pages = table.client.get_paginator("scan").paginate(TableName=table.name)
    found: dict[tuple[str, str], Any] = {}
    for page in pages:
        for item in page["Items"]:
            key = (str(item["pk"]["S"]), str(item["sk"]["S"]))
            if not key[1].startswith(keys.HISTORY_PREFIX):
                found[key] = {name: value for name, value in item.items() if name not in APART}
    return found


def test_a_table_comes_back_as_it_was(demo: DemoService, imported: Import, tmp_path: Path) -> None:
    # given the demo's table, in which an install was uninstalled, with all that hangs from it
    state = demo.state.path
    assert run("uninstall ins_crm", state).code == Exit.DONE
    file = tmp_path / "rows.ndjson"
    before = everything(open_table(demo.running.table_name, demo.running.dynamodb_endpoint))
    # when it is exported and imported into another
    done = run(f"export {file}", state)
    assert (done.code, done.out) == (Exit.DONE, "")
    assert file.stat().st_mode & 0o777 == 0o600
    table = imported(file)
    # then the rows are the same, and the table agrees with itself
    after = everything(table)
    kinds = ("INSTALL#", "SOLUTION#", "INTEGRATION#", "VERSION#", "WORKSPACE#", "USER#", "KEY#")
    there, here = (
        {key for key in found if key[0].startswith(kinds) and not key[1].startswith(COUNTS)}
        for found in (before, after)
    )
    assert there == here
    made = ("deletionId", "enabledBefore")
    for key in there:
        assert _without(after[key], made) == _without(before[key], made), key
    assert list(Verifier(table, False).run()) == []
    # and what the uninstall took, it took there too
    crm = [item for key, item in after.items() if key[0] == "INSTALL#ins_crm"]
    assert len({item["deletionId"]["S"] for item in crm if "deletionId" in item}) == 1
    assert run("restore ins_crm", state).code == Exit.DONE


def _without(item: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in names}


def test_a_json_object_comes_back_to_the_letter(imported: Import, tmp_path: Path) -> None:
    text = '{"a":1.10,"b":[1e2,-0],"ü":"\\u00fc\\n","c":123456789012345678901234567890}'
    line = json.dumps(rows.install("ins_a", variables="HERE")).replace('"HERE"', text)
    file = tmp_path / "rows.ndjson"
    file.write_text(line + "\n")
    first = list(TableExport(imported(file)).lines(lambda _: None))
    file.write_text("\n".join(first))
    second = list(TableExport(imported(file)).lines(lambda _: None))

    assert first == second
    assert (
        '"variables":{"a":1.10,"b":[1e2,-0],"ü":"ü\\n","c":123456789012345678901234567890}'
        in (first[0])
    )


def test_a_disabled_member_is_written_as_it_will_be_restored(
    imported: Import, tmp_path: Path
) -> None:
    file = rows.write(tmp_path / "rows.ndjson", [*rows.base(), *rows.family("a")])
    table = imported(file)
    marks: dict[str, Value] = {
        "deletedAt": rows.CREATED,
        "deletionId": "del_x",
        "enabledBefore": False,
    }
    table.transact([Update(keys.member("ins_a", "mem_a_off"), set=marks)])
    work = TableExport(table)
    numbers: list[int] = []

    lines = list(work.lines(numbers.append))
    assert len(lines) == work.rows == len(file.read_text().splitlines())
    written = {row["id"]: row for row in map(json.loads, lines)}
    assert written["mem_a_on"]["enabled"]
    assert not written["mem_a_off"]["enabled"]
    assert numbers[-1] == sum(map(len, scans.pages(table)))


def test_the_installs_that_the_api_shows_come_back(
    demo: DemoService, imported: Import, tmp_path: Path
) -> None:
    file = tmp_path / "installs.ndjson"
    done = run(f"export-installs {file} --workspace-id wsp_acme", demo.state.path)
    shown = run("list --workspace-id wsp_acme --include-deleted true --all --json", demo.state.path)

    assert done.code == Exit.DONE
    exported = [json.loads(line) for line in file.read_text().splitlines()]
    assert exported == [{"type": "install"} | json.loads(line) for line in shown.out.splitlines()]
    again = map(json.loads, TableExport(imported(file)).lines(lambda _: None))
    installs = [row for row in again if row["type"] == "install"]
    assert sorted(installs, key=_id) == sorted(exported, key=_id)


def _id(row: dict[str, str]) -> str:
    return row["id"]


def test_a_file_is_not_written_over_by_mistake_nor_left_half_done(
    demo: DemoService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "rows.ndjson"
    file.write_text("mine")
    refused = run(f"export {file}", demo.state.path)
    assert (refused.code, file.read_text()) == (Exit.USAGE, "mine")
    assert run(f"export {tmp_path}/no/where", demo.state.path).code == Exit.USAGE

    def broken(_: object, __: object) -> object:
        yield "{}"
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(TableExport, "lines", broken)
        assert run(f"export --force {file}", demo.state.path).code == 130
    assert (file.read_text(), list(tmp_path.iterdir())) == ("mine", [file])

    assert run(f"export --force {file}", demo.state.path).code == Exit.DONE
    assert file.read_text().startswith('{"type":')
    piped = run("export", demo.state.path)
    assert sorted(piped.out.splitlines()) == sorted(file.read_text().splitlines())


def test_an_import_says_what_is_wrong(demo: DemoService, tmp_path: Path) -> None:
    file = tmp_path / "rows.ndjson"
    file.write_text('{"type":"user"}\n')
    done = run(f"import {file}", demo.state.path)

    assert (done.code, done.out) == (Exit.REFUSED, "")
    assert "nothing was written" in done.err
    assert "line 1, /id: is missing" in done.err
    assert run(f"import {file} --table t --profile none", demo.state.path).code == Exit.UNREACHABLE
