from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from installs import model, principals
from installs.ingest.models import MODELS
from installs.lifecycle import has_expired, purge_time
from tools.demo import demo_lines, write
from tools.importer.reading import checked

if TYPE_CHECKING:
    from enum import StrEnum
    from pathlib import Path

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def rows() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in demo_lines(NOW):
        row = json.loads(line)
        found[row["type"]].append(row)
    return found


def test_the_same_day_gives_the_same_lines() -> None:
    assert list(demo_lines(NOW)) == list(demo_lines(NOW))


def test_what_the_service_uninstalls_is_live_before_and_else_the_same() -> None:
    after, before = list(demo_lines(NOW)), list(demo_lines(NOW, before_changes=True))
    differing = [
        (old, new)
        for old, new in zip(map(json.loads, before), map(json.loads, after), strict=True)
        if old != new
    ]
    uninstalled = [new["id"] for _, new in differing if new["type"] == "install"]
    assert uninstalled == ["ins_helpdesk", "ins_surveys", "ins_newsletter"]
    assert all(old["deletedAt"] is None and new["deletedAt"] for old, new in differing)


def test_every_line_passes_the_importer(tmp_path: Path) -> None:
    path = tmp_path / "demo.ndjson"
    write(path)
    with checked(path) as spools:
        assert sum(spool.lines for spool in spools) == len(list(demo_lines()))
    assert all("\n" not in line for line in demo_lines())


def test_there_are_rows_of_every_type_and_about_two_hundred_installs(
    rows: dict[str, list[dict[str, Any]]],
) -> None:
    assert set(rows) == set(MODELS)
    assert 180 <= len(rows["install"]) <= 230


@pytest.mark.parametrize("name", MODELS)
def test_every_nullable_field_is_null_and_is_not(
    rows: dict[str, list[dict[str, Any]]], name: str
) -> None:
    for field in MODELS[name].model_fields.values():
        if not field.is_required():
            states = {row[str(field.alias)] is None for row in rows[name]}
            assert states == {True, False}, field.alias


@pytest.mark.parametrize(
    ("name", "field", "values"),
    [
        ("install", "memberPolicy", model.MemberPolicy),
        ("install", "retentionTier", model.RetentionTier),
        ("workspace", "defaultRetentionTier", model.RetentionTier),
        ("integration", "trustTier", model.TrustTier),
        ("integration", "visibility", model.Visibility),
        ("user", "role", principals.UserRole),
        ("workspaceMember", "role", principals.WorkspaceRole),
        ("apiKey", "kind", principals.KeyKind),
    ],
)
def test_every_value_of_an_enum_is_there(
    rows: dict[str, list[dict[str, Any]]], name: str, field: str, values: type[StrEnum]
) -> None:
    assert {row[field] for row in rows[name]} - {None} == set(values)


def test_no_retention_has_run_out_even_at_the_end_of_the_day(
    rows: dict[str, list[dict[str, Any]]],
) -> None:
    for row in rows["install"] + rows["integrationMember"] + rows["solution"]:
        if row["deletedAt"] is not None:
            purge_at = purge_time(row["deletedAt"], row["retentionTier"])
            assert not has_expired(purge_at, NOW + timedelta(days=1)), row["id"]


def test_time_goes_forward(rows: dict[str, list[dict[str, Any]]]) -> None:
    for row in rows["install"]:
        assert row["deletedAt"] is None or row["installedAt"] < row["deletedAt"]


def test_nothing_live_hangs_from_a_deleted_install(rows: dict[str, list[dict[str, Any]]]) -> None:
    deleted = {row["id"]: row["deletedAt"] for row in rows["install"] if row["deletedAt"]}
    hanging = [(row, row["parentInstallId"]) for row in rows["install"]]
    hanging += [(row, row["integrationInstallId"]) for row in rows["integrationMember"]]
    for row, above in hanging:
        if above in deleted:
            assert row["deletedAt"] is not None
            assert row["deletedAt"] <= deleted[above]


def test_there_are_equal_times_of_installation(rows: dict[str, list[dict[str, Any]]]) -> None:
    times = [row["installedAt"] for row in rows["install"] if row["workspaceId"] == "wsp_acme"]
    assert len(set(times)) < len(times)


def test_the_fixtures_are_linked(rows: dict[str, list[dict[str, Any]]]) -> None:
    installs = {row["id"]: row for row in rows["install"]}
    assert installs["ins_crm"]["solutionId"] == "sol_sales"
    assert installs["ins_crm_mail"]["parentInstallId"] == "ins_crm"
    assert installs["ins_crm_mail_sign"]["parentInstallId"] == "ins_crm_mail"
    assert [row["solutionId"] for row in rows["install"]].count("sol_sales") == 1
    members = [m for m in rows["integrationMember"] if m["integrationInstallId"] == "ins_crm"]
    assert {(m["detached"], m["enabled"], m["deletedAt"] is None) for m in members} == {
        (False, True, True),
        (True, True, True),
        (False, False, True),
        (False, False, False),
    }
