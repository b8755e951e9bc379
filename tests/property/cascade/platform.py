"""The platform in a history: lines that come in between any two steps of anybody.

What it sends is made of what it believes, which may be old by the time that it arrives; the same
lines come again, late and in any order. What became of it is told to the model by the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from installs.ingest.apply import apply_values
from installs.ingest.decisions import Options
from tests import rows
from tests.property.cascade.model import Install, Member

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.property.cascade.world import World

Line = dict[str, Any]

OLD: Final = "2026-10-01T00:00:00.000Z"
ENTITIES: Final = tuple(f"ent_{n}" for n in range(5))


class Platform:
    """Sends lines; ``lines`` has all that it ever sent."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._number = 0
        self.lines: list[Line] = []

    @property
    def _dice(self) -> random.Random:
        return self._world.dice

    def send(self) -> None:
        """Begin to send one line or a few."""
        number = self._dice.choice((1, 1, 1, 2, 3))
        lines = [self._line() for _ in range(number)]
        options = Options(recreate_purged=self._dice.random() < 0.3)
        world = self._world

        def work() -> None:
            results = apply_values(world.table, lines, options, check_time=world.check_time)
            told = [one.code or one.outcome.value for one in results]
            world.trace.append(f"ingest: {told}")

        self._world.start("ingest", "; ".join(map(_shown, lines)), work)

    def _line(self) -> Line:
        if self.lines and self._dice.random() < 0.2:
            return self._dice.choice(self.lines)
        kinds: dict[Callable[[], Line], int] = {
            self._facts: 4, self._moved: 4, self._new_install: 2, self._new_member: 2,
            self._member: 4, self._removed_member: 1, self._solution: 1,
            self._solution_member: 3, self._removed_solution_member: 1,
        }  # fmt: skip
        make = self._dice.choices(list(kinds), list(kinds.values()))[0]
        line = make()
        self._number += 1
        if self._dice.random() < 0.8:
            line["asOf"] = f"2026-10-02T00:00:00.{self._number:09}Z"
        self.lines.append(line)
        return line

    # Installs

    def _facts(self) -> Line:
        return self._patched(self._install(), authStateId=f"aut_{self._number}")

    def _moved(self) -> Line:
        """An install that belongs to others from now on."""
        one = self._install()
        parent, solution = one.parent, one.solution
        if self._dice.random() < 0.5:
            parent = self._dice.choice([None, *self._world.model.installs])
        else:
            solution = self._dice.choice([None, *self._world.model.solutions])
        changed = {"parentInstallId": parent, "solutionId": solution}
        return self._patched(one, **changed, authStateId=f"aut_{self._number}")

    def _new_install(self) -> Line:
        parent = self._dice.choice([None, None, *self._world.model.installs.values()])
        workspace = "wsp" if parent is None else parent.workspace
        solution = self._dice.choice([None, *self._world.model.solutions])
        above = None if parent is None else parent.id
        one = Install(f"late_{self._number}", workspace, "itg_x", None, None, gone=True)
        self._world.model.installs[one.id] = one  # until it comes
        return install_line(one) | {"parentInstallId": above, "solutionId": solution}

    def _install(self) -> Install:
        return self._dice.choice(list(self._world.model.installs.values()))

    def _patched(self, one: Install, **changed: str | None) -> Line:
        if self._dice.random() < 0.5:
            return {"type": "install", "id": one.id, "merge": True, **changed}
        return install_line(one) | changed

    # Members

    def _new_member(self) -> Line:
        entity = self._dice.choice((*ENTITIES, f"ent_late_{self._number}"))
        one = Member(f"mem_late_{self._number}", self._install().id, entity)
        return member_line(one)

    def _member(self) -> Line:
        """A member that is changed, or moved to another install."""
        if not self._world.model.members:
            return self._new_member()
        one = self._dice.choice(self._world.model.members)
        changed: Line = self._dice.choice((
            {"enabled": not one.enabled}, {"entityId": self._dice.choice(ENTITIES)},
            {"integrationInstallId": self._install().id}, {"detached": True},
        ))  # fmt: skip
        if self._dice.random() < 0.5:
            return {"type": "integrationMember", "id": one.id, "merge": True, **changed}
        return member_line(one) | changed

    def _removed_member(self) -> Line:
        if not self._world.model.members:
            return self._new_member()
        one = self._dice.choice(self._world.model.members)
        return {"type": "integrationMember", "id": one.id, "delete": True}

    # Solutions

    def _solution(self) -> Line:
        """A solution that is changed or new."""
        solution_id = self._dice.choice([*self._world.model.solutions, "sol_late"])
        return solution_line(solution_id) | {"name": f"S {self._number}"}

    def _solution_member(self) -> Line:
        """A solution's member that is changed, moved, or new."""
        solution_id = self._dice.choice(list(self._world.model.solutions))
        some = [one for rows in self._world.model.solutions.values() for one in rows]
        if some and self._dice.random() < 0.6:
            one = self._dice.choice(some)
            changed: Line = self._dice.choice((
                {"solutionId": solution_id}, {"entityId": self._dice.choice(ENTITIES)},
            ))  # fmt: skip
            return solution_member_line(one) | changed
        entity = self._dice.choice((*ENTITIES, f"ent_late_{self._number}"))
        return solution_member_line(Member(f"som_late_{self._number}", solution_id, entity))

    def _removed_solution_member(self) -> Line:
        some = [one for rows in self._world.model.solutions.values() for one in rows]
        if not some:
            return self._solution_member()
        return {"type": "solutionMember", "id": self._dice.choice(some).id, "delete": True}


def install_line(one: Install) -> Line:
    return rows.install(
        one.id, workspaceId=one.workspace, integrationId=one.integration,
        parentInstallId=one.parent, solutionId=one.solution,
    )  # fmt: skip


def member_line(one: Member) -> Line:
    return rows.member(
        one.id, one.owner, entityId=one.entity, enabled=one.enabled,
        deletedAt=OLD if one.own_trash else None,
    )  # fmt: skip


def solution_line(solution_id: str) -> Line:
    return rows.solution(solution_id, workspaceId="wsp")


def solution_member_line(one: Member) -> Line:
    deleted = OLD if one.own_trash else None
    return rows.solution_member(one.id, one.owner, one.entity, deletedAt=deleted)


def _shown(line: Line) -> str:
    fields = ("parentInstallId", "solutionId", "integrationInstallId", "entityId", "enabled")
    told = {name: line[name] for name in (*fields, "authStateId", "asOf") if name in line}
    verb = "delete " if line.get("delete") else "merge " if line.get("merge") else ""
    return f"{verb}{line['id']} {told}"
