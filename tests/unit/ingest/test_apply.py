"""The results of lines, one by one (CONTRACT.md section 10)."""

from __future__ import annotations

from typing import Any

import pytest

from installs.deadline import OutOfTimeError
from installs.ingest.apply import MAX_LINES, TooManyLinesError, apply_values
from installs.ingest.decisions import Options
from installs.ingest.results import Outcome
from installs.store import items, keys
from tests import rows
from tests.ingesting import Service


def early(n: int) -> dict[str, str]:
    return {"asOf": f"2026-05-{n:02}T00:00:00Z"}


def patch(type_name: str, row_id: str, **fields: object) -> dict[str, Any]:
    return {"type": type_name, "id": row_id, "merge": True, **fields}


def removal(type_name: str, row_id: str, **fields: object) -> dict[str, Any]:
    return {"type": type_name, "id": row_id, "delete": True, **fields}


EVERY = [
    *rows.base(),
    *rows.family("x"),
    {
        "type": "apiKey", "id": "key_1", "kind": "sec", "workspaceId": rows.WORKSPACE,
        "role": "editor", "secretSha256": "0" * 64,
    },
]  # fmt: skip


def test_every_type_of_row_is_created_once_and_then_unchanged() -> None:
    service = Service()
    first = service.told(*EVERY)
    assert first[2:] == ["created"] * (len(EVERY) - 2)
    service.drain()
    before = service.contents()
    assert set(service.told(*EVERY)) == {"unchanged"}
    assert service.contents() == before
    assert service.count() == 3


def test_a_line_that_is_wrong_stops_no_other() -> None:
    service = Service()
    told = service.told(
        rows.install("ins_a"), {"type": "install"}, "{", 7, rows.install("ins_b", workspaceId="no")
    )
    codes = ["created", "missing_field", "invalid_json", "invalid_json", "unknown_workspace"]
    assert told == codes
    assert service.live("ins_a")


def test_a_result_as_json_names_the_row_and_what_is_wrong() -> None:
    service = Service()
    (good, bad) = service.ingest(
        rows.install("ins_a"), rows.install("ins_b") | {"x": 1, "memberPolicy": 2}
    )
    assert good.document() == {"result": "created", "type": "install", "id": "ins_a"}
    told = bad.document()
    assert (told["result"], told["type"], told["id"]) == ("rejected", "install", "ins_b")
    assert {one["pointer"] for one in told["errors"]} == {"/x", "/memberPolicy"}


def test_what_the_platform_changes_is_changed_and_its_lifecycle_is_kept() -> None:
    service = Service(rows.install("ins_a"), rows.member("mem_a", "ins_a"))
    service.uninstall("ins_a")
    service.drain()
    (kept,) = service.ingest(rows.install("ins_a", authStateId="aut_2"))
    assert (kept.outcome, kept.facts) == ("lifecycleKept", "changed")
    (again,) = service.ingest(rows.install("ins_a", authStateId="aut_2"))
    assert (again.outcome, again.facts) == ("lifecycleKept", "unchanged")
    values = service.install("ins_a")
    assert values is not None
    assert values["authStateId"] == "aut_2"
    assert not service.live("ins_a")
    assert service.told(patch("install", "ins_a", authStateId="aut_3")) == ["changed"]
    # and a new install is live whatever its line says
    deleted = {"deletedAt": rows.CREATED, "retentionTier": "short"}
    (new,) = service.ingest(rows.install("ins_b", **deleted))
    assert (new.outcome, new.facts) == ("lifecycleKept", "created")
    assert service.live("ins_b")


def test_a_member_that_was_deleted_by_itself_stays_so_whatever_its_line_changes() -> None:
    service = Service(rows.install("ins_a"))
    gone = rows.member("mem", "ins_a", deletedAt=rows.CREATED, retentionTier="none")
    assert service.told(gone, options=Options(lifecycle_from_file=True)) == ["created"]
    assert service.told(rows.member("mem", "ins_a", sourceMemberSlug="people")) == ["lifecycleKept"]
    found = service.member("ins_a", "mem")
    assert found is not None
    assert found["sourceMemberSlug"] == "people"
    assert (found["deletedAt"], found["retentionTier"]) == (rows.CREATED, "none")


def test_a_purged_install_stays_purged_unless_it_is_asked_for() -> None:
    lines = [rows.install("ins_a"), rows.member("mem_a", "ins_a")]
    service = Service(*lines)
    service.uninstall("ins_a")
    service.purge("ins_a")
    # until its cascade has ended the id may not come again
    assert service.told(lines[0], options=Options(recreate_purged=True)) == ["purge_unfinished"]
    assert service.told(*lines) == ["install_purged", "unknown_install"]
    service.drain()
    assert service.told(*lines) == ["install_purged", "unknown_install"]
    assert service.told(*lines, options=Options(recreate_purged=True)) == ["created", "created"]
    assert service.live("ins_a")
    assert service.told(*lines) == ["unchanged", "unchanged"]


@pytest.mark.parametrize("field", ["workspaceId", "integrationId"])
def test_some_fields_of_an_install_are_fixed(field: str) -> None:
    service = Service(rows.install("ins_a"))
    (result,) = service.ingest(rows.install("ins_a", **{field: "wsp_other"}))
    assert (result.code, result.issues[0].pointer) == ("immutable_field", f"/{field}")


def test_parents_are_there_in_the_same_workspace_and_in_no_circle() -> None:
    service = Service(
        rows.install("ins_a"),
        rows.install("ins_b", parentInstallId="ins_a"),
        rows.install("ins_far", workspaceId="wsp_other"),
    )
    assert service.told(
        rows.install("ins_c", parentInstallId="no"),
        rows.install("ins_c", parentInstallId="ins_far"),
        rows.install("ins_c", parentInstallId="ins_c"),
        rows.install("ins_a", parentInstallId="ins_a"),
        rows.install("ins_a", parentInstallId="ins_b"),
        patch("install", "ins_a", parentInstallId="ins_b"),
    ) == [
        "unknown_parent", "parent_in_other_workspace", "parent_cycle", "parent_cycle",
        "parent_cycle", "parent_cycle",
    ]  # fmt: skip


def test_lines_of_one_batch_may_build_on_each_other() -> None:
    service = Service()
    lines = [
        rows.workspace("wsp_new", "new"),
        rows.install("ins_a", workspaceId="wsp_new"),
        rows.install("ins_b", workspaceId="wsp_new", parentInstallId="ins_a"),
        rows.member("mem_b", "ins_b"),
        rows.member("mem_b", "ins_a"),
        patch("install", "ins_b", parentInstallId=None),
    ]
    assert service.told(*lines) == ["created"] * 4 + ["changed"] * 2
    assert service.member("ins_b", "mem_b") is None
    assert service.member("ins_a", "mem_b") is not None
    assert service.count("wsp_new") == 2


def test_a_removal_removes_once_and_late_lines_do_not_bring_it_back() -> None:
    service = Service(*rows.base())
    role = rows.role("usr_sam", rows.WORKSPACE, "viewer")
    assert service.told(role | early(1)) == ["created"]
    assert service.told(removal("workspaceMember", role["id"], **early(3))) == ["changed"]
    assert service.told(
        removal("workspaceMember", role["id"], **early(3)),
        removal("workspaceMember", role["id"]),
        role | early(2),
        removal("workspaceMember", role["id"], **early(2)),
        role | early(4),
        role | early(4),
    ) == ["unchanged", "unchanged", "stale", "stale", "created", "unchanged"]
    # also where the removal comes before what it removes
    other = rows.role("usr_vera", "wsp_other", "viewer")
    assert service.told(removal("workspaceMember", other["id"], **early(5))) == ["unchanged"]
    assert service.told(other | early(4)) == ["stale"]


@pytest.mark.parametrize(
    "line",
    [
        rows.user("usr_a"),
        rows.member("mem_a", "ins_a"),
        rows.role("usr_a", rows.WORKSPACE, "viewer"),
        rows.solution("sol_a"),
    ],
)
def test_a_removal_without_a_time_keeps_that_of_the_last_change(line: rows.Row) -> None:
    service = Service(rows.install("ins_a"), line | early(5))
    gone = removal(line["type"], line["id"])
    assert service.told(gone, gone, line | early(4)) == ["changed", "unchanged", "stale"]
    # a row that comes in without a time is remembered as well
    assert service.told(line, gone, line | early(4)) == ["created", "changed", "stale"]
    assert service.told(line | early(5), gone, line | early(6)) == ["created", "changed", "created"]


def test_what_is_older_than_the_last_change_is_stale() -> None:
    service = Service()
    newer = rows.install("ins_a", authStateId="aut_new") | early(5)
    older = rows.install("ins_a", authStateId="aut_old") | early(4)
    assert service.told(newer, older, newer) == ["created", "stale", "unchanged"]
    # a change that changed nothing counts too
    assert service.told(newer | early(7), older | early(6)) == ["unchanged", "stale"]
    # and a line without a time is taken as the latest, but for what has a time
    assert service.told(rows.install("ins_a"), older) == ["changed", "stale"]


def test_one_user_has_one_role_in_a_workspace() -> None:
    service = Service(*rows.base())
    role = rows.role("usr_vera", rows.WORKSPACE, "admin") | {"id": "wsm_other"}
    (result,) = service.ingest(role)
    assert (result.code, result.issues[0].pointer) == ("place_taken", "/userId")
    assert "wsm_usr_vera_wsp_acme" in result.issues[0].detail


def test_a_role_that_comes_in_for_another_user_leaves_the_first() -> None:
    service = Service(*rows.base())
    role = rows.role("usr_vera", rows.WORKSPACE, "viewer")
    assert service.told(role | {"userId": "usr_new"}) == ["changed"]
    assert service.item(keys.role("usr_vera", rows.WORKSPACE)) is None
    assert service.item(keys.role("usr_new", rows.WORKSPACE)) is not None


def test_a_key_has_one_secret_and_a_secret_one_key() -> None:
    key = EVERY[-1]
    service = Service(key)
    assert service.told(key | {"secretSha256": "1" * 64}) == ["changed"]
    assert service.item(keys.secret("0" * 64)) is None
    assert service.item(keys.secret("1" * 64)) == {
        "pk": "SECRET#" + "1" * 64, "sk": "SECRET", "keyId": "key_1",
    }  # fmt: skip
    assert service.told(key | {"id": "key_2", "secretSha256": "1" * 64}) == ["secret_taken"]
    assert service.told(key | {"secretSha256": "1" * 64, "deletedAt": rows.CREATED}) == ["changed"]
    (kept,) = service.ingest(key | {"secretSha256": "1" * 64})
    assert kept.outcome == "lifecycleKept"
    assert service.told(removal("apiKey", "key_1")) == ["changed"]
    assert service.item(keys.secret("1" * 64)) is None


def test_a_merge_needs_its_row() -> None:
    service = Service(rows.install("ins_a"))
    assert service.told(
        patch("install", "ins_b", authStateId="a"), patch("user", "usr_b", name="B")
    ) == ["unknown_row", "unknown_row"]
    assert service.told(patch("install", "ins_a", integrationVersionId=None)) == ["missing_field"]
    assert service.told(patch("install", "ins_a", variables={"region": None, "b": 1})) == [
        "changed"
    ]
    values = service.install("ins_a")
    assert values is not None
    assert values["variables"] == '{"b":1}'


def test_no_more_than_five_hundred_lines_are_taken() -> None:
    service = Service()
    with pytest.raises(TooManyLinesError):
        service.ingest(*[rows.user(f"usr_{n}") for n in range(MAX_LINES + 1)])
    results = service.told(*[rows.user(f"usr_{n}") for n in range(MAX_LINES)])
    assert set(results) == {"created"}


def test_what_there_was_no_time_for_is_told_and_can_be_sent_again() -> None:
    service = Service()
    lines = [rows.install(f"ins_{n}") for n in range(60)]
    lines += [rows.member(f"mem_{n}", f"ins_{n}") for n in range(60)]
    calls = 0

    def check_time() -> None:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise OutOfTimeError

    results = apply_values(service.table, lines, check_time=check_time)
    told = [one.code or one.outcome.value for one in results]
    assert set(told) == {"created", "out_of_time", "blocked"}
    assert all(one.outcome is Outcome.DEFERRED for one in results if one.code)
    # then nothing is half there, and the rest comes when it is sent again
    for line, result in zip(lines, results, strict=True):
        if line["type"] == "install":
            there = service.install(line["id"]) is not None
            assert there == (result.outcome == "created")
    assert set(service.told(*lines)) == {"created", "unchanged"}
    assert service.count() == 60


def test_rows_of_an_older_version_are_found_without_locators() -> None:
    service = Service(rows.install("ins_a"), rows.member("mem_a", "ins_a"))
    place = keys.locator("integrationMember", "mem_a")
    service.memory.write(place, None)
    assert service.told(rows.member("mem_a", "ins_a", detached=True)) == ["changed"]
    located = service.item(place)
    assert located is not None
    assert located["at"] == keys.install("ins_a").pk


def test_a_transaction_never_holds_more_than_it_may() -> None:
    service = Service()
    large = {"text": "x" * 300_000}
    lines = [rows.install(f"ins_{n}", variables=large, solutionId=f"sol_{n}") for n in range(30)]
    sizes: list[int] = []
    written: list[int] = []
    service.memory.before = lambda kind: sizes.append(0) if kind == "write" else None
    service.memory.written = lambda key, before, after: written.append(len(str(after)))
    assert set(service.told(*lines)) == {"created"}
    assert len(sizes) > 3
    assert sum(written) / len(sizes) < 4_000_000
    assert items.REVISION in (service.install("ins_3") or {})


@pytest.mark.parametrize("tier", ["short", "none"])
def test_a_backup_comes_back_whole_past_the_retention_of_its_installs_too(tier: str) -> None:
    # given an install that was deleted a year ago, with all that its deletion took
    gone = {"deletedAt": "2025-01-01T00:00:00.000Z", "retentionTier": tier}
    lines = [
        rows.install("ins_old", **gone),
        rows.install("ins_old_addon", parentInstallId="ins_old", **gone),
        rows.member("mem_old", "ins_old", **gone),
        rows.member("mem_old_addon", "ins_old_addon", **gone),
    ]
    backup = Options(lifecycle_from_file=True)
    service = Service(rows.integration(rows.INTEGRATION))
    # when its rows come out of a backup, twice
    assert service.told(*lines, options=backup) == ["created"] * 4
    service.drain()
    assert service.told(*lines, options=backup) == ["unchanged"] * 4
    # then one deletion has them all
    found = [
        service.install("ins_old"),
        service.install("ins_old_addon"),
        service.member("ins_old", "mem_old"),
        service.member("ins_old_addon", "mem_old_addon"),
    ]
    assert len({row["deletionId"] for row in found if row is not None}) == 1
    assert None not in found
    # and rows as they come every day do not find an install past its retention
    member = rows.member("mem_new", "ins_old")
    wanted = "created" if tier == "none" else "unknown_install"
    assert service.told(member) == [wanted]
