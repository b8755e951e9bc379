"""Relations that become ids keep the rows that they kept (docs/adr/0007)."""

from __future__ import annotations

import pytest

from tests.unit.query.test_execute import Watched, ids, install, listed

GONE = {"deletedAt": "2026-11-29T00:00:00.000Z", "retentionTier": "long"}
BY_ID = '[{"id":"asc"}]'


def test_a_workspace_that_is_not_there_has_nothing_but_nulls() -> None:
    reader = Watched(install("i"))
    assert ids(listed(reader, filter='{"workspace":{"name":{"isNull":true}}}')) == ["i"]
    assert ids(listed(reader, filter='{"workspace":{"name":"Acme"}}')) == []


def test_an_integration_of_which_only_deleted_installs_are_left_is_looked_for() -> None:
    about = {
        "id": "itg_b", "workspaceId": "wsp_a", "slug": "s", "name": "n", "description": None,
        "publisher": "acme", "trustTier": "community", "currentVersion": None,
        "visibility": "public", "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": "2026-01-01T00:00:00.000Z", "deletedAt": None,
    }  # fmt: skip
    rows = [install("live"), install("gone", integrationId="itg_b", **GONE)]
    reader = Watched(*rows, integration=[about])
    wanted = '{"integration":{"publisher":"acme"}}'
    assert ids(listed(reader, filter=wanted, include_deleted="true")) == ["gone"]
    assert ids(listed(reader, filter=wanted)) == []


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ('{"addOns":{"some":{"id":"add"}}}', ["top"]),
        ('{"addOns":{"none":{"id":"add"}}}', ["add", "lone", "other", "two"]),
        ('{"addOns":{"every":{"id":"add"}}}', ["add", "lone", "other", "top"]),
        ('{"NOT":{"addOns":{"every":{"id":"add"}}}}', ["two"]),
        ('{"NOT":{"addOns":{"some":{"id":"add"}}}}', ["add", "lone", "other", "two"]),
        ('{"OR":[{"addOns":{"some":{"id":"add"}}},{"id":"lone"}]}', ["lone", "top"]),
    ],
)
def test_only_who_has_one_of_the_add_ons_is_their_parent(wanted: str, kept: list[str]) -> None:
    reader = Watched(
        install("top"), install("add", parentInstallId="top"), install("lone"), install("two"),
        install("other", parentInstallId="two"),
    )  # fmt: skip
    assert ids(listed(reader, filter=wanted, orderBy=BY_ID)) == kept
