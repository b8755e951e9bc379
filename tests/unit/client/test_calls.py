"""Requests of the client, and its reading of answers (CONTRACT.md sections 2 to 6)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from installs.query.language.parameters import PARAMETERS, SHORTHANDS
from installs_client import (
    AsyncClient,
    Client,
    Counts,
    IncludeWithInstall,
    InvalidRequestError,
    Page,
    Query,
    UnexpectedAnswerError,
    where,
)
from tests import rows
from tests.unit.client.service import BASE, ONCE, Service, ids, page, row

if TYPE_CHECKING:
    from tests.unit.client.service import Make

PATH = "/dev/api/integration-installs"
DONE = httpx.Response(200, json={"success": True})


def test_each_method_calls_its_route(make: Make) -> None:
    service = Service(
        [
            page("ins_a"),
            httpx.Response(200, json=row()),
            DONE,
            httpx.Response(200, json=row()),
            DONE,
        ]
    )
    client = make(service)

    assert [one.id for one in client.list().rows] == ["ins_a"]
    assert client.get("ins_a").id == "ins_a"
    client.uninstall("ins_a")
    assert client.restore("ins_a").id == "ins_a"
    client.purge("ins_a")

    assert [(request.method, request.url.path) for request in service.asked] == [
        ("GET", PATH),
        ("GET", f"{PATH}/ins_a"),
        ("DELETE", f"{PATH}/ins_a"),
        ("POST", f"{PATH}/ins_a/restore"),
        ("DELETE", f"{PATH}/ins_a/purge"),
    ]


def test_a_row_has_types_and_keeps_what_came(make: Make) -> None:
    given = row("ins_a", deletedAt="2026-11-23T10:00:00.000Z", retentionTier="eternal", newField=1)
    found = make(Service([httpx.Response(200, json=given)])).get("ins_a")

    assert found.deleted_at == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert found.last_upgraded_at is None
    assert found.variables == {"region": rows.VALUE}
    assert found.retention_tier == "eternal"
    assert found.raw == given


def test_the_parameters_are_those_of_the_service() -> None:
    names = {"orderBy" if name == "order_by" else name for name in Query.__annotations__}
    assert names == set(PARAMETERS)


def test_a_query_is_sent_as_the_service_reads_it(make: Make) -> None:
    service = Service([page()])
    words = dict.fromkeys(SHORTHANDS, "x")
    make(service).list(
        filter=where.install.member_policy.eq("manual"),
        order_by=[where.install.deleted_at.desc_nulls_last(), where.install.id.asc()],
        ids=["ins_a", "ins_b"],
        limit=5,
        after="a",
        before=None,
        include_deleted="true",
        **words,
    )

    assert service.queries == [
        {
            "filter": '{"memberPolicy":{"eq":"manual"}}',
            "orderBy": '[{"deletedAt":"desc_nulls_last"},{"id":"asc"}]',
            "ids": "ins_a,ins_b",
            "limit": "5",
            "after": "a",
            "include_deleted": "true",
            **words,
        }
    ]


def test_the_trash_is_the_deleted_alone(make: Make) -> None:
    service = Service([page()])
    make(service).trash(workspace_id="wsp_acme", limit=1)
    make(service).list(filter="{}", order_by='[{"id":"asc"}]')

    assert service.queries == [
        {"workspace_id": "wsp_acme", "limit": "1", "include_deleted": "only"},
        {"filter": "{}", "orderBy": '[{"id":"asc"}]'},
    ]


@pytest.mark.parametrize(
    "query",
    [
        {"ids": []}, {"ids": "ins_a"}, {"ids": ["a b"]}, {"ids": ["a"] * 101}, {"ids": [""]},
        {"limit": 0}, {"limit": 101}, {"limit": True}, {"limit": "5"},
        {"workspace_id": ""}, {"after": ""}, {"filter": ""}, {"order_by": ""}, {"order_by": []},
        {"filter": {"id": "a"}}, {"filter": where.solution.id.eq("a")}, {"order_by": ["id"]},
        {"order_by": [where.install.id.asc()] * 2}, {"workspace": "wsp_acme"},
        {"order_by": where.install.id.asc()},
        {"order_by": [getattr(where.install, name).asc() for name in
                      ("id", "solution_id", "installed_by", "deleted_at", "installed_at",
                       "workspace_id")]},
    ],
)  # fmt: skip
def test_a_query_that_would_be_refused_is_not_sent(make: Make, query: dict[str, Any]) -> None:
    service = Service([page()])
    client = make(service)
    for method in (client.list, client.trash, client.pages, client.rows):
        with pytest.raises(InvalidRequestError):
            method(**query)

    assert service.asked == []


@pytest.mark.parametrize("install_id", ["", ".", "..", "a/purge", "a b", "a" * 129, "é", None, 1])
def test_what_is_no_id_never_becomes_a_path(make: Make, install_id: Any) -> None:  # noqa: ANN401
    service = Service([DONE])
    client = make(service)
    for method in (client.get, client.uninstall, client.restore, client.purge):
        with pytest.raises(InvalidRequestError):
            method(install_id)

    assert service.asked == []


@pytest.mark.parametrize("url", ["", "api.example.com", "ftp://host", "https://", f"{BASE}?a=b", 1])
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_what_is_no_base_url_is_refused(kind: type[Client | AsyncClient], url: Any) -> None:  # noqa: ANN401
    with pytest.raises(InvalidRequestError):
        kind(url, "token")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"), httpx.Response(200, json=[]),
        httpx.Response(200, json={}), httpx.Response(200, json={"success": False}),
        httpx.Response(200, json=row(installedAt="then")), httpx.Response(302),
        httpx.Response(404, text="<html>"), httpx.Response(404, json={"message": "Not Found"}),
        httpx.Response(404, json={"code": "not_found", "detail": "of another service"}),
        httpx.Response(400, text="{", headers={"Content-Type": "application/problem+json"}),
        httpx.Response(400, text="[]", headers={"Content-Type": "application/problem+json"}),
        httpx.Response(400, json={"code": "x", "errors": 1},
                       headers={"Content-Type": "application/problem+json"}),
        httpx.Response(502, text="Bad Gateway"),
    ],
)  # fmt: skip
def test_an_answer_of_something_else_is_told_as_such(make: Make, answer: httpx.Response) -> None:
    client = make(Service([answer]), retries=ONCE)
    for method in (client.get, client.uninstall, client.purge):
        with pytest.raises(UnexpectedAnswerError) as told:
            method("ins_a")
        assert told.value.status == answer.status_code


def test_pagination_forward(make: Make) -> None:
    service = Service([page("a", "b", more=True), page("c", "d", more=True), page("e")])

    assert ids(make(service).rows(limit=2, workspace_id="w")) == ["a", "b", "c", "d", "e"]
    assert [query.get("after") for query in service.queries] == [None, "b", "d"]
    assert {query["limit"] for query in service.queries} == {"2"}
    assert {query["workspace_id"] for query in service.queries} == {"w"}


def test_pagination_backward_has_the_nearest_first(make: Make) -> None:
    service = Service([page("c", "d", before=True), page("a", "b")])

    assert ids(make(service).rows(before="e")) == ["d", "c", "b", "a"]
    assert [query["before"] for query in service.queries] == ["e", "c"]


def test_pagination_between_two_cursors_ends_where_nothing_is_left(make: Make) -> None:
    service = Service([page("b", more=True), page(more=True)])

    assert ids(make(service).rows(after="a", before="c")) == ["b"]
    assert [(query["after"], query["before"]) for query in service.queries] == [
        ("a", "c"), ("b", "c"),
    ]  # fmt: skip


def test_pagination_with_a_maximum_reads_no_more(make: Make) -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params.get("after", "0"))
        limit = int(request.url.params["limit"])
        return page(*(str(n) for n in range(start + 1, start + 1 + limit)), more=True)

    service = Service([cut])
    assert len(list(make(service).rows(max_rows=130))) == 130
    assert [query["limit"] for query in service.queries] == ["100", "30"]
    assert list(make(service).rows(max_rows=0)) == []
    assert len(service.asked) == 2


def test_pages_of_at_most_so_many(make: Make) -> None:
    service = Service([page("a", more=True), page("b", more=True), page("c", more=True)])
    found: list[Page] = list(make(service).pages(max_pages=2))

    assert [one.id for each in found for one in each.rows] == ["a", "b"]
    with pytest.raises(InvalidRequestError):
        make(service).pages(max_pages=-1)


@pytest.mark.parametrize("second", [page("b", more=True), page("x", "a", more=True)])
def test_pagination_that_makes_no_progress_ends(make: Make, second: httpx.Response) -> None:
    client = make(Service([page("a", more=True), second]))
    with pytest.raises(UnexpectedAnswerError):
        list(client.rows())


USER = {
    "id": "usr_ada", "name": "Ada", "handle": "ada", "createdAt": rows.CREATED,
    "email": "ada@example.com", "role": "user",
}  # fmt: skip


def test_included_rows_come_with_a_page_and_with_each_of_its_rows(make: Make) -> None:
    answer = page("ins_a", "ins_b").json() | {
        "included": {
            "users": {"usr_ada": USER},
            "parentInstalls": {"ins_c": row("ins_c")},
            "planets": {"mars": {}},
        }
    }
    service = Service([httpx.Response(200, json=answer)])
    client = make(service)

    found: Page = client.list(include=["installer", "parentInstall"])
    assert service.queries == [{"include": "installer,parentInstall"}]
    assert found.included.users["usr_ada"].email == "ada@example.com"
    assert found.included.parent_installs["ins_c"].id == "ins_c"
    assert (found.included.integrations, found.included.members) == ({}, None)
    for one in client.rows(include=["installer"]):
        assert one.included.users[one.installed_by].name == "Ada"


def test_included_rows_come_with_one_install(make: Make) -> None:
    member = {
        name: value for name, value in rows.member("mem_a", "ins_a").items() if name != "type"
    }
    included = {
        "members": {"total": 250, "data": [member]},
        "addOns": {"total": 1, "data": [row("ins_b")]},
        "users": {"usr_ada": {name: USER[name] for name in ("id", "name", "handle", "createdAt")}},
    }
    change = {
        "revision": 7, "occurredAt": rows.CREATED, "kind": "changed", "cause": "retention",
        "actor": {"id": None, "kind": "retention"}, "requestId": None, "deletionId": None,
        "fields": ["solutionId"], "counts": None,
    }  # fmt: skip
    settled = change | {"kind": "settled", "counts": {"deleted": 3, "restored": 0, "purged": 0}}
    included["history"] = {"data": [settled, change], "hasMore": True}
    service = Service([httpx.Response(200, json=row() | {"included": included})])
    names: list[IncludeWithInstall] = ["members", "addOns", "installer", "history"]
    found = make(service).get("ins_a", include=names, include_deleted="only")

    assert service.queries == [{"include": ",".join(names), "include_deleted": "only"}]
    assert found.included.history is not None
    assert found.included.history.has_more
    (settled, changed) = found.included.history.entries
    assert settled.counts == Counts(deleted=3, restored=0, purged=0)
    assert (changed.kind, changed.actor_id, changed.fields) == ("changed", None, ("solutionId",))
    assert changed.occurred_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert found.included.members is not None
    assert (found.included.members.total, found.included.members.rows[0].enabled) == (250, True)
    assert found.included.add_ons is not None
    assert [one.id for one in found.included.add_ons.rows] == ["ins_b"]
    assert found.included.users["usr_ada"].role is None  # as a public key is shown a person
    assert found.raw == row()
    assert hash(found) == hash(make(Service([httpx.Response(200, json=row())])).get("ins_a"))


@pytest.mark.parametrize(
    "include", [[], "installer", ["installers"], ["installer", "installer"], [""], 1, [None]]
)
def test_names_that_would_be_refused_are_not_sent(make: Make, include: Any) -> None:  # noqa: ANN401
    service = Service([page()])
    client = make(service)
    for method, given in (
        (client.list, ()), (client.rows, ()), (client.pages, ()), (client.get, ("ins_a",)),
    ):  # fmt: skip
        with pytest.raises(InvalidRequestError):
            method(*given, include=include)
    with pytest.raises(InvalidRequestError):
        client.list(include=["members"])

    assert service.asked == []
