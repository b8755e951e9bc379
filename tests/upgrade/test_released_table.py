"""A table of each released version is read and written right by the code of today."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from functions.get_install.handler import handler as get_install
from functions.list_installs.handler import handler as list_installs
from functions.purge_install.handler import handler as purge_install
from functions.restore_install.handler import handler as restore_install
from functions.uninstall_install.handler import handler as uninstall_install
from installs import access, clock, repair, tokens
from installs.authentication import authenticate
from installs.cascade import Work
from installs.store import items, keys
from installs.store import table as store
from installs.stream import place_of
from tests.rows_on_table import put_items
from tests.upgrade.releases import RELEASES
from tools.importer.table import open_table
from tools.operate.verify import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from installs.store.table import Table
    from tests.upgrade.releases import Release

ADMIN: Final = "usr_ada"
UNFINISHED: Final = {
    "install ins_purging",
    "install ins_restoring",
    "install ins_unfinished",
    "solution sol_purging",
    "solution sol_restoring",
    "solution sol_unfinished",
}
"""The cascades that were under way when the table was dumped."""
SECRETS: Final = {
    "sec_" + "s" * 43: ("key_sec", True),
    "sec_" + "l" * 43: ("key_low", True),
    "pub_" + "p" * 43: ("key_pub", True),
    "tok_" + "t" * 43: ("key_tok", True),
    "sec_" + "c" * 43: ("key_closed", False),
    "sec_" + "e" * 43: None,
    "sec_" + "r" * 43: None,
}
"""By secret: the principal and if it is let in; ``None`` where the key no longer works."""


@pytest.fixture(params=RELEASES, ids=lambda release: release.version)
def release(request: pytest.FixtureRequest) -> Release:
    found: Release = request.param
    return found


@pytest.fixture
def table(
    release: Release,
    table_name: str,
    dynamodb_endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Table]:
    """An empty table as the template of today defines it, at the moment of the release's dump."""
    monkeypatch.setattr(clock, "now", lambda: release.now)
    store.client.cache_clear()
    access._seen.clear()
    yield open_table(table_name, dynamodb_endpoint)
    store.client.cache_clear()
    access._seen.clear()


@pytest.fixture
def upgraded(table: Table, release: Release) -> Table:
    """The table of a release, after the layout upgrade of docs/upgrade.md."""
    put_items(table, release.items)
    findings = list(Verifier(table, repair=True).run())
    # A layout upgrade is about counters, and finds nothing else wrong.
    assert [one for one in findings if not one.about.startswith("count ") or not one.mended] == []
    return table


@pytest.fixture
def under_way(table: Table, release: Release) -> Table:
    """The table of a release that had begun cascades."""
    put_items(table, release.items_under_way)
    return table


def call(
    handler: Callable[..., Any],
    install_id: str | None = None,
    principal: str = ADMIN,
    kind: str = "user",
    **query: str,
) -> tuple[int, Any]:
    """The status and the body of an answer."""
    access._seen.clear()
    answer = handler(
        {
            "requestContext": {
                "requestId": "req_1",
                "authorizer": {"principal": principal, "kind": kind},
            },
            "pathParameters": None if install_id is None else {"id": install_id},
            "multiValueQueryStringParameters": {n: [v] for n, v in query.items()} or None,
        },
        None,
    )
    return answer["statusCode"], json.loads(answer["body"])


def finish(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the repair finish every cascade, level by level."""
    for _ in range(4):
        moment = clock.now() + timedelta(minutes=10)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        assert repair.finish_overdue(Work(table)).failed == 0


def disagreements(table: Table) -> set[str]:
    return {finding.about for finding in Verifier(table, repair=False).run()}


def of_counts(table: Table) -> set[str]:
    return {about for about in disagreements(table) if about.startswith("count ")}


def members(table: Table, owner: str) -> dict[str, dict[str, Any]]:
    """The members of an install, by id."""
    found = table.client.query(
        TableName=table.name,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
        ExpressionAttributeValues={
            ":pk": {"S": keys.install(owner).pk},
            ":prefix": {"S": keys.MEMBER_PREFIX},
        },
    )
    rows = [items.decode(item) for item in found["Items"]]  # type: ignore[arg-type]
    return {row["id"]: row for row in rows}


@pytest.mark.usefixtures("upgraded")
def test_get_and_list_answer_as_the_release_did(release: Release) -> None:
    # given calls of users and API keys over live, deleted, cascaded and expired installs
    assert len(release.answers) > 300
    wrong = []
    # when each is made again
    for asked in release.answers:
        handler = get_install if asked["call"] == "get" else list_installs
        status, body = call(
            handler, asked["id"], asked["principal"], asked["kind"], **asked["query"]
        )
        body.pop("requestId", None)
        if status != 200:
            body = body["code"]
        elif asked["call"] == "list":
            body["data"] = [row["id"] for row in body["data"]]
            body["pageInfo"].pop("startCursor")
            body["pageInfo"].pop("endCursor")
        if (status, body) != (asked["status"], asked["answer"]):
            wrong.append((asked, status, body))
    # then each is answered as the release answered it: rows, order, totals and flags
    assert wrong == []


@pytest.mark.usefixtures("upgraded")
def test_a_cursor_of_the_release_goes_on_or_is_refused(release: Release) -> None:
    assert len(release.cursors) > 10
    for asked in release.cursors:
        status, body = call(
            list_installs, None, asked["principal"], asked["kind"], **asked["query"]
        )
        if status == 200:
            assert [row["id"] for row in body["data"]] == asked["answer"]
        else:
            assert (status, body["code"]) == (400, "invalid_cursor")


@pytest.mark.usefixtures("upgraded")
def test_api_keys_of_the_release_let_in_whom_they_did() -> None:
    for secret, wanted in SECRETS.items():
        if wanted is None:
            with pytest.raises(tokens.BadTokenError):
                authenticate(f"Bearer {secret}")
        else:
            caller = authenticate(f"Bearer {secret}")
            assert (caller.id, caller.enabled) == wanted


def test_verify_finds_a_table_of_the_release_in_order(upgraded: Table) -> None:
    assert disagreements(upgraded) == set()


def test_verify_tells_of_the_cascades_that_were_under_way(under_way: Table) -> None:
    assert disagreements(under_way) - of_counts(under_way) == UNFINISHED


def test_cascades_that_the_release_began_are_finished(
    under_way: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(under_way, monkeypatch)

    assert disagreements(under_way) == of_counts(under_way)
    # and each as its install had asked for
    assert not any(row["enabled"] for row in members(under_way, "ins_unfinished").values())
    restored = {name: row["enabled"] for name, row in members(under_way, "ins_restoring").items()}
    assert restored == {
        "mem_restoring_on": True,
        "mem_restoring_off": False,
        "mem_restoring_detached": True,
    }
    assert members(under_way, "ins_purging") == {}


def test_an_install_of_the_release_lives_on(
    upgraded: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = call(get_install, "ins_live")[1], members(upgraded, "ins_live")
    # when a live one is uninstalled and restored
    assert call(uninstall_install, "ins_live")[0] == 200
    finish(upgraded, monkeypatch)
    assert not any(row["enabled"] for row in members(upgraded, "ins_live").values())
    assert call(get_install, "ins_live_addon_addon")[1]["deletedAt"] is not None
    assert call(restore_install, "ins_live")[0] == 200
    finish(upgraded, monkeypatch)
    # then it is as the release wrote it
    assert (call(get_install, "ins_live")[1], members(upgraded, "ins_live")) == before
    assert disagreements(upgraded) == set()


def test_what_the_release_deleted_comes_back_or_goes(
    upgraded: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    # when deleted installs are restored, with an add-on that had been uninstalled before its parent
    assert call(restore_install, "ins_deleted")[0] == 200
    assert call(restore_install, "ins_apart")[0] == 200
    assert call(restore_install, "ins_old")[0] == 200
    # and others are purged; a live one and one past its retention cannot be
    assert call(purge_install, "ins_kept")[0] == 200
    assert call(purge_install, "ins_live")[0] == 409
    assert call(purge_install, "ins_expired")[0] == 404
    assert call(restore_install, "ins_expired")[0] == 404
    finish(upgraded, monkeypatch)
    # then what each deletion took is back, and no more than that
    enabled = {name: row["enabled"] for name, row in members(upgraded, "ins_deleted").items()}
    assert enabled == {
        "mem_deleted_on": True,
        "mem_deleted_off": False,
        "mem_deleted_detached": True,
    }
    assert call(get_install, "ins_deleted_addon_addon")[1]["deletedAt"] is None
    assert call(get_install, "ins_apart_addon")[1]["deletedAt"] is not None
    assert members(upgraded, "ins_old")["mem_old_before"]["deletedAt"].startswith("2026-10-01")
    assert "deletedAt" not in members(upgraded, "ins_old")["mem_old"]
    # and what was purged is gone with its members and add-ons
    assert members(upgraded, "ins_kept") == {}
    for gone in ("ins_kept", "ins_kept_addon", "ins_kept_addon_addon"):
        assert call(get_install, gone)[0] == 404
    assert disagreements(upgraded) == set()


def test_a_stream_record_of_the_release_is_understood(release: Release) -> None:
    installs = [item for item in release.items if item["sk"]["S"] == keys.INSTALL_SK]
    assert len(installs) > 50
    for item in installs:
        record = {"dynamodb": {"Keys": {"pk": item["pk"], "sk": item["sk"]}, "OldImage": item}}
        assert place_of(record).id == item["id"]["S"]
