"""Relations that become ids keep the rows that they kept (docs/adr/0007)."""

from __future__ import annotations

import pytest

from tests import rows as factory
from tests.listing import Watched, days, ids, install, listed

GONE = {"deletedAt": "2026-11-29T00:00:00.000Z", "retentionTier": "long"}
BY_ID = '[{"id":"asc"}]'


def test_a_workspace_that_is_not_there_has_nothing_but_nulls() -> None:
    reader = Watched(install("i"))
    assert ids(listed(reader, filter='{"workspace":{"name":{"isNull":true}}}')) == ["i"]
    assert ids(listed(reader, filter='{"workspace":{"name":"Acme"}}')) == []


def integration(integration_id: str) -> factory.Row:
    return factory.integration(integration_id, workspaceId="wsp_a", visibility="public")


@pytest.mark.parametrize(
    ("scoped", "wanted"),
    [
        (True, '{"OR":[{"workspaceId":"wsp_0"},{"workspaceId":"wsp_1"}]}'),
        (False, '{"OR":[{"workspaceId":"wsp_0"},{"workspaceId":"wsp_1"}]}'),
        (True, '{"workspaceId":{"nin":["wsp_2","wsp_3"]}}'),
        (True, '{"NOT":{"OR":[{"workspaceId":"wsp_2"},{"workspaceId":"wsp_3"}]}}'),
        (True, '{"OR":[{"workspaceId":"wsp_0"},'
               '{"workspaceId":"wsp_1","workspace":{"name":{"isNull":true}}}]}'),
        (True, '{"OR":[{"integrationId":"itg_0"},{"integrationId":"itg_1"}]}'),
        (False, '{"OR":[{"integrationId":"itg_0"},{"integrationId":"itg_1"}]}'),
        (False, '{"integration":{"OR":[{"id":"itg_0"},{"id":"itg_1"}]}}'),
        (True, '{"OR":[{"integration":{"id":"itg_0"}},{"integrationId":"itg_1"}]}'),
    ],
)  # fmt: skip
def test_workspaces_and_integrations_that_are_named_in_other_words_are_counted(
    scoped: bool, wanted: str
) -> None:
    """As ``in`` has it: neither page nor total reads the other rows.

    Nor all of these, but where 64 counters of each integration are dearer than the rows may be.
    """
    rows = [
        row | {"workspaceId": f"wsp_{n % 4}", "integrationId": f"itg_{n % 4}"}
        for n, row in enumerate(days(1_000))
    ]
    reader = Watched(*rows, integration=[integration(f"itg_{n}") for n in range(4)])
    scope = frozenset(f"wsp_{n}" for n in range(4)) if scoped else None

    page = listed(reader, scope, filter=wanted, limit="10")

    assert ids(page) == [f"i{n:04}" for n in range(997, 977, -1) if n % 4 < 2][:10]
    assert (page.total, page.has_next) == (500, True)
    counted = scoped or "workspaceId" in wanted
    assert reader.examined <= (80 if counted else 500)


def test_an_integration_that_is_named_and_installed_nowhere_is_not_looked_at() -> None:
    """It may be hidden from the caller, whom the time of a list would tell what it has."""
    reader = Watched(install("i"), integration=[integration("itg_hidden")])
    wanted = '{"integration":{"id":"itg_hidden","publisher":"acme"}}'

    assert listed(reader, filter=wanted).plan == "nothing to read"
    assert listed(reader, filter=wanted.replace("acme", "other")).plan == "nothing to read"


def test_an_integration_of_which_only_deleted_installs_are_left_is_looked_for() -> None:
    about = integration("itg_b")
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
