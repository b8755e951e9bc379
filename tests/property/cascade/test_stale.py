"""A reconciler that read before a sweep or a move, and writes after it: every way to cross.

DynamoDB's TTL deletes an install without raising the version of its solution, so that it alone
gives nothing away to whoever read before it (docs/adr/0014-races.md).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Final

from installs import cascade, model
from installs.cascade import Work
from installs.lifecycle import Deletion, InstallState, deleted
from installs.origin import INGEST
from installs.store import installs, items, keys, pending
from installs.store.installs import Change
from tests import records
from tests.property.cascade.fibers import Fiber
from tests.property.cascade.memory import MemoryTable

if TYPE_CHECKING:
    from installs.lifecycle import OwnerRefs
    from installs.store.keys import Key

AT: Final = "2026-11-01T10:00:00.000Z"
OLDER: Final = Deletion("older", "2026-11-02T10:00:00.000Z", "long", 1_900_000_000)
NEWER: Final = Deletion("newer", "2026-11-03T10:00:00.000Z", "short", 1_800_000_000)


class World:
    """Two installs in one solution: one deleted, and one deleted later, for a shorter time."""

    def __init__(self) -> None:
        self.memory = MemoryTable()
        self._put(keys.solution("sol"), records.solution("sol", workspaceId="w"))
        for one in ("kept", "swept", "nobody"):
            row = records.solution_member(f"som_{one}", "sol", f"ent_{one}")
            self._put(keys.solution_member("sol", row.id), row)
        for one in ("kept", "swept"):
            member = records.member(f"mem_{one}", one, workspaceId="w", entityId=f"ent_{one}")
            self._put(keys.member(one, member.id), member)
        rows = [_install("kept"), _install("swept")]
        states = [
            deleted(InstallState(row), deletion, cascaded=False)
            for row, deletion in zip(rows, (OLDER, NEWER), strict=True)
        ]
        self.table = self.memory.as_table()
        self.refs: dict[str, OwnerRefs] = {}
        for state in states:
            self._commit(None, state)

    def _put(self, key: Key, row: model.Row) -> None:
        self.memory.put(items.row_to_item(key, row))

    def _commit(self, before: InstallState | None, after: InstallState) -> None:
        installs.commit(self.table, [Change(before, after)], origin=INGEST)
        self.refs[after.row.id] = after.owner_refs

    def come(self, install_id: str) -> None:
        """Let a live install come into the solution."""
        self._commit(None, InstallState(_install(install_id)))

    def leave(self, install_id: str) -> None:
        """Let an install move to another solution."""
        state = installs.get(self.table, install_id)
        assert state is not None
        self._commit(state, replace(state, row=replace(state.row, solution_id="other")))

    def step(self, actor: Fiber, operations: int) -> None:
        """Let a reconciler do so many operations of the table, or all that it has to."""
        for _ in range(operations):
            if actor.done:
                return
            self.memory.before = lambda _: actor.pause()
            actor.resume()
        self.memory.before = lambda _: None

    def finish(self, actor: Fiber) -> None:
        if not actor.done:
            actor.resume()

    def reconciler(self, install_id: str) -> Fiber:
        refs = self.refs[install_id]
        return Fiber.of(lambda: cascade.reconcile(Work(self.table), refs))

    def reconciler_of_solution(self) -> Fiber:
        return Fiber.of(lambda: cascade.reconcile_pending_solution(Work(self.table), "sol"))

    def deletions(self) -> dict[str, str]:
        """The rows of the solution, and by which deletion each is gone."""
        rows = map(items.decode, self.memory.partitions["SOLUTION#sol"].values())
        return {
            row["id"]: row.get("deletionId", "live")
            for row in rows
            if "id" in row and not row["sk"].startswith(("INSTALL#", "DUE"))
        }


def _install(install_id: str) -> model.Install:
    return records.install(install_id, workspaceId="w", solutionId="sol")


def crossing(stale: int, fresh: int) -> tuple[bool, bool]:
    """One way to cross: where each of the two is interrupted; whether each had ended before."""
    # given an uninstall that is cascaded, and a reconciler of the other install that has begun
    world = World()
    for one in ("kept", "swept"):
        world.finish(world.reconciler(one))
    assert world.deletions()["sol"] == "newer"
    late = world.reconciler("kept")
    world.step(late, stale)
    # when the last deleted install is swept, and its record is being handled
    world.memory.write(keys.install("swept"), None)
    other = world.reconciler("swept")
    world.step(other, fresh)
    ended = late.done, other.done
    # and the first goes on, and then the second
    world.finish(late)
    world.finish(other)
    # then the solution goes by the only install that is left
    assert world.deletions() == {"sol": "older", "som_kept": "older", "som_nobody": "older"}
    return ended


def test_section_7_a_sweep_between_a_read_and_its_write() -> None:
    for stale in count(1):
        for fresh in count(1):
            late_ended, other_ended = crossing(stale, fresh)
            if other_ended:
                break
        if late_ended:
            break
    assert stale > 8
    assert fresh > 15


def test_section_7_nothing_is_left_of_what_came_and_went_between_a_read_and_its_write() -> None:
    for stale in count(1):
        # given a reconciler of an install that has begun
        world = World()
        late = world.reconciler("kept")
        world.step(late, stale)
        if late.done:
            break
        # when the install is swept, and all that is to be done of it is done
        world.memory.write(keys.install("kept"), None)
        world.finish(world.reconciler("kept"))
        world.finish(late)
        # then there is nothing of it, no pending work either
        left = world.memory.partitions["INSTALL#kept"]
        assert all(sort.startswith(keys.HISTORY_PREFIX) for sort in left)
    assert stale > 8


BY_DELETED: Final = {
    "sol": "newer", "som_kept": "older", "som_swept": "newer", "som_nobody": "newer",
}  # fmt: skip
"""The rows of the solution when only the deleted installs are in it."""


def test_section_7_an_install_leaves_between_a_read_and_its_write() -> None:
    for stale in count(1):
        # given a solution in the trash, and a reconciler that brings it back for a live install
        world = World()
        for one in ("kept", "swept"):
            world.finish(world.reconciler(one))
        world.come("leaves")
        late = world.reconciler_of_solution()
        world.step(late, stale)
        ended = late.done
        # when the install leaves the solution, and all that is to be done of it is done
        world.leave("leaves")
        world.finish(world.reconciler_of_solution())
        world.finish(late)
        # then the solution is in the trash
        assert world.deletions() == BY_DELETED
        if ended:
            break
    assert stale > 8


def test_section_7_another_install_leaves_while_the_first_is_reconciled() -> None:
    for stale in count(1):
        # given a solution that a live install has left, and a reconciler that has begun
        world = World()
        world.come("leaves")
        world.come("stays")
        world.leave("leaves")
        late = world.reconciler_of_solution()
        world.step(late, stale)
        ended = late.done
        # when the last live install leaves it too, and all pending work is done
        world.leave("stays")
        world.finish(late)
        if pending.get_solution(world.table, "sol") is not None:
            world.finish(world.reconciler_of_solution())
        # then the solution is in the trash
        assert world.deletions() == BY_DELETED
        if ended:
            break
    assert stale > 4


if __name__ == "__main__":
    test_section_7_an_install_leaves_between_a_read_and_its_write()
    test_section_7_another_install_leaves_while_the_first_is_reconciled()
    test_section_7_a_sweep_between_a_read_and_its_write()
    test_section_7_nothing_is_left_of_what_came_and_went_between_a_read_and_its_write()
