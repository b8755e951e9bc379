"""Included rows over a table in memory: what is read for them, and who sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from installs.query.execution.executor import run
from installs.query.execution.included import IncludeLoader, RelatedRows
from installs.query.language.parameters import Deleted, parse
from installs.query.language.schema import ENTITIES, PUBLIC_ENTITIES
from tests import rows as factory
from tests.listing import OWN, OWN_WORKSPACE, Watched, ids, install, listed
from tests.property.list.world import NOW, install_item

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from installs.query.execution.included import Included
    from installs.store.items import Item
    from tests.rows import Row

EVERYTHING = "integration,integrationVersion,workspace,solution,parentInstall,installer"
LONG_AGO = {"deletedAt": "2020-01-01T00:00:00.000Z", "retentionTier": "short"}


class Counting(Watched):
    """Remembers each read by ids."""

    def __init__(self, *rows: Row, **others: list[Row]) -> None:
        super().__init__(*rows, **others)
        self.reads: list[dict[str, list[str]]] = []

    def rows_of(self, wanted: Mapping[str, Iterable[str]]) -> Mapping[str, Mapping[str, Item]]:
        self.reads.append({entity: list(row_ids) for entity, row_ids in wanted.items()})
        return super().rows_of(wanted)


def stored(*lines: Row) -> list[Row]:
    return list(map(factory.stored, lines))


def solution(solution_id: str, **fields: object) -> Row:
    return factory.stored(factory.solution(solution_id, workspaceId=OWN_WORKSPACE) | fields)


def included_with(reader: Watched, row: Row, names: list[str], **by: Any) -> Included:  # noqa: ANN401
    loader = IncludeLoader(reader, OWN, NOW, by.get("entities", ENTITIES))
    return loader.include([install_item(row)], names, by.get("deleted", Deleted.EXCLUDED))


def test_each_related_row_comes_once_and_by_one_read() -> None:
    # given three installs of one integration, one of them an add-on of another on the page
    reader = Counting(
        install("a", parentInstallId="b", solutionId="s", installedBy="u"),
        install("b", parentInstallId="z", installedBy="u"),
        install("c", integrationId="itg_none", installedBy="u"),
        integration=stored(factory.integration("itg_a")),
        solution=[solution("s")],
        user=stored(factory.user("u")),
        workspace=stored(factory.workspace(OWN_WORKSPACE, "own")),
    )
    page = listed(reader, include=EVERYTHING)
    assert page.included is not None
    assert {name: list(rows) for name, rows in page.included.items()} == {  # type: ignore[arg-type]
        "integrations": ["itg_a"],
        "integrationVersions": [],
        "workspaces": [OWN_WORKSPACE],
        "solutions": ["s"],
        "parentInstalls": ["b"],
        "users": ["u"],
    }
    assert reader.reads == [
        {
            "Integration": ["itg_none", "itg_a"],
            "IntegrationVersion": ["ver_crm_2"],
            "Workspace": [OWN_WORKSPACE],
            "Solution": ["s"],
            "Install": ["z"],  # b is on the page
            "User": ["u"],
        }
    ]


def test_without_include_nothing_more_is_read() -> None:
    reader = Counting(install("a", parentInstallId="b"))
    assert listed(reader).included is None
    assert reader.reads == []


def test_a_page_without_rows_includes_none() -> None:
    reader = Counting(integration=stored(factory.integration("itg_a")))
    for query in ({}, {"filter": '{"AND":[{"id":{"in":[]}}]}'}):
        page = listed(reader, include="solution,integration", **query)
        assert page.included == {"solutions": {}, "integrations": {}}


def test_a_row_has_all_of_its_fields() -> None:
    reader = Watched(install("a", solutionId="s", parentInstallId="a"), solution=[solution("s")])
    page = listed(reader, include="solution,parentInstall")
    assert page.included is not None
    own, parent = page.included["solutions"]["s"], page.included["parentInstalls"]["a"]  # type: ignore[index]
    assert tuple(own) == tuple(ENTITIES["Solution"].fields)
    assert own["deletedAt"] is None
    assert tuple(parent) == tuple(ENTITIES["Install"].fields)
    assert parent["variables"] == "{}"


def test_a_row_out_of_reach_or_past_its_retention_is_not_there() -> None:
    rows = (
        install("a", solutionId="far", parentInstallId="hidden"),
        install("b", solutionId="past", parentInstallId="gone"),
        install("hidden", workspaceId="wsp_other"),
        install("gone", **LONG_AGO),
    )
    others = [solution("far", workspaceId="wsp_other"), solution("past", **LONG_AGO)]
    query = parse({"include": ["solution,parentInstall"]})
    page = run(query, OWN, Watched(*rows, solution=others), NOW)
    assert ids(page) == ["b", "a"]
    assert page.included == {"solutions": {}, "parentInstalls": {}}
    # and one who sees all workspaces sees them, but for those whose retention is over
    page = run(query, None, Watched(*rows, solution=others), NOW)
    assert page.included is not None
    assert {name: list(found) for name, found in page.included.items()} == {  # type: ignore[arg-type]
        "solutions": ["far"],
        "parentInstalls": ["hidden"],
    }


def test_a_deleted_row_is_there_as_in_filters() -> None:
    lately = {"deletedAt": "2026-11-29T00:00:00.000Z", "retentionTier": "long"}
    reader = Watched(
        install("a", solutionId="s", parentInstallId="b"),
        install("b", **lately),
        solution=[solution("s", **lately)],
    )
    page = listed(reader, include="solution,parentInstall")
    assert page.included is not None
    assert {name: list(rows) for name, rows in page.included.items()} == {  # type: ignore[arg-type]
        "solutions": ["s"],
        "parentInstalls": ["b"],
    }


@pytest.mark.parametrize(
    ("deleted", "add_ons", "member_ids"),
    [
        (Deleted.EXCLUDED, ["new", "old"], ["m1", "m2"]),
        (Deleted.INCLUDED, ["new", "deleted", "old"], ["deleted", "m1", "m2"]),
        (Deleted.ONLY, ["deleted"], ["deleted"]),
    ],
)
def test_members_and_add_ons_are_those_that_are_seen(
    deleted: Deleted, add_ons: list[str], member_ids: list[str]
) -> None:
    lately = {"deletedAt": "2026-11-29T00:00:00.000Z", "retentionTier": "long"}
    members = [
        factory.stored(factory.member(name, "a", workspaceId=OWN_WORKSPACE) | fields)
        for name, fields in {
            "m2": {}, "m1": {}, "deleted": lately, "far": {"workspaceId": "wsp_other"},
            "gone": LONG_AGO, "far_deleted": {"workspaceId": "wsp_other", **lately},
        }.items()
    ]  # fmt: skip
    reader = Watched(
        install("a"),
        install("old", parentInstallId="a", installedAt="2025-01-01T00:00:00.000Z"),
        install("new", parentInstallId="a", installedAt="2026-01-01T00:00:00.000Z"),
        install("far", parentInstallId="a", workspaceId="wsp_other"),
        install("deleted", parentInstallId="a", installedAt="2025-06-01T00:00:00.000Z", **lately),
        install("far_deleted", parentInstallId="a", workspaceId="wsp_other", **lately),
        install("gone", parentInstallId="a", **LONG_AGO),
        member=members,
    )
    included = included_with(reader, install("a"), ["addOns", "members"], deleted=deleted)
    assert list(included) == ["addOns", "members"]
    found = {
        name: (rows.total, [row["id"] for row in rows.first])
        for name, rows in included.items()
        if isinstance(rows, RelatedRows)
    }
    assert found == {
        "addOns": (len(add_ons), add_ons),
        "members": (len(member_ids), member_ids),
    }


def test_of_many_members_the_first_hundred_come_and_all_are_counted() -> None:
    members = [
        factory.stored(factory.member(f"m{n:03}", "a", workspaceId=OWN_WORKSPACE))
        for n in reversed(range(250))
    ]
    rows = included_with(Watched(install("a"), member=members), install("a"), ["members"])[
        "members"
    ]
    assert isinstance(rows, RelatedRows)
    assert rows.total == 250
    assert [row["id"] for row in rows.first] == [f"m{n:03}" for n in range(100)]


def test_a_public_key_is_shown_less_of_people() -> None:
    reader = Watched(install("a", installedBy="u"), user=stored(factory.user("u")))
    included = included_with(reader, install("a", installedBy="u"), ["installer"],
                             entities=PUBLIC_ENTITIES)  # fmt: skip
    assert included == {
        "users": {"u": {"id": "u", "name": "U", "handle": "u", "createdAt": factory.CREATED}}
    }
