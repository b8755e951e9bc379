"""The handlers on a real engine: the life of an install, with its cascade (CONTRACT.md 2-8)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from functions.get_install.handler import handler as get_install
from functions.list_installs.handler import handler as list_installs
from functions.purge_install.handler import handler as purge_install
from functions.restore_install.handler import handler as restore_install
from functions.uninstall_install.handler import handler as uninstall_install
from installs import cascade, clock
from installs.cascade import Work
from installs.lifecycle import InstallState
from installs.origin import ActorKind, Cause, Origin
from installs.principals import KeyKind
from installs.store import history, installs, items, keys
from installs.store.history import ChangeKind
from installs.store.table import Table
from tests import records
from tools.api_keys.keys import create

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = dict[str, Any]

AT = "2026-11-01T10:00:00.000Z"
"""A moment."""


def install(install_id: str, **fields: object) -> InstallState:
    return InstallState(records.install(install_id, variables={"a": {"b": 3}}, **fields))


@pytest.fixture
def world(table_name: str, dynamodb_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Table:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_endpoint)
    monkeypatch.setenv("TABLE_NAME", table_name)
    made = Table(table_name, boto3.client("dynamodb"))
    rows = [
        items.install_to_item(install("ins_crm", solutionId="sol_sales")),
        items.install_to_item(install("ins_mail", parentInstallId="ins_crm")),
        items.install_to_item(install("ins_sign", parentInstallId="ins_mail")),
        items.install_to_item(install("ins_far", workspaceId="wsp_globex")),
        *(
            items.row_to_item(
                keys.member("ins_crm", f"mem_{n}"),
                records.member(f"mem_{n}", "ins_crm", enabled=n != 1),
            )
            for n in range(250)
        ),
        items.row_to_item(keys.solution("sol_sales"), records.solution("sol_sales")),
        items.row_to_item(
            keys.solution_member("sol_sales", "som_1"),
            records.solution_member("som_1", "sol_sales", "ent_mem_0"),
        ),
        *map(items.encode_key, [
            keys.add_on("ins_crm", "ins_mail"),
            keys.add_on("ins_mail", "ins_sign"),
            keys.solution_install("sol_sales", "ins_crm"),
        ]),
        items.encode_key(keys.live_count("wsp_acme")) | {"live": {"N": "3"}},
        items.encode_key(keys.platform_live_count(7)) | {"live": {"N": "4"}},
        items.encode_key(keys.live_count("wsp_acme", "itg_crm")) | {"live": {"N": "3"}},
        *(
            items.row_to_item(keys.role(user, "wsp_acme"), records.role(user, "wsp_acme", role))
            for user, role in [("usr_ada", "admin"), ("usr_ed", "editor"), ("usr_vi", "viewer")]
        ),
        *(
            items.row_to_item(keys.user(user), records.user(user, role=role))
            for user, role in [
                ("usr_ada", "user"), ("usr_ed", "service"), ("usr_vi", "user"),
                ("usr_root", "admin"), ("usr_robot", "service"),
            ]
        ),
    ]  # fmt: skip
    for start in range(0, len(rows), 25):
        puts = [{"PutRequest": {"Item": item}} for item in rows[start : start + 25]]
        made.client.batch_write_item(RequestItems={table_name: puts})  # type: ignore[dict-item]
    return made


def call(
    handler: Callable[..., Answer], user: str | None, path_id: str | None = None, **query: str
) -> tuple[int, Any]:
    event = {
        "requestContext": {
            "requestId": "req",
            "authorizer": None if user is None else {"principal": user, "kind": "user"},
        },
        "pathParameters": None if path_id is None else {"id": path_id},
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
    }
    answer = handler(event, None)
    return answer["statusCode"], json.loads(answer["body"])


def drain(world: Table, *install_ids: str) -> None:
    """Reconcile each install that changed, as the stream would."""
    for install_id in install_ids:
        seen = (
            installs.get(world, install_id)
            or {
                "ins_crm": install("ins_crm", solutionId="sol_sales"),
                "ins_mail": install("ins_mail", parentInstallId="ins_crm"),
                "ins_sign": install("ins_sign", parentInstallId="ins_mail"),
            }[install_id]
        )
        cascade.reconcile(Work(world), seen.owner_refs)


def snapshot(world: Table) -> dict[tuple[str, str], Any]:
    """The rows and workspaces' counts; without what counts changes, or chance spreads."""
    found = world.client.scan(TableName=world.name)["Items"]
    rows = [items.decode(item) for item in found]  # type: ignore[arg-type]
    return {
        (row["pk"], row["sk"]): {
            name: row[name] for name in row if name not in (items.CHANGES, items.REVISION)
        }
        for row in rows
        if row["sk"] not in {"EPOCH", keys.PENDING_SK}
        and not row["sk"].startswith(keys.HISTORY_PREFIX)
        and (items.LIVE not in row or row["pk"].startswith("WORKSPACE#"))
    }


ALL = ("ins_crm", "ins_mail", "ins_sign")


def test_an_uninstall_takes_all_that_hangs_and_a_restore_brings_exactly_that_back(
    world: Table,
) -> None:
    # given a member disabled by hand, and the world as it was
    before = snapshot(world)
    # when it is uninstalled, twice
    assert call(uninstall_install, "usr_ed", "ins_crm") == (200, {"success": True})
    assert call(uninstall_install, "usr_ed", "ins_crm") == (200, {"success": True})
    drain(world, *ALL, *ALL)
    # then everything of it is deleted with one deletion
    taken = snapshot(world)
    hanging = [
        row for (pk, sk), row in taken.items()
        if sk in ("INSTALL", "SOLUTION") or sk.startswith("MEMBER#")
        if pk != "INSTALL#ins_far"
    ]  # fmt: skip
    assert len(hanging) == 3 + 250 + 2
    assert len({(row["deletionId"], row["deletedAt"]) for row in hanging}) == 1
    assert not any(row.get("enabled") for row in hanging)
    assert taken["WORKSPACE#wsp_acme", "LIVE"]["live"] == 0
    # and an add-on cannot come back alone
    status, problem = call(restore_install, "usr_ed", "ins_mail")
    assert (status, problem["code"]) == (409, "parent_deleted")
    # when it is restored
    status, row = call(restore_install, "usr_ed", "ins_crm")
    assert (status, row["deletedAt"], row["retentionTier"]) == (200, None, None)
    drain(world, *ALL, *ALL)
    # then the world is as it was
    assert snapshot(world) == before


def test_a_purge_deletes_for_good_what_the_uninstall_took(world: Table) -> None:
    assert call(purge_install, "usr_ada", "ins_crm")[1]["code"] == "install_not_deleted"
    call(uninstall_install, "usr_ada", "ins_crm")
    assert call(purge_install, "usr_ada", "ins_crm") == (200, {"success": True})
    # the cascade of the uninstall was overtaken, the purge's own takes all
    drain(world, *ALL)
    left = {pk for pk, _ in snapshot(world)}
    assert not {pk for pk in left if pk.startswith(("INSTALL#", "SOLUTION#"))} - {"INSTALL#ins_far"}
    assert snapshot(world)["WORKSPACE#wsp_acme", "LIVE"]["live"] == 0
    assert call(get_install, "usr_ada", "ins_crm")[0] == 404


def test_roles_and_reach(world: Table) -> None:
    assert call(get_install, "usr_vi", "ins_crm")[1]["variables"] == {"a": {"b": 3}}
    assert call(uninstall_install, "usr_vi", "ins_crm")[1]["code"] == "forbidden"
    assert call(purge_install, "usr_ed", "ins_crm")[1]["code"] == "forbidden"
    absent = call(get_install, "usr_vi", "ins_none")
    assert absent[0] == 404
    assert call(get_install, "usr_vi", "ins_far") == absent
    assert call(uninstall_install, "usr_vi", "ins_far") == absent
    assert call(get_install, "usr_stranger", "ins_crm") == absent
    assert call(get_install, None, "ins_crm")[0] == 401
    assert call(list_installs, "usr_stranger")[1]["data"] == []
    # and a service user sees what its roles show, not everything
    assert call(list_installs, "usr_robot")[1]["data"] == []
    assert call(get_install, "usr_robot", "ins_crm") == absent
    assert call(list_installs, "usr_root")[1]["pageInfo"]["total"] == 4


def test_related_rows_come_along_and_nobody_elses(world: Table) -> None:
    # given a list without include, and with it
    plain = call(list_installs, "usr_vi")[1]
    status, page = call(list_installs, "usr_vi", include="solution,installer,parentInstall")
    assert status == 200
    assert {name: page[name] for name in page if name != "included"} == plain
    assert set(page["included"]) == {"solutions", "users", "parentInstalls"}
    assert page["included"]["solutions"]["sol_sales"]["name"] == "Sales"
    assert page["included"]["users"]["usr_ada"]["email"] == "ada@example.com"
    assert page["included"]["parentInstalls"]["ins_crm"] == next(
        row for row in plain["data"] if row["id"] == "ins_crm"
    )
    # and one install, with its members and its add-ons
    row = call(get_install, "usr_vi", "ins_crm")[1]
    status, details = call(get_install, "usr_vi", "ins_crm", include="members,addOns,workspace")
    included = details.pop("included")
    assert (status, details) == (200, row)
    assert included["workspaces"] == {}
    assert included["members"]["total"] == 250
    assert len(included["members"]["data"]) == 100
    assert included["members"]["data"][1]["enabled"] is False
    assert [add_on["id"] for add_on in included["addOns"]["data"]] == ["ins_mail"]
    # and who may not see the install sees nothing beside it
    absent = call(get_install, "usr_vi", "ins_far")
    assert absent[0] == 404
    assert call(get_install, "usr_vi", "ins_far", include="members") == absent
    # and what is no name is told
    for wrong in ("member", "members,", "members,members"):
        status, problem = call(get_install, "usr_vi", "ins_crm", include=wrong)
        assert (status, problem["errors"][0]["parameter"]) == (400, "include")


def test_what_an_uninstall_took_comes_along(world: Table) -> None:
    # given an install whose uninstall took its members and its add-ons
    call(uninstall_install, "usr_ed", "ins_crm")
    drain(world, "ins_crm")
    row = call(get_install, "usr_vi", "ins_crm")[1]

    def related(**query: str) -> dict[str, int]:
        status, details = call(get_install, "usr_vi", "ins_crm", include="members,addOns", **query)
        included = details.pop("included")
        assert (status, details) == (200, row)
        deleted_at = [one["deletedAt"] for rows in included.values() for one in rows["data"]]
        assert set(deleted_at) <= {row["deletedAt"]}
        return {name: rows["total"] for name, rows in included.items()}

    # when it is read, then they come along where they are asked for
    assert related() == related(include_deleted="false") == {"members": 0, "addOns": 0}
    assert related(include_deleted="only") == {"members": 250, "addOns": 1}
    assert related(include_deleted="true") == {"members": 250, "addOns": 1}
    # and without names the parameter changes nothing
    for choice in ("false", "true", "only"):
        assert call(get_install, "usr_vi", "ins_crm", include_deleted=choice) == (200, row)
    # and what is no choice is told, before the install is looked for
    for install_id in ("ins_crm", "ins_far"):
        status, problem = call(get_install, "usr_vi", install_id, include_deleted="all")
        assert (status, problem["errors"][0]["parameter"]) == (400, "include_deleted")


def changes(
    world: Table,
    *revisions: int,
    workspace: str = "wsp_acme",
    actor: str = "usr_ed",
    now: datetime | None = None,
) -> None:
    """Write entries of the history of an install, as changes do."""
    origin = Origin(actor, ActorKind.USER, Cause.REQUEST, "req-1", "trace")
    for revision in revisions:
        entry = history.Entry(
            "ins_crm", workspace, revision, AT, ChangeKind.CHANGED, origin, fields=("solutionId",)
        )
        world.transact([history.put(entry, now or clock.now())])


def test_the_latest_changes_come_along_with_the_names_of_their_actors(world: Table) -> None:
    # given changes of this life of the install, of one in another workspace, and one long ago
    changes(world, 1, 2, actor="usr_gone")
    changes(world, 3, workspace="wsp_globex")
    changes(world, 4, now=datetime(2020, 1, 1, tzinfo=UTC))
    call(uninstall_install, "usr_ed", "ins_crm")
    drain(world, "ins_crm")
    # when it is read
    status, row = call(get_install, "usr_vi", "ins_crm", include="history")
    # then the newest come first, and each says what, when and by whom
    assert status == 200
    included = row["included"]
    assert set(included) == {"history", "users"}
    settled, uninstalled, *earlier = included["history"]["data"]
    assert (settled["kind"], settled["counts"]["deleted"]) == ("settled", 253)
    assert (uninstalled["kind"], uninstalled["counts"]) == ("uninstalled", None)
    assert uninstalled["fields"] == ["deletedAt", "retentionTier"]
    assert uninstalled["actor"] == {"id": "usr_ed", "kind": "user"}
    assert [entry["revision"] for entry in earlier] == [2, 1]
    assert earlier[0]["requestId"] == "req-1"
    assert "traceId" not in earlier[0]
    assert included["history"]["hasMore"] is False
    # and of who only acted the name is there, as far as there is such a user
    assert set(included["users"]) == {"usr_ed"}
    assert set(included["users"]["usr_ed"]) == {"id", "name", "handle", "createdAt"}
    installer = call(get_install, "usr_vi", "ins_crm", include="installer,history")[1]["included"]
    assert installer["users"]["usr_ada"]["email"] == "ada@example.com"
    assert set(installer["users"]) == {"usr_ed", "usr_ada"}


def test_a_long_history_says_that_there_is_more(world: Table) -> None:
    changes(world, *range(1, 102))
    answer = call(get_install, "usr_vi", "ins_crm", include="history")[1]["included"]["history"]
    assert [entry["revision"] for entry in answer["data"]] == list(range(101, 1, -1))
    assert answer["hasMore"] is True


def test_a_public_key_knows_no_history_and_less_of_people(world: Table) -> None:
    workspace = items.row_to_item(keys.workspace("wsp_acme"), records.workspace("wsp_acme"))
    world.client.put_item(TableName=world.name, Item=workspace)

    def ask(kind: KeyKind, **query: str) -> tuple[int, Any]:
        key = create(world, kind, "wsp_acme").key.id
        path = None if "filter" in query else "ins_crm"
        context = {"authorizer": {"principal": key, "kind": "key"}, "requestId": "req"}
        answer = (get_install if path else list_installs)(
            {
                "requestContext": context,
                "pathParameters": path and {"id": path},
                "multiValueQueryStringParameters": {name: [text] for name, text in query.items()},
            },
            None,
        )
        return answer["statusCode"], json.loads(answer["body"])

    email = '{"installer":{"email":{"endsWith":"example.com"}}}'
    assert ask(KeyKind.SECRET, include="history")[0] == 200
    assert ask(KeyKind.SECRET, filter=email)[1]["pageInfo"]["total"] == 3
    for query in ({"include": "history"}, {"include": "histories"}):
        status, problem = ask(KeyKind.PUBLIC, **query)
        assert (status, problem["errors"][0]["code"]) == (400, "invalid_value")
    status, problem = ask(KeyKind.PUBLIC, filter=email)
    assert (status, problem["errors"]) == (400, [{
        "parameter": "filter", "pointer": "/installer/email", "code": "unknown_field",
        "detail": "'email' is not a field of User",
    }])  # fmt: skip
    users = ask(KeyKind.PUBLIC, include="installer")[1]["included"]["users"]
    assert set(users["usr_ada"]) == {"id", "name", "handle", "createdAt"}
    # nor does a message name what such a key does not know
    names = "integration, integrationVersion, workspace, solution, parentInstall, installer"
    for query, detail in (
        ({"filter": '{"installer":{"emai":"a"}}'}, "'emai' is not a field of User"),
        ({"filter": '{"installer":{"role":"x"}}'}, "'role' is not a field of User"),
        ({"filter": "{}", "orderBy": '[{"installer":{"role":"asc"}}]'},
         "'role' is not a field of User"),
        ({"filter": "{}", "include": "history"}, f"'history' is not one of {names}"),
        ({"include": "histor"}, f"'histor' is not one of {names}, members, addOns"),
    ):  # fmt: skip
        status, problem = ask(KeyKind.PUBLIC, **query)
        assert (status, problem["errors"][0]["detail"]) == (400, detail)


def test_pages_walk_both_ways(world: Table) -> None:
    order = '[{"installedAt":"asc"}]'
    first = call(list_installs, "usr_vi", limit="2", orderBy=order)[1]
    assert [row["id"] for row in first["data"]] == ["ins_crm", "ins_mail"]
    info = first["pageInfo"]
    assert (info["total"], info["hasNextPage"], info["hasPreviousPage"]) == (3, True, False)
    second = call(list_installs, "usr_vi", limit="2", orderBy=order, after=info["endCursor"])[1]
    assert [row["id"] for row in second["data"]] == ["ins_sign"]
    back = second["pageInfo"]["startCursor"]
    again = call(list_installs, "usr_vi", limit="1", orderBy=order, before=back)[1]
    assert [row["id"] for row in again["data"]] == ["ins_mail"]
    assert again["pageInfo"]["hasPreviousPage"]
    status, problem = call(list_installs, "usr_vi", after=info["endCursor"])
    assert (status, problem["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"parent_install_id": "ins_crm"}, ["ins_mail"]),
        ({"solution_id": "sol_sales"}, ["ins_crm"]),
        ({"integration_id": "itg_crm", "workspace_id": "wsp_globex"}, []),
        ({"ids": "ins_sign,ins_far,ins_crm"}, ["ins_crm", "ins_sign"]),
        ({"filter": '{"members":{"some":{"enabled":false}}}'}, ["ins_crm"]),
        ({"filter": '{"parentInstall":{"solution":{"name":{"startsWithi":"SAL"}}}}'}, ["ins_mail"]),
        ({"filter": '{"variables":{"path":["a","b"],"gt":2},"NOT":{"id":"ins_mail"}}'},
         ["ins_crm", "ins_sign"]),
        ({"include_deleted": "only"}, []),
    ],
)  # fmt: skip
def test_filters(world: Table, query: dict[str, str], ids: list[str]) -> None:
    status, answer = call(list_installs, "usr_vi", orderBy='[{"id":"asc"}]', **query)
    assert status == 200
    assert [row["id"] for row in answer["data"]] == ids


@pytest.mark.parametrize(
    "query",
    [{"limit": "0"}, {"limit": "101"}, {"nope": "1"}, {"ids": ""}, {"member_policy": "auto"},
     {"filter": "{"}, {"orderBy": "[]"}, {"after": "x"}, {"include_deleted": "yes"}],
)  # fmt: skip
def test_bad_parameters_are_named(world: Table, query: dict[str, str]) -> None:
    status, problem = call(list_installs, "usr_vi", **query)
    assert status == 400
    assert problem["errors"][0]["parameter"] == next(iter(query))
