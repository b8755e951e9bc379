"""Demo data: a small world that shows every feature of the service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tools.demo.bulk import add_bulk
from tools.demo.catalogue import add_catalogue
from tools.demo.fixtures import add_fixtures
from tools.demo.recent import IMPORTED, add_recent, clock_at, make_changes
from tools.demo.workspaces import add_workspaces
from tools.demo.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from installs.store.table import Table

__all__ = ["demo_lines", "load", "write"]


def demo_lines(now: datetime | None = None, *, before_changes: bool = False) -> Iterator[str]:
    """Yield the demo's rows as lines of an import, without line ends.

    The same ``now`` gives the same lines; the default is today's midnight, UTC. Only deletions
    depend on it, so that no retention has expired. ``before_changes``: without the uninstalls that
    ``load`` makes by the service.
    """
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    world = World(now or midnight)
    add_workspaces(world)
    add_catalogue(world)
    add_fixtures(world)
    add_recent(world, before_changes=before_changes)
    add_bulk(world)
    yield from world.lines()


def write(path: Path, *, before_changes: bool = False) -> None:
    """Write the demo's rows to a file."""
    lines = demo_lines(before_changes=before_changes)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def load(path: Path, table: Table, import_rows: Callable[[Path], object]) -> None:
    """Load the demo into an empty table, with a history that names who uninstalled what.

    ``path``: the file to write, which ``import_rows`` imports.
    """
    write(path, before_changes=True)
    now = datetime.now(UTC)
    with clock_at(now - IMPORTED):
        import_rows(path)
    make_changes(table, now)
