"""The life of an install, over HTTP, on the real template: list, uninstall, restore, purge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from installs.store import keys
from installs_client import (
    ForbiddenError,
    InstallNotDeletedError,
    NotFoundError,
    ParentDeletedError,
)
from tests import rows

if TYPE_CHECKING:
    from installs_client import Page
    from tests.e2e.conftest import Stack


def ids(page: Page) -> set[str]:
    return {row.id for row in page.rows}


def torn_down(row: dict[str, Any] | None) -> bool:
    return row is not None and "deletedAt" in row and row.get("enabled") in {None, False}


class Family:
    """The dependents of one install, read from the table."""

    def __init__(self, stack: Stack, name: str) -> None:
        root = f"ins_{name}"
        self._stack = stack
        self.keys = {
            "on": keys.member(root, f"mem_{name}_on"),
            "off": keys.member(root, f"mem_{name}_off"),
            "detached": keys.member(root, f"mem_{name}_detached"),
            "add-on": keys.install(f"{root}_addon"),
            "add-on's member": keys.member(f"{root}_addon", f"mem_{name}_addon"),
            "add-on's add-on": keys.install(f"{root}_addon_addon"),
            "solution": keys.solution(f"sol_{name}"),
            "solution's member": keys.solution_member(f"sol_{name}", f"som_{name}"),
        }

    def rows(self) -> dict[str, dict[str, Any] | None]:
        return {name: self._stack.row(key) for name, key in self.keys.items()}

    def fields(self) -> dict[str, dict[str, Any]]:
        """The rows' fields that a teardown changes."""
        changing = ("deletedAt", "retentionTier", "enabled", "detached", "deletionId", "purgeAt")
        return {
            name: {field: row[field] for field in changing if field in row}
            for name, row in self.rows().items()
            if row is not None
        }

    def all_torn_down(self) -> bool:
        return all(torn_down(row) for row in self.rows().values())


def test_an_install_lives_is_torn_down_restored_and_purged(stack: Stack) -> None:
    family = Family(stack, "life")
    before = family.fields()
    everybody = {"ins_life", "ins_life_addon", "ins_life_addon_addon"}
    with stack.caller("usr_ed") as editor, stack.caller("usr_ada") as admin:
        assert everybody <= ids(editor.list())
        shown = editor.get("ins_life")
        assert shown.variables == {"region": rows.VALUE}
        assert shown.deleted_at is None

        # Uninstall: the row at once, what hangs from it by the stream.
        editor.uninstall("ins_life")
        deleted = editor.get("ins_life")
        assert deleted.deleted_at is not None
        assert deleted.retention_tier == "medium"
        assert "ins_life" not in ids(editor.list())
        assert "ins_life" in ids(editor.trash())
        assert stack.eventually(family.all_torn_down), family.rows()
        assert everybody <= ids(editor.trash())
        editor.uninstall("ins_life")
        assert editor.get("ins_life") == deleted

        # An add-on of a deleted install cannot come back by itself.
        with pytest.raises(ParentDeletedError):
            editor.restore("ins_life_addon")

        # Restore: exactly what the uninstall took.
        assert editor.restore("ins_life").raw == shown.raw
        assert stack.eventually(lambda: family.fields() == before), family.rows()
        assert {"ins_life", "ins_life_addon_addon"} <= ids(editor.list())

        # Purge: only what is deleted, only by an admin.
        with pytest.raises(InstallNotDeletedError):
            admin.purge("ins_life")
        editor.uninstall("ins_life")
        assert stack.eventually(family.all_torn_down), family.rows()
        with pytest.raises(ForbiddenError):
            editor.purge("ins_life")
        admin.purge("ins_life")
        for call in (admin.get, admin.purge):
            with pytest.raises(NotFoundError):
                call("ins_life")
        assert stack.eventually(lambda: not family.fields()), family.rows()
        assert not any(one.id.startswith("ins_life") for one in admin.rows(include_deleted="true"))


def test_an_uninstall_overtaken_by_its_purge_leaves_nothing(stack: Stack) -> None:
    family = Family(stack, "gone")
    with stack.caller("usr_ada") as admin:
        admin.uninstall("ins_gone")
        admin.purge("ins_gone")

    assert stack.eventually(lambda: not family.fields()), family.rows()


def test_the_trash_is_counted_apart_from_the_list(stack: Stack) -> None:
    with stack.caller("usr_ada") as admin:
        live, trash = admin.list(limit=1), admin.trash(limit=1)
        both = admin.list(limit=1, include_deleted="true")

    assert both.info.total == live.info.total + trash.info.total
