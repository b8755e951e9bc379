"""A reconciler that read before a sweep, and writes after it: every way that two can cross.

DynamoDB's TTL deletes an install without raising the version of its solution, so that it alone
gives nothing away to whoever read before it (docs/adr/0014-races.md).
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

from installs import cascade, model
from installs.cascade import Work
from installs.lifecycle import Deletion, InstallState, deleted
from installs.origin import INGEST
from installs.store import installs, items, keys
from installs.store.installs import Change
from tests import records
from tests.property.cascade.fibers import Fiber
from tests.property.cascade.memory import MemoryTable

if TYPE_CHECKING:
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
        changes = [Change(None, state) for state in states]
        installs.commit(self.memory.as_table(), changes, origin=INGEST)
        self.refs = {state.row.id: state.owner_refs for state in states}

    def _put(self, key: Key, row: model.Row) -> None:
        self.memory.put(items.row_to_item(key, row))

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
        work = Work(self.memory.as_table())
        return Fiber.of(lambda: cascade.reconcile(work, self.refs[install_id]))

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


if __name__ == "__main__":
    test_section_7_a_sweep_between_a_read_and_its_write()
    test_section_7_nothing_is_left_of_what_came_and_went_between_a_read_and_its_write()
