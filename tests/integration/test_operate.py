"""verify, redrive and the scheduled repair on a real engine (CONTRACT.md section 7)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from installs import cascade, clock, commands, model, repair
from installs.access import Principal
from installs.cascade import Tally, Work
from installs.deadline import OutOfTimeError
from installs.ingest.apply import apply_values
from installs.store import counters, installs, items, keys, pending
from installs.store import rows as rows_store
from installs.store.expressions import Delete, Update
from installs.store.table import Table
from tests import records, rows
from tests.loading import load_file
from tools.operate.verify import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient


ROOT = Principal("usr_root")


@pytest.fixture
def table(
    tmp_path: Path, table_name: str, dynamodb: DynamoDBClient, dynamodb_endpoint: str
) -> Table:
    """A workspace with an install, its members, add-ons and solution."""
    root = rows.user("usr_root") | {"role": "admin"}
    lines = [*rows.base(), root, *rows.family("crm"), *rows.family("erp")]
    load_file(rows.write(tmp_path / "r.ndjson", lines), table_name, dynamodb_endpoint)
    return Table(table_name, dynamodb)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Moves the service's clock."""
    now = clock.now

    def move(by: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: now() + by)

    return move


def found(table: Table, *, repair: bool = False) -> dict[str, bool | None]:
    return {one.about: one.repaired for one in Verifier(table, repair).run()}


def damage_marks(table: Table) -> None:
    marks = {"deletedAt": rows.CREATED, "deletionId": "del_x"}
    disabled = {"enabled": False, "enabledBefore": True}
    table.transact([Update(keys.member("ins_crm", "mem_crm_on"), set={**marks, **disabled})])


def damage_parent_pointer(table: Table) -> None:
    table.transact([Delete(keys.add_on("ins_crm", "ins_crm_addon"))])


def damage_solution_pointer(table: Table) -> None:
    table.transact([Delete(keys.solution_install("sol_crm", "ins_crm"))])


def damage_index_keys(table: Table) -> None:
    table.transact([Update(keys.install("ins_crm"), set={"shardKey": "nowhere"})])


def damage_solution(table: Table) -> None:
    marks = {"deletedAt": rows.CREATED, "deletionId": "del_x"}
    table.transact([Update(keys.solution("sol_crm"), set=marks)])


def damage_astray(table: Table) -> None:
    table.transact([Update(keys.add_on("ins_crm", "ins_never"), set={"x": "y"})])


def damage_orphan(table: Table) -> None:
    key = keys.member("ins_never", "mem_x")
    values = items.decode(items.row_to_item(key, records.member("mem_x", "ins_never")))
    del values[keys.PK], values[keys.SK]
    table.transact([Update(key, set=values)])


@pytest.mark.parametrize(
    ("damage", "about"),
    [
        (damage_marks, "install ins_crm"),
        (damage_parent_pointer, "install ins_crm_addon"),
        (damage_solution_pointer, "install ins_crm"),
        (damage_index_keys, "install ins_crm"),
        (damage_solution, "solution sol_crm"),
        (damage_astray, "install ins_crm"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_verify_finds_and_mends(table: Table, damage: Callable[[Table], None], about: str) -> None:
    # given a table that agrees
    assert found(table) == {}
    # when something is not as it should be, it is told, and nothing is touched
    damage(table)
    assert found(table) == {about: None}
    assert found(table) == {about: None}
    # and mended, for good
    assert found(table, repair=True) == {about: True}
    assert found(table) == {}


def test_verify_tells_of_what_nobody_owns_and_never_deletes_it(table: Table) -> None:
    damage_orphan(table)

    assert found(table) == {"install ins_never": None, "locators": None}
    assert found(table, repair=True) == {"install ins_never": False, "locators": True}
    assert found(table) == {"install ins_never": None}
    assert table.get(keys.member("ins_never", "mem_x")) is not None


def test_a_solution_in_the_trash_that_no_install_is_in_comes_back(table: Table) -> None:
    # given a solution that lost its pointers, as the install in it was moved by hand
    damage_solution(table)
    table.transact(
        [
            Delete(keys.solution_install("sol_crm", "ins_crm")),
            Update(keys.install("ins_crm"), remove=["solutionId", "solutionKey"]),
        ]
    )
    # then nothing would ever bring it back or purge it: that is told, and repaired
    assert found(table) == {"solution sol_crm": None}
    assert found(table, repair=True) == {"solution sol_crm": True}
    assert found(table) == {}
    assert "deletedAt" not in (table.get(keys.solution("sol_crm")) or {"deletedAt": {}})


def test_a_pointer_of_a_solution_to_nothing_is_dropped(table: Table) -> None:
    table.transact([Update(keys.solution_install("sol_crm", "ins_never"), set={"id": "ins_never"})])

    assert found(table) == {"solution sol_crm": None}
    assert found(table, repair=True) == {"solution sol_crm": True}
    assert found(table) == {}


def test_an_orphan_is_a_note_and_stays_live(table: Table) -> None:
    # given an add-on whose parent somebody took out of the table, with all that was under it
    gone = [keys.install("ins_crm"), keys.add_on("ins_crm", "ins_crm_addon")]
    gone += [keys.member("ins_crm", f"mem_crm_{name}") for name in ("on", "off", "detached")]
    gone += [keys.solution_install("sol_crm", "ins_crm"), keys.add_on("ins_crm", "ins_crm_addon")]
    table.transact([Delete(key) for key in dict.fromkeys(gone)])
    list(Verifier(table, repair=True).run())
    # when the table is verified
    verifier = Verifier(table, repair=True)
    assert list(verifier.run()) == []
    # then the orphan is told, and nothing was done to it
    assert [(one.about, one.faults) for one in verifier.notes] == [
        ("install ins_crm_addon", ("is an orphan, live: its parent ins_crm is gone",))
    ]
    state = installs.get(table, "ins_crm_addon")
    assert state is not None
    assert state.live


def test_rows_that_others_name_and_that_are_not_there_are_notes(table: Table) -> None:
    assert noted(table) == {}
    # given rows whose references are missing, and a workspace that somebody removed
    lines: list[rows.Row] = [
        rows.install(
            "ins_ghost", integrationId="itg_ghost", integrationVersionId="ver_ghost",
            solutionId="sol_ghost", installedBy="usr_ghost", workspaceId="wsp_other",
        ),
        rows.install("ins_ghost_2", integrationId="itg_ghost", workspaceId="wsp_other"),
        {"type": "workspace", "id": "wsp_other", "delete": True},
    ]  # fmt: skip
    results = [one.outcome.value for one in apply_values(table, lines)]
    assert results == ["created", "created", "changed"]
    # then each is told once, with the rows that name it, and it is no disagreement
    assert noted(table) == {
        "integration itg_ghost": "is not there, and 2 rows name it:",
        "integrationVersion ver_ghost": "is not there, and 1 rows name it: install ins_ghost",
        "solution sol_ghost": "is not there, and 1 rows name it: install ins_ghost",
        "user usr_ghost": "is not there, and 1 rows name it: install ins_ghost",
        "workspace wsp_other": "is not there, and 3 rows name it:",
    }


def noted(table: Table) -> dict[str, str]:
    """The notes of a verification, without the rows where there are several."""
    verifier = Verifier(table, repair=False)
    assert list(verifier.run()) == []
    several = {one.about: one.faults[0] for one in verifier.notes}
    return {
        about: told if " 1 rows" in told else told.partition(":")[0] + ":"
        for about, told in several.items()
    }


def test_rows_without_locators_get_them_and_are_found_again(table: Table) -> None:
    # given a table whose rows have no locators, as version 0.1.0 wrote them
    locators = [
        rows_store.locator_key(kind, row_id)
        for kind, row_id in (
            (model.IntegrationMember, "mem_crm_on"),
            (model.SolutionMember, "som_crm"),
            (model.WorkspaceMember, "wsm_usr_ed_wsp_acme"),
        )
    ]
    table.transact([Delete(key) for key in locators if key is not None])
    removal = {"type": "workspaceMember", "id": "wsm_usr_ed_wsp_acme", "delete": True}
    assert [one.outcome.value for one in apply_values(table, [removal])] == ["unchanged"]
    # when it is verified and repaired
    assert found(table) == {"locators": None}
    assert found(table, repair=True) == {"locators": True}
    assert found(table) == {}
    # then lines find the rows by their ids
    patch = {"type": "integrationMember", "id": "mem_crm_on", "merge": True, "enabled": False}
    results = [one.outcome.value for one in apply_values(table, [removal, patch])]
    assert results == ["changed", "changed"]
    assert table.get(keys.role("usr_ed", rows.WORKSPACE)) is None
    assert found(table) == {}


def test_locators_that_lead_to_nothing_are_deleted(table: Table) -> None:
    table.transact(
        [
            # One leads to nothing, one to another's place.
            rows_store.locate(keys.locator("integrationMember", "mem_gone"),
                              keys.member("ins_crm", "mem_gone"), None),
            rows_store.locate(keys.locator("workspaceMember", "wsm_gone"),
                              keys.role("usr_ed", rows.WORKSPACE), None),
        ]
    )  # fmt: skip

    assert found(table) == {"locators": None}
    assert found(table, repair=True) == {"locators": True}
    assert found(table) == {}
    assert table.get(keys.role("usr_ed", rows.WORKSPACE)) is not None


def test_a_row_of_one_id_in_two_places_is_told_and_both_stay(table: Table) -> None:
    item = table.get(keys.member("ins_crm", "mem_crm_on"))
    assert item is not None
    copy = items.decode(item) | {"integrationInstallId": "ins_erp"}
    values = {name: value for name, value in copy.items() if name not in ("pk", "sk")}
    table.transact([Update(keys.member("ins_erp", "mem_crm_on"), set=values)])

    assert found(table) == {"integrationMember mem_crm_on": None}
    assert found(table, repair=True) == {"integrationMember mem_crm_on": False}
    for owner in ("ins_crm", "ins_erp"):
        assert table.get(keys.member(owner, "mem_crm_on")) is not None
    # and one that the platform removes, and a repair, settle it
    removal = {"type": "integrationMember", "id": "mem_crm_on", "delete": True}
    assert [one.outcome.value for one in apply_values(table, [removal])] == ["changed"]
    assert found(table, repair=True) == {"locators": True}
    assert table.get(keys.member("ins_erp", "mem_crm_on")) is not None
    assert found(table) == {}


@pytest.mark.parametrize(
    "key",
    [
        keys.live_count(rows.WORKSPACE),
        keys.live_count(rows.WORKSPACE, rows.INTEGRATION),
        keys.platform_live_count(0),
        keys.integration_live_count(rows.INTEGRATION, 0),
    ],
    ids=str,
)
def test_verify_recounts(table: Table, key: keys.Key) -> None:
    table.transact([Update(key, add={items.LIVE: 2})])
    assert found(table, repair=True) == {f"count {key.pk} {key.sk}": True}
    assert found(table) == {}


def test_the_parts_of_a_count_share_no_partition() -> None:
    # All items of one partition key share its 1,000 writes a second.
    for count in ((None, None), (None, rows.INTEGRATION)):
        parts = counters.counter_keys(count)
        assert len({part.pk for part in parts}) == len(parts) == keys.COUNTER_SHARDS


def test_counters_of_the_first_layout_are_brought_to_this_one(table: Table) -> None:
    # given the parts of an integration's count where 0.1.0 had them, and none where they are now
    live = sum(
        int(item[items.LIVE]["N"])
        for item in table.get_many(counters.counter_keys((None, rows.INTEGRATION))).values()
    )
    now = [Delete(key) for key in counters.counter_keys((None, rows.INTEGRATION))]
    pk = keys.integration(rows.INTEGRATION).pk
    then = [keys.Key(pk, f"{keys.LIVE_PREFIX}{shard}") for shard in (0, 7, 63)]
    wrong = [2, live, -2]
    table.transact(now)
    table.transact(
        [Update(key, add={items.LIVE: part}) for key, part in zip(then, wrong, strict=True)]
    )
    name = keys.integration_live_count(rows.INTEGRATION, 0)
    about = {f"count {key.pk} {key.sk}" for key in [name, *then]}
    # when it is looked for, then mended
    assert found(table) == dict.fromkeys(about)
    assert found(table, repair=True) == dict.fromkeys(about, True)
    # then all is as it should be, and nothing is left of it
    assert found(table) == {}
    assert not table.get_many(then)


def test_what_the_stream_lost_is_finished_by_the_repair(
    table: Table, later: Callable[[timedelta], None]
) -> None:
    # given an uninstall whose record never arrives
    commands.uninstall(table, ROOT, "ins_crm", stack_tier="medium")
    # when it has just been made, nobody meddles
    assert repair.finish_overdue(Work(table)).finished == 0
    assert found(table) == {}
    # when minutes have passed, it shows, and the repair goes down level by level
    later(timedelta(minutes=6))
    assert "install ins_crm" in found(table)
    for minutes in (6, 12, 18, 24):
        later(timedelta(minutes=minutes))
        repair.finish_overdue(Work(table))
    # then all that hangs agrees
    assert found(table) == {}
    state = installs.get(table, "ins_crm_addon_addon")
    assert state is not None
    assert state.cascaded


@pytest.mark.parametrize(("tier", "days"), [("short", 7), ("medium", 30), ("long", 90)])
def test_what_was_never_swept_is_purged_after_its_retention(
    table: Table, later: Callable[[timedelta], None], tier: str, days: int
) -> None:
    commands.uninstall(table, ROOT, "ins_crm", stack_tier=tier)
    state = installs.get(table, "ins_crm")
    assert state is not None
    cascade.reconcile(Work(table), state.owner_refs)
    # when retention has run out by less than DynamoDB may take, it is left to it
    later(timedelta(days=days, hours=1))
    repair.finish_overdue(Work(table))
    assert installs.get(table, "ins_crm") is not None
    # when by more, it goes, with its members
    later(timedelta(days=days + 3, hours=1))
    repair.finish_overdue(Work(table))
    assert installs.get(table, "ins_crm") is None
    assert table.get(keys.member("ins_crm", "mem_crm_on")) is None
    assert pending.get(table, "ins_crm") is None


def test_the_tier_none_is_never_due(table: Table, later: Callable[[timedelta], None]) -> None:
    commands.uninstall(table, ROOT, "ins_crm", stack_tier="none")
    state = installs.get(table, "ins_crm")
    assert state is not None
    cascade.reconcile(Work(table), state.owner_refs)
    later(timedelta(days=36_500))
    repair.finish_overdue(Work(table))
    assert installs.get(table, "ins_crm") == state


def test_work_stops_at_a_clean_point_and_goes_on(table: Table) -> None:
    commands.uninstall(table, ROOT, "ins_crm", stack_tier="medium")
    state = installs.get(table, "ins_crm")
    assert state is not None
    # given invocations that have time for a few steps only
    runs = 0
    for allowed in range(1, 40):
        left = [allowed]

        def check(left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise OutOfTimeError

        runs += 1
        try:
            cascade.reconcile(Work(table, check, Tally()), state.owner_refs)
        except OutOfTimeError:
            continue
        break
    # then several of them finish it
    assert runs > 1
    member = table.get(keys.member("ins_crm", "mem_crm_on"))
    assert member is not None
    assert member["enabled"] == {"BOOL": False}
