"""Changes of uninstall, restore and purge, by a clock that the test moves (CONTRACT.md 3-6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from installs.clock import timestamp
from installs.errors import InstallNotDeletedError, NotFoundError, ParentDeletedError
from installs.lifecycle import InstallState, check_purge, purge_time, restore, uninstall
from tests import records
from tools.openapi.examples import PROBLEMS

NOW: Final = datetime(2026, 11, 23, 10, 0, 0, 123_999, tzinfo=UTC)


def live(parent: str | None = None) -> InstallState:
    return InstallState(records.install("ins_x", parentInstallId=parent))


def deleted(tier: str = "medium", parent: str | None = None) -> InstallState:
    state = uninstall(live(parent), tier=tier, now=NOW, deletion_id="del_1")
    assert state is not None
    return state


@pytest.mark.parametrize(("tier", "days"), [("short", 7), ("medium", 30), ("long", 90)])
def test_section_4_each_tier_keeps_its_days(tier: str, days: int) -> None:
    # when an install is uninstalled
    state = deleted(tier)
    # then it carries the time, the tier, and when it is purged
    assert state.row.deleted_at == "2026-11-23T10:00:00.123Z"
    assert (state.row.retention_tier, state.live, state.cascaded) == (tier, False, False)
    # and it is gone when the days are over, not before
    end = NOW + timedelta(days=days)
    assert not state.expired(end - timedelta(seconds=1))
    assert state.expired(end)
    assert state.deletion is not None
    assert state.deletion.purge_at == int(end.timestamp())


def test_section_4_the_tier_none_keeps_for_ever() -> None:
    assert not deleted("none").expired(NOW + timedelta(days=36_500))
    assert purge_time("2026-11-23T10:00:00.123Z", None) is None


def test_section_4_a_second_uninstall_does_nothing() -> None:
    assert uninstall(deleted(), tier="long", now=NOW, deletion_id="del_2") is None


def test_section_5_a_restore_takes_every_trace_away() -> None:
    assert restore(deleted(), None, now=NOW) == live()
    assert restore(live(), None, now=NOW) is None


def test_section_5_an_add_on_waits_for_a_parent_in_the_trash() -> None:
    parent = replace(deleted(), row=replace(deleted().row, id="ins_crm"))
    with pytest.raises(ParentDeletedError) as refused:
        restore(deleted(parent="ins_crm"), parent, now=NOW)
    assert refused.value.detail == PROBLEMS["parent_deleted"]["detail"]


def test_section_5_a_parent_that_is_gone_is_no_obstacle() -> None:
    assert restore(deleted(parent="ins_parent"), None, now=NOW) == live("ins_parent")


def test_section_5_an_add_on_comes_back_below_a_live_parent() -> None:
    assert restore(deleted(parent="ins_parent"), live(), now=NOW) == live("ins_parent")


def test_section_6_only_a_deleted_install_is_purged() -> None:
    check_purge(deleted(), now=NOW)
    with pytest.raises(InstallNotDeletedError):
        check_purge(live(), now=NOW)


def test_section_3_past_its_retention_it_is_not_there() -> None:
    # given an install that the sweep has not come to
    state, later = deleted("short"), NOW + timedelta(days=7)
    # then nothing can be done to it
    with pytest.raises(NotFoundError):
        uninstall(state, tier="short", now=later, deletion_id="del_2")
    with pytest.raises(NotFoundError):
        restore(state, None, now=later)
    with pytest.raises(NotFoundError):
        check_purge(state, now=later)


def test_section_1_a_timestamp_has_one_form_whatever_the_zone() -> None:
    assert timestamp(datetime.fromisoformat("2026-01-01T01:00:00+02:00")) == (
        "2025-12-31T23:00:00.000Z"
    )
