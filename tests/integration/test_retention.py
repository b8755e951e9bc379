"""Past its retention a row is gone for every reader, swept or not (CONTRACT.md sections 2-6)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from functions.get_install.handler import handler as get
from functions.list_installs.handler import handler as list_installs
from functions.purge_install.handler import handler as purge
from functions.restore_install.handler import handler as restore
from functions.uninstall_install.handler import handler as uninstall
from installs import cascade, clock
from installs.cascade import Work
from installs.lifecycle import OwnerRefs
from installs.store import installs, items, keys, pending
from tests import rows
from tests.loading import load_file
from tools.importer.table import open_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAYS: Final = {"short": 7, "medium": 30, "long": 90}
ONE: Final = "ins_a"


def call(handler: Callable[..., Any], install_id: str | None = None, **query: str) -> Any:  # noqa: ANN401
    """The status and the body of an answer."""
    answer = handler(
        {
            "requestContext": {"authorizer": {"principal": "usr_ada", "kind": "user"}},
            "pathParameters": None if install_id is None else {"id": install_id},
            "multiValueQueryStringParameters": {n: [v] for n, v in query.items()} or None,
        },
        None,
    )
    return answer["statusCode"], json.loads(answer["body"])


def listed(**query: str) -> list[str]:
    status, body = call(list_installs, **query)
    assert status == 200
    found = [row["id"] for row in body["data"]]
    assert body["pageInfo"]["total"] == len(found)
    return found


@pytest.fixture
def load(table_name: str, dynamodb_endpoint: str, tmp_path: Path) -> Callable[..., None]:
    """Puts an install and its add-on into a workspace that chose a tier."""

    def put(tier: str, *more: rows.Row) -> None:
        base = rows.base()
        base[0]["defaultRetentionTier"] = tier
        family = [rows.install(ONE), rows.install("ins_b", parentInstallId=ONE)]
        data = rows.write(tmp_path / "rows.ndjson", [*base, *family, *more])
        load_file(data, table_name, dynamodb_endpoint)

    return put


@pytest.fixture
def move(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Sets the clock so much later than when the test began."""
    started = clock.now()

    def to(later: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: started + later)

    to(timedelta())
    return to


def seen_everywhere(tier: str) -> bool:
    """Return True if the install is found; all ways of reading agree."""
    child = '{"id":"ins_b","parentInstall":{"id":{"isNull":false}}}'
    ways: set[bool] = {
        call(get, ONE)[0] == 200,
        ONE in listed(include_deleted="only"),
        ONE in listed(include_deleted="true"),
        ONE in listed(retention_tier=tier),
        ONE in listed(ids=ONE, include_deleted="true"),
        ONE in listed(include_deleted="only", orderBy='[{"deletedAt":"desc"}]'),
        ONE in listed(include_deleted="only", orderBy='[{"memberPolicy":"asc"}]'),
        bool(listed(filter=child)),
    }
    assert len(ways) == 1
    return ways.pop()


@pytest.mark.parametrize("tier", DAYS)
def test_a_tier_runs_out_for_every_reader_and_writer(
    load: Callable[[str], None],
    move: Callable[[timedelta], None],
    tier: str,
    table_name: str,
    dynamodb_endpoint: str,
) -> None:
    # given an install that was uninstalled, whose row nobody sweeps
    load(tier)
    assert call(uninstall, ONE)[0] == 200
    assert call(get, ONE)[1]["retentionTier"] == tier
    # when the last seconds of its retention have come, it is there
    move(timedelta(days=DAYS[tier], seconds=-2))
    assert seen_everywhere(tier)
    # and when they are over, it is not, for reading or for anything else
    move(timedelta(days=DAYS[tier], seconds=1))
    assert not seen_everywhere(tier)
    for handler in (uninstall, restore, purge):
        assert call(handler, ONE)[0] == 404
    # nor is it in the way of an add-on that outlives it, for callers or for the cascade
    assert call(uninstall, "ins_b")[0] == 200
    assert call(restore, "ins_b")[0] == 200
    for install_id in (ONE, "ins_b"):
        refs = OwnerRefs(install_id, None, None)
        cascade.reconcile(Work(open_table(table_name, dynamodb_endpoint)), refs)
    assert call(get, "ins_b")[1]["deletedAt"] is None


def test_without_retention_it_stays_and_comes_back(
    load: Callable[[str], None], move: Callable[[timedelta], None]
) -> None:
    load("none")
    assert call(uninstall, ONE)[0] == 200
    move(timedelta(days=3650))
    assert seen_everywhere("none")
    assert call(restore, ONE)[0] == 200
    assert call(get, ONE)[1]["deletedAt"] is None


def seen_at_all(install_id: str) -> set[bool]:
    """Return, for get, each list and the total of each, whether the install is found."""
    ways = {call(get, install_id)[0] == 200}
    return ways | {
        install_id in listed(**query)
        for query in (
            {"include_deleted": "true"},
            {"include_deleted": "only", "orderBy": '[{"memberPolicy":"asc"}]'},
            {"ids": install_id, "include_deleted": "true"},
        )
    }


def related(**relation: object) -> list[str]:
    return listed(include_deleted="true", filter=json.dumps(relation))


@pytest.mark.parametrize("swept", [False, True], ids=["unswept", "swept"])
def test_swept_or_not_relations_show_the_same(
    load: Callable[..., None],
    move: Callable[[timedelta], None],
    table_name: str,
    dynamodb_endpoint: str,
    swept: bool,
) -> None:
    # given a parent past its retention, with a member, and a solution that another one is in too
    more = [
        rows.solution("sol_x"),
        rows.install("ins_mate", solutionId="sol_x"),
        rows.install("ins_above"),
        rows.install("ins_below", parentInstallId="ins_above", solutionId="sol_x"),
        rows.member("mem_below", "ins_below"),
    ]
    load("short", *more)
    assert call(uninstall, "ins_below")[0] == 200
    below = {"addOns": {"some": {"id": "ins_below", "deletedAt": {"isNull": False}}}}
    member = {"id": "ins_below", "members": {"some": {"id": "mem_below"}}}
    solution = {"solution": {"name": "Sales"}}
    parent = {"id": "ins_below", "parentInstall": {"id": "ins_above"}}
    assert related(**below) == ["ins_above"]
    assert related(**member) == related(**parent) == ["ins_below"]
    assert sorted(related(**solution)) == ["ins_below", "ins_mate"]
    # when its retention has run out, and DynamoDB has deleted it, or not yet
    move(timedelta(days=7, seconds=1))
    if swept:
        opened = open_table(table_name, dynamodb_endpoint)
        key: Any = items.encode_key(keys.install("ins_below"))
        opened.client.delete_item(TableName=table_name, Key=key)
    # then no relation leads to it or from it, and none of what is left is missed
    assert seen_at_all("ins_below") == {False}
    assert related(**below) == related(**member) == related(**parent) == []
    assert related(**solution) == ["ins_mate"]
    assert related(addOns={"none": {"deletedAt": {"isNull": False}}}, id="ins_above") == [
        "ins_above"
    ]
    for handler in (uninstall, restore, purge):
        assert call(handler, "ins_below")[0] == 404


def test_the_very_moment_is_the_same_for_all(
    load: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    table_name: str,
    dynamodb_endpoint: str,
) -> None:
    # given an install whose retention ends at a whole second
    load("short")
    assert call(uninstall, ONE)[0] == 200
    opened = open_table(table_name, dynamodb_endpoint)
    state = installs.get(opened, ONE)
    assert state is not None
    assert state.deletion is not None
    assert state.deletion.purge_at is not None
    ends = datetime.fromtimestamp(state.deletion.purge_at, UTC)
    cascade.reconcile(Work(opened), state.owner_refs)

    def at(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    # when a microsecond is left, all see it, and a restore would bring it back
    at(ends - timedelta(microseconds=1))
    assert seen_at_all(ONE) == {True}
    assert not state.expired(clock.now())
    # when the second has come, nobody sees it, and nothing can be done with it
    at(ends)
    assert seen_at_all(ONE) == {False}
    for handler in (uninstall, restore, purge):
        assert call(handler, ONE)[0] == 404
    assert call(restore, "ins_b")[0] == 404  # its add-on ends with it
    # and what DynamoDB has not swept three days later is deleted at that very second, not before
    at(ends + pending.TTL_DELAY - timedelta(microseconds=1))
    assert not cascade.expire(opened, ONE)
    at(ends + pending.TTL_DELAY)
    assert cascade.expire(opened, ONE)
    assert installs.get(opened, ONE) is None
