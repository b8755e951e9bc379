"""Faults of the old importer that cannot happen to rows that come in by ingest.

Each test is one of the faults that were found in a table that the importer had written beside
living clients. What commands made of it is tested with the commands.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from installs import cascade
from installs.cascade import Subject, Work
from installs.ingest.decisions import Options
from installs.ingest.lines import take_line
from installs.lifecycle import InstallState, OwnerRefs
from installs.model import Install
from installs.origin import CASCADE
from installs.solutions import reconcile_solution
from installs.store import installs, items, keys
from installs.store.expressions import Update
from installs.store.installs import Change
from installs.store.rows import key_of
from installs.store.table import ConditionFailedError
from tests import rows
from tests.ingesting import Service
from tools.operate.suspects import about_install, about_solution

if TYPE_CHECKING:
    from collections.abc import Iterable

FROM_FILE = Options(lifecycle_from_file=True)
DELETED = {"deletedAt": "2026-05-01T00:00:00.000Z", "retentionTier": "none"}


def told_by_verify(service: Service, *install_ids: str) -> list[str]:
    return [one for install_id in install_ids for one in about_install(service.table, install_id)]


def state_of(line: rows.Row) -> InstallState:
    """The state of a line's install when it is created."""
    row = take_line(line).row
    assert isinstance(row, Install)
    return InstallState(row)


def exported(service: Service, lines: Iterable[rows.Row]) -> list[rows.Row]:
    """The lines with the lifecycle that their rows have in the table by now."""
    found = []
    for line in lines:
        row = take_line(line).row
        assert row is not None
        key = key_of(row)
        values = service.item(key)
        assert values is not None
        names = ("deletedAt", "retentionTier", "enabled")
        found.append(line | {name: values.get(name) for name in names if name in line})
    return found


def test_fault_1_neither_an_uninstall_nor_a_purge_is_undone_by_the_same_rows_again() -> None:
    lines = [rows.install("ins_crm"), rows.install("ins_acme"), rows.member("mem", "ins_acme")]
    service = Service(*lines)
    service.uninstall("ins_crm")
    service.uninstall("ins_acme")
    service.purge("ins_acme")
    service.drain()
    assert service.told(*lines) == ["lifecycleKept", "install_purged", "unknown_install"]
    assert not service.live("ins_crm")
    assert service.install("ins_acme") is None
    # and a line with deletedAt and no tier keeps nothing for ever
    assert service.told(rows.install("ins_crm", deletedAt=rows.CREATED)) == ["lifecycleKept"]
    assert items.PURGE_AT in (service.install("ins_crm") or {})


def test_fault_2_no_repair_deletes_a_live_install_whose_parent_is_not_there() -> None:
    service = Service(
        *rows.family("x"),
        *rows.family("alone"),
        rows.install("ins_child", parentInstallId="ins_x", solutionId="sol_x"),
    )
    service.told(rows.member("mem_child", "ins_child"))
    service.drain()
    # given a table that lost the parent, and with it whatever said what became of it
    service.memory.write(keys.install("ins_x"), None)
    service.memory.write(keys.install("ins_alone"), None)
    service.drain()
    assert service.live("ins_child")
    # then nothing that looks at the parent deletes what is live
    for install_id in ("ins_x", "ins_child"):
        cascade.reconcile(Work(service.table), cascade_refs(install_id))
    service.drain()
    assert service.live("ins_child")
    assert "deletedAt" not in (service.member("ins_child", "mem_child") or {})
    assert "deletedAt" not in (service.item(keys.solution("sol_x")) or {"deletedAt": ""})
    assert "deletedAt" not in (service.member("ins_x", "mem_x_on") or {"deletedAt": ""})
    # nor does a solution go with the last install in it, of which nobody knows that it was purged
    reconcile_solution(Work(service.table), "sol_alone")
    assert "deletedAt" not in (service.item(keys.solution("sol_alone")) or {"deletedAt": ""})
    # and rows that are copied back one by one stay
    backup = rows.install("ins_copied", parentInstallId="ins_never")
    orphans = replace(FROM_FILE, allow_orphans=True)
    assert service.told(backup) == ["unknown_parent"]
    assert service.told(backup, options=orphans) == ["created"]
    cascade.reconcile(Work(service.table), cascade_refs("ins_never"))
    assert service.live("ins_copied")
    # and may be uninstalled and restored
    service.uninstall("ins_copied")
    service.restore("ins_copied")
    assert service.live("ins_copied")


def test_fault_3_rows_that_come_in_while_a_purge_cascades_are_all_there_or_refused() -> None:
    lines = [rows.install("ins_a"), *(rows.member(f"mem_{n}", "ins_a") for n in range(120))]
    service = Service(*lines)
    service.uninstall("ins_a")
    service.drain()
    service.purge("ins_a")
    # given that the cascade of the purge has deleted some of the members
    interrupted_after(service, 12)
    again = service.told(*lines, options=Options(recreate_purged=True))
    assert set(again) == {"purge_unfinished", "blocked"}
    # nor is a new life written that was decided on before the purge
    with pytest.raises(ConditionFailedError):
        installs.commit(service.table, [Change(None, state_of(lines[0]))], origin=CASCADE)
    service.drain()
    assert set(service.told(*lines, options=Options(recreate_purged=True))) == {"created"}
    service.drain()
    assert all(service.member("ins_a", f"mem_{n}") for n in range(120))
    assert told_by_verify(service, "ins_a") == []


def test_fault_4_an_id_is_one_row_wherever_it_comes_in() -> None:
    service = Service(
        *rows.base(), rows.install("ins_a"), rows.install("ins_b"), rows.member("mem", "ins_a"),
        rows.solution("sol_a"), rows.solution("sol_b"), rows.solution_member("som", "sol_a", "e"),
    )  # fmt: skip
    role = rows.role("usr_vera", rows.WORKSPACE, "viewer")
    moved = [
        rows.member("mem", "ins_b"),
        rows.solution_member("som", "sol_b", "e"),
        role | {"userId": "usr_sam"},
    ]
    for _ in range(2):
        service.ingest(*moved)
        service.drain()
        assert service.member("ins_a", "mem") is None
        assert service.item(keys.solution_member("sol_a", "som")) is None
        assert service.item(keys.role("usr_vera", rows.WORKSPACE)) is None
        assert service.member("ins_b", "mem") is not None
        assert service.item(keys.solution_member("sol_b", "som")) is not None
        assert service.item(keys.role("usr_sam", rows.WORKSPACE)) is not None


def test_fault_5_no_two_files_make_a_circle_of_parents() -> None:
    service = Service(rows.install("ins_a"), rows.install("ins_b", parentInstallId="ins_a"))
    service.told(rows.install("ins_c", parentInstallId="ins_b"))
    for parent in ("ins_a", "ins_b", "ins_c"):
        assert service.told(rows.install("ins_a", parentInstallId=parent)) == ["parent_cycle"]


def test_fault_5_nor_do_two_that_come_in_at_once() -> None:
    service = Service(rows.install("ins_a"), rows.install("ins_b"), rows.install("ins_c"))
    service.told(rows.install("ins_c", parentInstallId="ins_b"))
    # given that the other half of a circle is written just before the first half is
    other = rows.install("ins_a", parentInstallId="ins_c")

    def meanwhile(kind: str) -> None:
        if kind == "write":
            service.memory.before = lambda _: None
            assert service.told(other) == ["changed"]

    service.memory.before = meanwhile
    assert service.told(rows.install("ins_b", parentInstallId="ins_a")) == ["parent_cycle"]


@pytest.mark.parametrize("order", [1, -1])
def test_fault_6_what_a_deletion_took_does_not_depend_on_the_file_or_its_order(order: int) -> None:
    family = [
        rows.solution("sol"), rows.install("ins_a", solutionId="sol"),
        rows.install("ins_b", solutionId="sol"), rows.install("ins_c", parentInstallId="ins_a"),
        rows.member("mem_a", "ins_a"), rows.member("mem_c", "ins_c"),
        rows.solution_member("som", "sol", "ent_mem_a"),
    ]  # fmt: skip
    service = Service(*family)
    service.uninstall("ins_a")
    service.uninstall("ins_b")
    service.drain()
    lines = exported(service, family)
    # when the parts of the file come into an empty table, in any order, until nothing is refused
    target = Service()
    for _ in range(4):
        for line in lines[::order]:
            target.ingest(line, options=FROM_FILE)
    target.drain()
    # then the deletion of each install has taken what it had taken
    for install_id in ("ins_a", "ins_b", "ins_c"):
        assert not target.live(install_id)
        assert told_by_verify(target, install_id) == []
    assert list(about_solution(target.table, "sol")) == []
    assert (target.install("ins_c") or {})["deletionId"] == (target.install("ins_a") or {})[
        "deletionId"
    ]
    # and comes back with it
    target.restore("ins_a")
    target.drain()
    for key in (keys.install("ins_c"), keys.member("ins_c", "mem_c"), keys.solution("sol")):
        assert "deletedAt" not in (target.item(key) or {"deletedAt": ""})
    # and where only the facts are taken, everything comes in live, whatever the lines say
    fresh = Service()
    for _ in range(4):
        for line in lines[::order]:
            fresh.ingest(line)
    fresh.drain()
    assert all(fresh.live(one) for one in ("ins_a", "ins_b", "ins_c"))
    assert all("deletedAt" not in item for item in fresh.contents().values())


def test_fault_7_a_solution_follows_installs_that_come_and_leave() -> None:
    service = Service(
        rows.solution("sol_a"), rows.solution("sol_b"),
        rows.install("ins_a", solutionId="sol_a"), rows.install("ins_b"),
    )  # fmt: skip
    service.uninstall("ins_a")
    service.drain()
    assert "deletedAt" in (service.item(keys.solution("sol_a")) or {})
    # when a live install comes into it, then it is back
    service.told(rows.install("ins_b", solutionId="sol_a"))
    service.drain()
    assert "deletedAt" not in (service.item(keys.solution("sol_a")) or {"deletedAt": ""})
    # when it leaves it for another, then the first goes again, and the other lives
    service.told(rows.install("ins_b", solutionId="sol_b"))
    service.drain()
    assert "deletedAt" in (service.item(keys.solution("sol_a")) or {})
    assert "deletedAt" not in (service.item(keys.solution("sol_b")) or {"deletedAt": ""})
    # when the one in the trash leaves too, then nothing keeps it there
    service.told(rows.install("ins_a", solutionId="sol_b"))
    service.drain()
    assert "deletedAt" not in (service.item(keys.solution("sol_a")) or {"deletedAt": ""})
    # and no live row that comes in brings one back
    service.told(rows.install("ins_b", solutionId=None))
    service.drain()
    assert service.told(rows.solution("sol_b", name="Other")) == ["lifecycleKept"]
    service.drain()
    assert "deletedAt" in (service.item(keys.solution("sol_b")) or {})


def test_fault_7_whoever_moves_an_install_both_sides_are_settled() -> None:
    service = Service(
        rows.solution("sol_a"), rows.solution("sol_b"),
        rows.install("ins_a", solutionId="sol_a"), rows.install("ins_p"), rows.install("ins_q"),
    )  # fmt: skip
    service.uninstall("ins_a")
    service.uninstall("ins_p")
    service.drain()
    # given somebody who writes the table without the domain
    before = installs.get(service.table, "ins_a")
    assert before is not None
    row = replace(before.row, solution_id="sol_b", parent_install_id="ins_q")
    after = replace(before, row=row)
    service.memory.put(items.install_to_item(after))
    cascade.handle(Work(service.table), Subject(after.owner_refs, before.owner_refs))
    service.drain()
    assert "deletedAt" not in (service.item(keys.solution("sol_a")) or {"deletedAt": ""})
    assert "deletedAt" in (service.item(keys.solution("sol_b")) or {})
    assert service.item(keys.solution_install("sol_a", "ins_a")) is None
    assert service.item(keys.solution_install("sol_b", "ins_a")) is not None
    assert service.item(keys.add_on("ins_q", "ins_a")) is not None
    # and a live install that is put below one in the trash follows it
    live = installs.get(service.table, "ins_q")
    assert live is not None
    below = replace(live, row=replace(live.row, parent_install_id="ins_p"))
    service.memory.put(items.install_to_item(below))
    cascade.handle(Work(service.table), Subject(below.owner_refs, live.owner_refs))
    service.drain()
    assert not service.live("ins_q")


def test_fault_7_a_changed_tier_reaches_everything_that_the_deletion_took() -> None:
    service = Service(*rows.family("x"))
    service.uninstall("ins_x")
    service.drain()
    (line,) = exported(service, [rows.install("ins_x", solutionId="sol_x")])
    longer = line | {"retentionTier": "long"}
    assert service.told(longer) == ["lifecycleKept"]
    assert service.told(longer, options=FROM_FILE) == ["changed"]
    service.drain()
    taken = [
        keys.install("ins_x"), keys.member("ins_x", "mem_x_on"), keys.install("ins_x_addon"),
        keys.member("ins_x_addon", "mem_x_addon"), keys.install("ins_x_addon_addon"),
        keys.solution("sol_x"), keys.solution_member("sol_x", "som_x"),
    ]  # fmt: skip
    assert {(service.item(key) or {}).get("retentionTier") for key in taken} == {"long"}
    ends = {(service.item(key) or {}).get(items.PURGE_AT) for key in taken if key.sk == "INSTALL"}
    assert len(ends) == 1
    assert told_by_verify(service, "ins_x", "ins_x_addon") == []


def test_fault_7_an_operator_who_changes_the_tier_by_hand_moves_the_same() -> None:
    service = Service(*rows.family("x"))
    service.uninstall("ins_x")
    service.drain()
    before = installs.get(service.table, "ins_x")
    assert before is not None
    assert before.deletion is not None
    shorter = Update(
        keys.install("ins_x"), set={"retentionTier": "short", items.PURGE_AT: 1_800_000_000}
    )
    service.table.transact([shorter])
    service.drain()
    after = service.install("ins_x_addon")
    assert after is not None
    assert (after["retentionTier"], after[items.PURGE_AT]) == ("short", 1_800_000_000)


def test_fault_8_ghosts_are_refused_and_so_are_parents_of_other_tenants() -> None:
    service = Service(rows.install("ins_far", workspaceId="wsp_other"))
    assert service.told(
        rows.install("ins_a", workspaceId="wsp_ghost"),
        rows.install("ins_a", parentInstallId="ins_ghost"),
        rows.install("ins_a", parentInstallId="ins_far"),
        rows.member("mem", "ins_ghost"),
        rows.role("usr_vera", "wsp_ghost", "admin"),
        rows.install("ins_b", integrationId="itg_ghost"),
    ) == [
        "unknown_workspace", "unknown_parent", "parent_in_other_workspace", "unknown_install",
        "unknown_workspace", "created",
    ]  # fmt: skip


def test_fault_9_an_add_on_whose_parent_is_gone_can_be_restored() -> None:
    service = Service(rows.install("ins_p"), rows.install("ins_c", parentInstallId="ins_p"))
    service.uninstall("ins_c")
    service.uninstall("ins_p")
    service.purge("ins_p")
    service.drain()
    service.restore("ins_c")
    service.drain()
    assert service.live("ins_c")
    # and if it was restored before the cascade of the purge had come to it, it stays
    service = Service(rows.install("ins_p"), rows.install("ins_c", parentInstallId="ins_p"))
    service.uninstall("ins_p")
    service.drain()
    service.purge("ins_p")
    service.restore("ins_c")
    service.drain()
    assert service.live("ins_c")


def test_fault_10_what_a_user_had_disabled_is_disabled_after_the_restore() -> None:
    lines = [
        rows.install("ins_a"), rows.member("mem_on", "ins_a"),
        rows.member("mem_off", "ins_a", enabled=False),
    ]  # fmt: skip
    service = Service(*lines)
    service.uninstall("ins_a")
    service.drain()
    # given what the table shows in the trash, which comes in again with or without a change
    for again in (exported(service, lines), [one | {"detached": True} for one in lines[1:]]):
        service.ingest(*again)
        service.ingest(*again, options=FROM_FILE)
    service.drain()
    service.restore("ins_a")
    service.drain()
    assert (service.member("ins_a", "mem_on") or {})["enabled"] is True
    assert (service.member("ins_a", "mem_off") or {})["enabled"] is False
    # and what the platform disables meanwhile is disabled too
    service.uninstall("ins_a")
    service.drain()
    service.told(rows.member("mem_on", "ins_a", enabled=False))
    service.restore("ins_a")
    service.drain()
    assert (service.member("ins_a", "mem_on") or {})["enabled"] is False


def cascade_refs(install_id: str) -> OwnerRefs:
    return OwnerRefs(install_id, None, None)


def interrupted_after(service: Service, operations: int) -> None:
    """Let the cascade begin, and stop it after so many operations of the table."""
    left = operations

    def count(_: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise InterruptedError

    service.memory.before = count
    with pytest.raises(InterruptedError):
        service.drain()
    service.memory.before = lambda _: None
