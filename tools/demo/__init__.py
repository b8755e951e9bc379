"""Demo data: a small world in which every corner of the service can be seen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tools.demo.catalogue import add_catalogue
from tools.demo.crowd import add_crowd
from tools.demo.places import add_places
from tools.demo.story import add_story
from tools.demo.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["demo_lines", "write"]


def demo_lines(now: datetime | None = None) -> Iterator[str]:
    """The demo's rows as the importer reads them, one line each, without the line's end.

    The same ``now`` gives the same lines; by default it is today's midnight, UTC. Only deletions
    depend on it, so that no retention has run out yet.
    """
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    world = World(now or midnight)
    add_places(world)
    add_catalogue(world)
    add_story(world)
    add_crowd(world)
    yield from world.lines()


def write(path: Path) -> None:
    """Write the demo's rows to a file."""
    path.write_text("".join(f"{line}\n" for line in demo_lines()), encoding="utf-8")
