"""The life of an install, over HTTP, on the real template: list, uninstall, restore, purge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from installs.store import keys
from tests import rows

if TYPE_CHECKING:
    import httpx

    from tests.e2e.conftest import Stack

INSTALLS = "/integration-installs"


def ids(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {row["id"] for row in answer.json()["data"]}


def torn_down(row: dict[str, Any] | None) -> bool:
    return row is not None and "deletedAt" in row and row.get("enabled") in {None, False}


class Family:
    """What hangs from one install, read from the table."""

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
    path = f"{INSTALLS}/ins_life"
    with stack.as_user("usr_ed") as editor, stack.as_user("usr_ada") as admin:
        page = editor.get(INSTALLS, params={"limit": 100})
        assert {"ins_life", "ins_life_addon", "ins_life_addon_addon"} <= ids(page)
        shown = editor.get(path).json()
        assert shown["variables"] == {"region": rows.VALUE}
        assert shown["deletedAt"] is None

        # Uninstall: the row at once, what hangs from it by the stream.
        assert editor.delete(path).json() == {"success": True}
        deleted = editor.get(path).json()
        assert deleted["deletedAt"] is not None
        assert deleted["retentionTier"] == "medium"
        assert "ins_life" not in ids(editor.get(INSTALLS))
        assert "ins_life" in ids(editor.get(INSTALLS, params={"include_deleted": "only"}))
        assert stack.eventually(family.all_torn_down), family.rows()
        trash = ids(editor.get(INSTALLS, params={"include_deleted": "only"}))
        assert {"ins_life", "ins_life_addon", "ins_life_addon_addon"} <= trash
        assert editor.delete(path).json() == {"success": True}
        assert editor.get(path).json() == deleted

        # An add-on of a deleted install cannot come back by itself.
        refused = editor.post(f"{INSTALLS}/ins_life_addon/restore")
        assert (refused.status_code, refused.json()["code"]) == (409, "parent_deleted")

        # Restore: exactly what the uninstall took.
        restored = editor.post(f"{path}/restore")
        assert restored.status_code == 200, restored.text
        assert restored.json() == shown
        assert stack.eventually(lambda: family.fields() == before), family.rows()
        assert {"ins_life", "ins_life_addon_addon"} <= ids(editor.get(INSTALLS))

        # Purge: only what is deleted, only by an admin.
        live = admin.delete(f"{path}/purge")
        assert (live.status_code, live.json()["code"]) == (409, "install_not_deleted")
        assert editor.delete(path).status_code == 200
        assert stack.eventually(family.all_torn_down), family.rows()
        assert editor.delete(f"{path}/purge").status_code == 403
        assert admin.delete(f"{path}/purge").json() == {"success": True}
        assert admin.get(path).status_code == 404
        assert stack.eventually(lambda: not family.fields()), family.rows()
        everything = admin.get(INSTALLS, params={"include_deleted": "true"})
        assert not any(one.startswith("ins_life") for one in ids(everything))


def test_an_uninstall_overtaken_by_its_purge_leaves_nothing(stack: Stack) -> None:
    family = Family(stack, "gone")
    with stack.as_user("usr_ada") as admin:
        assert admin.delete(f"{INSTALLS}/ins_gone").status_code == 200
        assert admin.delete(f"{INSTALLS}/ins_gone/purge").status_code == 200

    assert stack.eventually(lambda: not family.fields()), family.rows()


def test_the_trash_is_counted_apart_from_the_list(stack: Stack) -> None:
    with stack.as_user("usr_ada") as admin:

        def total(include_deleted: str) -> int:
            wanted = {"limit": "1", "include_deleted": include_deleted}
            count: int = admin.get(INSTALLS, params=wanted).json()["pageInfo"]["total"]
            return count

        assert total("true") == total("false") + total("only")
