"""Demo data: a small world that shows every feature of the service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tools.demo.bulk import add_bulk
from tools.demo.catalogue import add_catalogue
from tools.demo.fixtures import add_fixtures
from tools.demo.workspaces import add_workspaces
from tools.demo.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["demo_lines", "write"]


def demo_lines(now: datetime | None = None) -> Iterator[str]:
    """Yield the demo's rows as lines of an import, without line ends.

    The same ``now`` gives the same lines; the default is today's midnight, UTC. Only deletions
    depend on it, so that no retention has expired.
    """
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    world = World(now or midnight)
    add_workspaces(world)
    add_catalogue(world)
    add_fixtures(world)
    add_bulk(world)
    yield from world.lines()


def write(path: Path) -> None:
    """Write the demo's rows to a file."""
    path.write_text("".join(f"{line}\n" for line in demo_lines()), encoding="utf-8")
