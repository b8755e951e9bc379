from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import pytest

from installs import repair
from installs.cascade import Work, reconcile
from installs.clock import timestamp
from installs.errors import ConflictError
from installs.ingest.decisions import Options
from installs.ingest.results import Outcome
from installs.lifecycle import purge_time
from installs.store import items, keys
from installs.store.counters import counted, counters_of
from installs.store.table import Table
from tests import rows
from tests.loading import FROM_FILE, missing_workspaces
from tests.rows import WORKSPACE, Row, install, member, solution, solution_member
from tools.demo import demo_lines
from tools.importer.errors import ImportRefusedError, ImportStoppedError
from tools.importer.run import import_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

    from installs.store.expressions import Action
    from installs.store.items import Item
    from installs.store.keys import Key
    from tools.importer.run import ImportReport
    from tools.local.tables import TableDefinition

    Load = Callable[..., ImportReport]
    Scan = Callable[[], dict[Key, Item]]

NOW = datetime.now(UTC)
GONE = timestamp(NOW - timedelta(days=2))
OTHER_DAY = timestamp(NOW - timedelta(days=1))


@pytest.fixture
def load(tmp_path: Path, table_name: str, dynamodb_endpoint: str) -> Load:
    """Import rows into the table."""

    def load(*some: Row, options: Options = FROM_FILE) -> ImportReport:
        lines = [*missing_workspaces(list(some)), *some]
        path = rows.write(tmp_path / "rows.ndjson", lines)
        return import_file(path, table_name, dynamodb_endpoint, lambda *_: None, options=options)

    return load


@pytest.fixture
def scan(table_name: str, dynamodb: DynamoDBClient) -> Scan:
    """Everything in the table, once the cascades that the import began have ended."""
    return lambda: everything(dynamodb, table_name)


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take up pending work at once."""
    monkeypatch.setattr(repair, "GRACE_PERIOD", timedelta(seconds=-1))


def everything(dynamodb: DynamoDBClient, table_name: str) -> dict[Key, Item]:
    assert repair.finish_overdue(Work(Table(table_name, dynamodb))).failed == 0
    pages: Any = dynamodb.get_paginator("scan").paginate(TableName=table_name)
    found: list[Item] = [item for page in pages for item in page["Items"]]
    return {keys.Key(item["pk"]["S"], item["sk"]["S"]): item for item in found}


def api_key(id_: str, secret: str) -> Row:
    return {
        "type": "apiKey",
        "id": id_,
        "kind": "sec",
        "workspaceId": WORKSPACE,
        "role": "editor",
        "secretSha256": sha256(secret.encode()).hexdigest(),
    }


def deleted(tier: str | None = "short", at: str = GONE) -> Row:
    return {"deletedAt": at, "retentionTier": tier}


def demo() -> list[Row]:
    return [json.loads(line) for line in demo_lines(NOW)]


def assert_consistent(table: dict[Key, Item]) -> None:
    """Counters and pointers are exactly what the installs in the table call for."""
    installs = [items.item_to_install(item) for key, item in table.items() if key.sk == "INSTALL"]
    counts: Counter[Key] = Counter()
    pointers = set()
    for state in installs:
        row = state.row
        for key in counters_of(counted(row)):
            counts[key] += state.live
        if row.parent_install_id:
            pointers.add(keys.add_on(row.parent_install_id, row.id))
        if row.solution_id:
            pointers.add(keys.solution_install(row.solution_id, row.id))
    found: Counter[Key] = Counter()
    for key, item in table.items():
        if "live" in item:
            found[_of_any_shard(key)] += int(item["live"]["N"])
    assert +found == +counts
    assert {key for key in table if key.sk.startswith(("ADDON#", "INSTALL#"))} == pointers


def _of_any_shard(key: Key) -> Key:
    """Only the sum of a count's shards means something: all of them as the first."""
    if key.pk.startswith("LIVE#"):
        return keys.platform_live_count(0)
    if key.pk.startswith("INTEGRATION#"):
        return keys.integration_live_count(key.pk.split("#")[1], 0)
    return key


CHANCE: Final = {items.CHANGES, items.REVISION, "installRevision"}
"""Attributes that count changes, or that say when they were."""


def without_chance(table: dict[Key, Item]) -> dict[Key, Item]:
    """The rows: without what counts changes, and the shards of counts, which chance spreads."""
    return {
        key: {name: item[name] for name in item if name not in CHANCE}
        for key, item in table.items()
        if key.sk != "EPOCH"
        and not key.sk.startswith(keys.HISTORY_PREFIX)
        and not ("live" in item and not key.pk.startswith("WORKSPACE#"))
    }


def without_pending(table: dict[Key, Item]) -> dict[Key, Item]:
    return {key: item for key, item in table.items() if key.sk != keys.PENDING_SK}


def marks(table: dict[Key, Item], key: Key) -> Row:
    values = items.decode(table[key])
    return {name: values[name] for name in ("deletionId", "cascaded", "purgeAt", "enabledBefore")
            if name in values}  # fmt: skip


def test_the_demo_is_consistent_and_the_same_twice(load: Load, scan: Scan) -> None:
    first = load(*demo())
    once = scan()
    assert_consistent(once)
    assert first.outcomes == {Outcome.CREATED: len(demo())}
    assert first.rows == len(demo())

    second = load(*demo())
    assert second.outcomes == {Outcome.UNCHANGED: len(demo())}
    assert scan() == once


def test_progress_reaches_the_end(tmp_path: Path, table_name: str, dynamodb_endpoint: str) -> None:
    path = tmp_path / "demo.ndjson"
    path.write_text("\n".join(demo_lines(NOW)), encoding="utf-8")
    told: list[tuple[int, int]] = []
    import_file(
        path, table_name, dynamodb_endpoint, lambda *now: told.append(now), options=FROM_FILE
    )
    total = len(list(demo_lines(NOW)))
    assert told == sorted(told)
    assert told[-1] == (total, total)


def test_a_bad_line_keeps_everything_out(load: Load, scan: Scan) -> None:
    with pytest.raises(ImportRefusedError):
        load(*demo(), install("ins_bad", memberPolicy="?"))
    assert scan() == {}


def test_a_table_that_is_not_there_is_told(tmp_path: Path, dynamodb_endpoint: str) -> None:
    path = rows.write(tmp_path / "rows.ndjson", [install("ins_1")])
    with pytest.raises(ImportStoppedError, match="ResourceNotFound"):
        import_file(path, "no-such-table", dynamodb_endpoint, lambda *_: None)


def test_a_row_has_its_fields_and_no_nulls(load: Load, scan: Scan) -> None:
    load(install("ins_1", variables={"a": [1.5, "ü"]}))
    item = scan()[keys.install("ins_1")]
    row = items.item_to_install(item).row
    assert row.variables == '{"a":[1.5,"ü"]}'
    assert "NULL" not in {tag for value in item.values() for tag in value}
    assert item == items.install_to_item(items.item_to_install(item))


@pytest.mark.parametrize(
    "change",
    [
        {"parentInstallId": "ins_q"},
        {"parentInstallId": None},
        {"solutionId": "sol_2"},
        {"solutionId": None},
        deleted(),
        deleted(None),
        {"variables": {"new": True}},
    ],
)
def test_an_install_that_changes_takes_its_pointers_and_counts_along(
    load: Load, scan: Scan, change: Row
) -> None:
    there = install("ins_1", parentInstallId="ins_p", solutionId="sol_1")
    others = [install("ins_p"), install("ins_q"), install("ins_2")]
    load(*others, there)
    report = load(*others, there | change)
    assert report.outcomes[Outcome.CHANGED] == 1
    assert_consistent(scan())
    load(*others, there)
    assert_consistent(scan())


@pytest.mark.parametrize(
    ("change", "pointer"),
    [({"workspaceId": "wsp_2"}, "/workspaceId"), ({"integrationId": "itg_2"}, "/integrationId")],
)
def test_what_an_install_is_of_never_changes(
    load: Load, scan: Scan, change: Row, pointer: str
) -> None:
    load(install("ins_1"))
    before = scan()
    report = load(install("ins_1") | change)
    assert [line.strip() for line in report.rejected.lines()] == [
        f"line {report.rows}, {pointer}: immutable_field: cannot change: "
        "purge the install and send another"
    ]
    assert scan()[keys.install("ins_1")] == before[keys.install("ins_1")]


def test_a_file_keeps_the_lifecycle_that_the_table_knows(load: Load, scan: Scan) -> None:
    load(install("ins_live"), install("ins_gone", **deleted()))
    before = scan()
    report = load(install("ins_live", **deleted()), install("ins_gone"), options=Options())
    assert report.outcomes[Outcome.LIFECYCLE_KEPT] == 2
    assert scan() == before


def test_lines_may_come_in_any_order(load: Load, scan: Scan) -> None:
    depth = 6
    chain = [
        install(f"ins_{n}", parentInstallId=f"ins_{n - 1}" if n else None) for n in range(depth)
    ]
    members = [member(f"mem_{n}", f"ins_{n}") for n in range(depth)]
    report = load(*reversed(members), *reversed(chain), options=Options())
    assert report.rejected.count == 0
    assert report.outcomes[Outcome.CREATED] == report.rows
    assert_consistent(scan())


def test_an_add_on_whose_parent_nobody_has_is_rejected_or_restored_as_an_orphan(
    load: Load, scan: Scan
) -> None:
    orphan = install("ins_1", parentInstallId="ins_none")
    report = load(orphan, options=Options())
    assert [line.partition(": ")[2] for line in report.rejected.lines()] == [
        "unknown_parent: is not an install"
    ]
    assert keys.install("ins_1") not in scan()

    assert load(orphan).rejected.count == 0
    assert scan()[keys.install("ins_1")]["parentInstallId"] == {"S": "ins_none"}


def test_what_an_uninstall_took_is_known_by_its_deletion(load: Load, scan: Scan) -> None:
    load(
        install("ins_1", solutionId="sol_1", **deleted("medium")),
        install("ins_2", parentInstallId="ins_1", **deleted("medium")),
        install("ins_3", parentInstallId="ins_2", **deleted("medium")),
        install("ins_4", parentInstallId="ins_1", **deleted("long", OTHER_DAY)),
        member("mem_1", "ins_1", **deleted("medium")),
        member("mem_2", "ins_1", **deleted("short", OTHER_DAY)),
        member("mem_3", "ins_3", **deleted("medium")),
        member("mem_4", "ins_1"),
        solution("sol_1", **deleted("medium")),
        solution_member("som_1", "sol_1", "ent_som_1", **deleted("medium")),
        solution_member("som_2", "sol_1", "ent_som_2", **deleted(None, OTHER_DAY)),
    )
    table = scan()
    deletion = marks(table, keys.install("ins_1"))["deletionId"]
    purge_at = purge_time(GONE, "medium")
    assert marks(table, keys.install("ins_1")) == {"deletionId": deletion, "purgeAt": purge_at}
    followed = {"deletionId": deletion, "purgeAt": purge_at, "cascaded": True}
    assert marks(table, keys.install("ins_2")) == followed
    assert marks(table, keys.install("ins_3")) == followed
    alone = marks(table, keys.install("ins_4"))
    assert alone.pop("deletionId") != deletion
    assert alone == {"purgeAt": purge_time(OTHER_DAY, "long")}
    taken = {"deletionId": deletion, "enabledBefore": True}
    assert marks(table, keys.member("ins_1", "mem_1")) == taken
    own = {"purgeAt": purge_time(OTHER_DAY, "short")}
    assert marks(table, keys.member("ins_1", "mem_2")) == own
    assert marks(table, keys.member("ins_3", "mem_3")) == taken
    assert marks(table, keys.member("ins_1", "mem_4")) == taken  # live beside what is deleted
    assert marks(table, keys.solution("sol_1")) == {"deletionId": deletion}
    assert marks(table, keys.solution_member("sol_1", "som_1")) == {"deletionId": deletion}
    assert marks(table, keys.solution_member("sol_1", "som_2")) == {}


def test_what_comes_later_finds_its_install_in_the_table(load: Load, scan: Scan) -> None:
    load(install("ins_1", solutionId="sol_1", **deleted()))
    deletion = marks(scan(), keys.install("ins_1"))["deletionId"]
    load(
        install("ins_2", parentInstallId="ins_1", **deleted()),
        member("mem_1", "ins_1", **deleted()),
        solution("sol_1", **deleted()),
        solution_member("som_1", "sol_1", "ent_som_1", **deleted()),
    )
    found = [
        item
        for key, item in scan().items()
        if items.DELETION_ID in item
        and key.sk != keys.PENDING_SK
        and not key.sk.startswith(keys.HISTORY_PREFIX)
    ]
    assert [item[items.DELETION_ID]["S"] for item in found] == [deletion] * 5


def test_a_deletion_that_the_table_knows_keeps_its_id(
    load: Load, scan: Scan, table_name: str, dynamodb: DynamoDBClient
) -> None:
    load(install("ins_1", **deleted()))
    state = items.item_to_install(scan()[keys.install("ins_1")])
    assert state.deletion is not None
    by_the_api = replace(state, deletion=replace(state.deletion, id="another"))
    item: Any = items.install_to_item(by_the_api)
    dynamodb.put_item(TableName=table_name, Item=item)
    load(install("ins_1", **deleted()), member("mem_1", "ins_1", **deleted()))
    assert scan()[keys.install("ins_1")] == item
    assert marks(scan(), keys.member("ins_1", "mem_1"))["deletionId"] == "another"


def test_of_several_deletions_the_greatest_id_took_the_solution(load: Load, scan: Scan) -> None:
    taken = [install(f"ins_{n}", solutionId="sol_1", **deleted()) for n in (3, 1, 2)]
    load(*taken, solution("sol_1", **deleted()))
    table = scan()
    expected = max(marks(table, keys.install(f"ins_{n}"))["deletionId"] for n in (1, 2, 3))
    assert marks(table, keys.solution("sol_1")) == {"deletionId": expected}


def test_the_cascade_finds_nothing_to_change(
    load: Load, scan: Scan, table_name: str, dynamodb: DynamoDBClient
) -> None:
    load(
        install("ins_1", solutionId="sol_1", **deleted("medium")),
        install("ins_2", parentInstallId="ins_1", solutionId="sol_1", **deleted("medium")),
        install("ins_3", solutionId="sol_1", **deleted("medium")),
        install("ins_4", parentInstallId="ins_1", **deleted("long", OTHER_DAY)),
        member("mem_1", "ins_1", **deleted("medium")),
        member("mem_2", "ins_1", **deleted("short", OTHER_DAY)),
        member("mem_3", "ins_2", **deleted("medium")),
        solution("sol_1", **deleted("medium")),
        solution_member("som_1", "sol_1", "ent_som_1", **deleted("medium")),
        solution_member("som_2", "sol_1", "ent_som_2", **deleted(None, OTHER_DAY)),
        install("ins_5", solutionId="sol_2"),
        member("mem_5", "ins_5"),
        member("mem_6", "ins_5", **deleted("short")),
        solution("sol_2"),
        solution_member("som_5", "sol_2", "ent_mem_5"),
    )
    before = scan()
    for number in range(1, 6):
        seen = items.item_to_install(before[keys.install(f"ins_{number}")])
        reconcile(Work(Table(table_name, dynamodb)), seen.owner_refs)
    assert without_pending(scan()) == without_pending(before)


def test_a_secret_leads_to_its_key_and_an_old_one_nowhere(load: Load, scan: Scan) -> None:
    load(api_key("key_1", "a"), api_key("key_2", "b"))
    load(api_key("key_2", "c"))
    load(api_key("key_1", "b"))
    led = {key: items.decode(item)["keyId"] for key, item in scan().items() if key.sk == "SECRET"}
    assert led == {
        keys.secret(sha256(b"b").hexdigest()): "key_1",
        keys.secret(sha256(b"c").hexdigest()): "key_2",
    }


@pytest.mark.parametrize("survived", [0, 1, 3, 8])
def test_an_import_that_was_killed_is_completed_by_another(
    load: Load,
    scan: Scan,
    table_name: str,
    dynamodb: DynamoDBClient,
    table_definition: TableDefinition,
    monkeypatch: pytest.MonkeyPatch,
    survived: int,
) -> None:
    trash = {"deletedAt": GONE, "retentionTier": "long"}
    lines = [*rows.base(), *rows.family("a"), *rows.family("b")]
    lines += [install(f"ins_{n}", parentInstallId="ins_a", **trash) for n in range(20)]
    transact, done = Table.transact, 0

    def dies(self: Table, actions: Sequence[Action]) -> None:
        nonlocal done
        done += 1
        if done > survived:
            raise KeyboardInterrupt
        transact(self, actions)

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(Table, "transact", dies)
        load(*lines)
    assert done > survived
    assert_consistent(scan())
    load(*lines)
    found = scan()
    assert_consistent(found)
    # and the table is that of an import that nobody killed
    dynamodb.delete_table(TableName=table_name)
    table_definition.create(dynamodb, table_name)
    load(*lines)
    assert without_chance(found) == without_chance(scan())


def test_an_interrupt_ends_an_import_at_once(
    load: Load, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Many batches of one workspace wait for one worker when the signal comes.
    lines = [install(f"ins_{n:04}") for n in range(1_500)]
    transact, written = Table.transact, 0

    def interrupted(self: Table, actions: Sequence[Action]) -> None:
        nonlocal written
        written += 1
        if written == 3:
            raise KeyboardInterrupt
        transact(self, actions)

    with monkeypatch.context() as patch:
        patch.setattr(Table, "transact", interrupted)
        with pytest.raises(KeyboardInterrupt):
            load(*lines)
    assert 0 < sum(key.sk == "INSTALL" for key in scan()) < len(lines)
    assert_consistent(scan())


def test_a_row_that_has_to_wait_stops_the_import_in_the_end(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(self: Table, actions: Sequence[Action]) -> None:
        raise ConflictError("The row kept changing; send it again.")

    monkeypatch.setattr(Table, "transact", busy)
    monkeypatch.setattr("tools.importer.run._PAUSE", 0)
    with pytest.raises(ImportStoppedError, match=r"Line 1 has to wait \(conflict: "):
        load(install("ins_1"))


def test_many_installs_of_one_workspace_fit_into_transactions(load: Load, scan: Scan) -> None:
    tall = [
        install(
            f"ins_{n}",
            parentInstallId=f"ins_{n - 1}" if n % 30 else None,
            solutionId=f"sol_{n}",
            integrationId=f"itg_{n}",
        )
        for n in range(60)
    ]
    big = [install(f"ins_big_{n}", variables={"x": "y" * 380_000}) for n in range(12)]
    load(*tall, *big)
    assert_consistent(scan())
    load(*(row | {"parentInstallId": None} for row in tall), *big)
    assert_consistent(scan())
