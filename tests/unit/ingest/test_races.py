"""A change between the reads of a line and its write, at every point (section 10)."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from installs.store import keys
from tests import rows
from tests.ingesting import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def crossings(
    lines: Iterable[rows.Row], line: rows.Row, change: Callable[[Service], None]
) -> Iterator[Service]:
    """Yield what each way to cross leaves: the change comes before one operation of the line."""
    for point in count():
        service = Service(*lines)
        operations = count()

        def interrupt(_: str, service: Service = service, operations: count[int] = operations,
                      point: int = point) -> None:  # fmt: skip
            if next(operations) == point:
                change(service)

        service.memory.before = interrupt
        service.told(line)
        service.memory.before = lambda _: None
        if next(operations) <= point:
            return
        yield service


def test_an_add_on_comes_in_while_its_parent_is_uninstalled() -> None:
    def uninstall(service: Service) -> None:
        service.uninstall("ins_parent")
        service.drain()

    add_on = rows.install("ins_add", parentInstallId="ins_parent")
    ways = 0
    for service in crossings([rows.install("ins_parent")], add_on, uninstall):
        # it is in the trash at once, with the deletion of its parent
        parent, found = service.install("ins_parent"), service.install("ins_add")
        assert parent is not None
        assert found is not None
        assert found["deletionId"] == parent["deletionId"]
        ways += 1
    assert ways > 2


def test_a_member_comes_in_while_its_install_moves_to_another_solution() -> None:
    # given a solution with a deleted install, and with a row for an entity that it represents
    lines = [
        rows.solution("sol_old"),
        rows.solution("sol_new"),
        rows.install("ins_moves", solutionId="sol_old"),
        rows.install("ins_trash", solutionId="sol_new"),
        rows.member("mem_trash", "ins_trash", entityId="ent_shared"),
        rows.solution_member("som_shared", "sol_new", "ent_shared"),
    ]

    def move(service: Service) -> None:
        service.uninstall("ins_trash")
        service.drain()
        merge = {"type": "install", "id": "ins_moves", "merge": True, "solutionId": "sol_new"}
        assert service.told(merge) == ["changed"]
        service.drain()

    member = rows.member("mem_moves", "ins_moves", entityId="ent_shared")
    ways = 0
    for service in crossings(lines, member, move):
        service.drain()
        # then a live install represents the entity too, and its row is live
        found = service.item(keys.solution_member("sol_new", "som_shared"))
        assert found is not None
        assert "deletedAt" not in found
        ways += 1
    assert ways > 2


def test_an_older_line_comes_beside_a_newer_one_that_changes_nothing() -> None:
    def line(day: int, state: str) -> rows.Row:
        return rows.install("ins", authStateId=state, asOf=f"2026-05-0{day}T00:00:00Z")

    def confirm(service: Service) -> None:
        service.told(line(3, "aut_new"))

    ways = 0
    for service in crossings([line(1, "aut_new")], line(2, "aut_old"), confirm):
        found = service.install("ins")
        assert found is not None
        assert found["authStateId"] == "aut_new"
        ways += 1
    assert ways > 1
