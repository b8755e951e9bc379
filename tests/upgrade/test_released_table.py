"""A table of each released version is read and written right by the code of today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from installs import tokens
from installs.authentication import authenticate
from installs.ingest.apply import apply_values
from installs.store import items, keys
from installs.stream import subject_of
from tests.rows_on_table import put_items
from tests.upgrade.record import comparable, record
from tests.upgrade.releases import RELEASES, Release
from tests.upgrade.service import Service, service
from tests.upgrade.world import SECRETS
from tools.operate.verify import Verifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNFINISHED: Final = {
    "install ins_purging",
    "install ins_restoring",
    "install ins_unfinished",
    "solution sol_purging",
    "solution sol_restoring",
    "solution sol_unfinished",
}
"""The cascades that were under way when the table was dumped."""

LETS_IN: Final = {
    "key_sec": True,
    "key_low": True,
    "key_pub": True,
    "key_tok": True,
    "key_closed": False,
    "key_expired": None,
    "key_revoked": None,
}
"""By API key: if it lets its caller in; ``None`` where it no longer works."""


@pytest.fixture(params=RELEASES, ids=lambda release: release.version)
def release(request: pytest.FixtureRequest) -> Release:
    found: Release = request.param
    return found


@pytest.fixture
def opened(
    release: Release, table_name: str, dynamodb_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    """The service of today over an empty table, at the moment of the release's dump."""
    with service(table_name, dynamodb_endpoint, release.now, monkeypatch) as found:
        yield found


@pytest.fixture
def installs(opened: Service, release: Release) -> Service:
    """The service over the table of a release, after the layout upgrade of docs/upgrade.md."""
    put_items(opened.table, release.items)
    findings = list(Verifier(opened.table, repair=True).run())
    # It corrects counters, writes locators, and finds nothing else wrong.
    assert [one for one in findings if not is_layout(one.about) or not one.repaired] == []
    return opened


@pytest.fixture
def under_way(opened: Service, release: Release) -> Service:
    """The service over the table of a release that had begun cascades."""
    put_items(opened.table, release.items_under_way)
    return opened


def is_layout(about: str) -> bool:
    """Return True for a finding that the layout upgrade repairs."""
    return about.startswith("count ") or about == "locators"


def disagreements(installs: Service) -> set[str]:
    """Return the findings of verify, without those that the layout upgrade repairs."""
    found = {finding.about for finding in Verifier(installs.table, repair=False).run()}
    return {about for about in found if not is_layout(about)}


def members(installs: Service, owner: str) -> dict[str, dict[str, Any]]:
    """The members of an install, by id."""
    found = installs.table.client.query(
        TableName=installs.table.name,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
        ExpressionAttributeValues={
            ":pk": {"S": keys.install(owner).pk},
            ":prefix": {"S": keys.MEMBER_PREFIX},
        },
    )
    rows = [items.decode(item) for item in found["Items"]]  # type: ignore[arg-type]
    return {row["id"]: row for row in rows}


def enabled(installs: Service, owner: str) -> dict[str, bool]:
    """If each member of an install is enabled."""
    return {name: row["enabled"] for name, row in members(installs, owner).items()}


def test_get_and_list_answer_as_the_release_did(installs: Service, release: Release) -> None:
    # given calls of users and API keys over live, deleted, cascaded and expired installs
    answers = release.answers
    assert len(answers) > 300
    wrong = []
    # when each is made again
    for asked in answers:
        status, body = installs.call(
            asked["call"], asked["id"], asked["principal"], asked["kind"], **asked["query"]
        )
        if (status, comparable(status, body)) != (asked["status"], asked["answer"]):
            wrong.append((asked, status, body))
    # then each is answered as the release answered it: rows, order, totals and flags
    assert wrong == []


def test_a_cursor_of_the_release_goes_on_or_is_refused(installs: Service, release: Release) -> None:
    cursors = release.cursors
    assert len(cursors) > 10
    for asked in cursors:
        status, body = installs.call(
            "list", None, asked["principal"], asked["kind"], **asked["query"]
        )
        if status == 200:
            assert [row["id"] for row in body["data"]] == asked["answer"]
        else:
            assert (status, body["code"]) == (400, "invalid_cursor")


@pytest.mark.usefixtures("installs")
def test_api_keys_of_the_release_let_in_whom_they_did() -> None:
    for key_id, lets_in in LETS_IN.items():
        header = f"Bearer {SECRETS[key_id]}"
        if lets_in is None:
            with pytest.raises(tokens.BadTokenError):
                authenticate(header)
        else:
            caller = authenticate(header)
            assert (caller.id, caller.enabled) == (key_id, lets_in)


def test_the_layout_upgrade_leaves_a_table_in_order(installs: Service) -> None:
    assert list(Verifier(installs.table, repair=False).run()) == []


def test_lines_find_the_rows_of_the_release_by_their_ids(installs: Service) -> None:
    # given a member, a solution's member and a role of the release, of which lines say no owner
    lines = [
        {"type": "integrationMember", "id": "mem_live_on", "merge": True, "enabled": False},
        {"type": "solutionMember", "id": "som_live", "merge": True, "addedBy": "usr_vera"},
        {"type": "workspaceMember", "id": "wsm_usr_vera_wsp_short", "delete": True},
    ]
    # then after the layout upgrade they are found
    results = apply_values(installs.table, lines)
    assert [result.outcome.value for result in results] == ["changed"] * 3
    assert members(installs, "ins_live")["mem_live_on"]["enabled"] is False
    assert installs.table.get(keys.role("usr_vera", "wsp_short")) is None
    installs.finish()
    assert list(Verifier(installs.table, repair=False).run()) == []


def test_verify_tells_of_the_cascades_that_were_under_way(under_way: Service) -> None:
    assert disagreements(under_way) == UNFINISHED


def test_cascades_that_the_release_began_are_finished(under_way: Service) -> None:
    under_way.finish()

    assert disagreements(under_way) == set()
    # and each as its install had asked for
    assert not any(enabled(under_way, "ins_unfinished").values())
    assert enabled(under_way, "ins_restoring") == {
        "mem_restoring_on": True,
        "mem_restoring_off": False,
        "mem_restoring_detached": True,
    }
    assert members(under_way, "ins_purging") == {}


def test_an_install_of_the_release_lives_on(installs: Service) -> None:
    before = installs.call("get", "ins_live")[1], members(installs, "ins_live")
    # when a live one is uninstalled and restored
    assert installs.call("uninstall", "ins_live")[0] == 200
    installs.finish()
    assert not any(enabled(installs, "ins_live").values())
    assert installs.call("get", "ins_live_addon_addon")[1]["deletedAt"] is not None
    assert installs.call("restore", "ins_live")[0] == 200
    installs.finish()
    # then it is as the release wrote it
    assert (installs.call("get", "ins_live")[1], members(installs, "ins_live")) == before
    assert list(Verifier(installs.table, repair=False).run()) == []


def test_what_the_release_deleted_comes_back_or_goes(installs: Service) -> None:
    # when deleted installs are restored, with an add-on that had been uninstalled before its parent
    for install_id in ("ins_deleted", "ins_apart", "ins_old"):
        assert installs.call("restore", install_id)[0] == 200
    # and others are purged; a live one and one past its retention cannot be
    assert installs.call("purge", "ins_kept")[0] == 200
    assert installs.call("purge", "ins_live")[0] == 409
    assert installs.call("purge", "ins_expired")[0] == 404
    assert installs.call("restore", "ins_expired")[0] == 404
    installs.finish()
    # then what each deletion took is back, and no more than that
    assert enabled(installs, "ins_deleted") == {
        "mem_deleted_on": True,
        "mem_deleted_off": False,
        "mem_deleted_detached": True,
    }
    assert installs.call("get", "ins_deleted_addon_addon")[1]["deletedAt"] is None
    assert installs.call("get", "ins_apart_addon")[1]["deletedAt"] is not None
    assert members(installs, "ins_old")["mem_old_before"]["deletedAt"].startswith("2026-10-01")
    assert "deletedAt" not in members(installs, "ins_old")["mem_old"]
    # and what was purged is gone with its members and add-ons
    assert members(installs, "ins_kept") == {}
    for gone in ("ins_kept", "ins_kept_addon", "ins_kept_addon_addon"):
        assert installs.call("get", gone)[0] == 404
    assert list(Verifier(installs.table, repair=False).run()) == []


def test_a_stream_record_of_the_release_is_understood(release: Release) -> None:
    rows = [item for item in release.items if item["sk"]["S"] == keys.INSTALL_SK]
    assert len(rows) > 50
    for item in rows:
        record_of = {"dynamodb": {"Keys": {"pk": item["pk"], "sk": item["sk"]}, "OldImage": item}}
        subject = subject_of(record_of)
        assert subject is not None
        assert subject.install is not None
        assert subject.install.id == item["id"]["S"]


def test_a_release_can_be_recorded(
    tmp_path: Path, dynamodb_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tmp_path / "next", dynamodb_endpoint, monkeypatch)

    # The same rows in the table of another version: the same answers.
    made = Release("next", tmp_path)
    assert [one for one in made.answers if one not in RELEASES[-1].answers] == []
    assert len(made.cursors) == len(RELEASES[-1].cursors)
    assert made.items_under_way
