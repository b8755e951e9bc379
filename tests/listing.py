"""Lists over a table in memory that counts what is read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from installs.query.execution.executor import run
from installs.query.language.parameters import parse
from installs.store.counters import items_to_read
from tests import rows
from tests.property.list.memory import Memory
from tests.property.list.world import NOW, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from installs.query.execution.page import Page
    from installs.store.filters import Filter
    from installs.store.items import Item
    from installs.store.spans import Batch, Span
    from tests.rows import Row


OWN_WORKSPACE: Final = "wsp_a"
OWN: Final = frozenset({OWN_WORKSPACE})
"""The workspaces that the caller sees."""


def install(install_id: str, **fields: object) -> Row:
    """An install of the caller's workspace without variables."""
    own = {"workspaceId": OWN_WORKSPACE, "integrationId": "itg_a", "variables": {}}
    return rows.stored(rows.install(install_id, **own | {"memberPolicy": "manual"} | fields))


def days(number: int) -> list[Row]:
    return [
        install(f"i{n:04}", installedAt=f"2026-01-01T{n // 60:02}:{n % 60:02}:00.000Z")
        for n in range(number)
    ]


def nothing() -> dict[str, list[Row]]:
    """A world of nothing."""
    entities = ("member", "solution", "integration", "version", "workspace", "user")
    return {entity: [] for entity in entities}


class Watched(Memory):
    """Remembers what was asked for."""

    def __init__(self, *rows: Row, **others: list[Row]) -> None:
        world = nothing() | {"install": list(rows)} | others
        super().__init__(Stage(world, None).items(), page=1_000_000)
        self.members_of: list[str] = []
        self.rounds = 0
        self.counted = 0
        self.counters = 0
        self.with_deleted = False

    def batches(
        self, wanted: Sequence[tuple[Span, int, Item | None]], condition: Filter | None
    ) -> Sequence[Batch]:
        self.rounds += 1
        return super().batches(wanted, condition)

    def add_ons(
        self, install_ids: Iterable[str], *, with_deleted: bool
    ) -> Mapping[str, Sequence[Item]]:
        self.with_deleted = with_deleted
        return super().add_ons(install_ids, with_deleted=with_deleted)

    def members(self, install_ids: Iterable[str]) -> Mapping[str, Sequence[Item]]:
        asked = list(install_ids)
        self.members_of += asked
        return super().members(asked)

    def live_counts(self, wanted: Iterable[tuple[str | None, str | None]]) -> Any:  # noqa: ANN401
        asked = list(wanted)
        self.counted += 1
        self.counters += items_to_read(asked)
        return super().live_counts(asked)


def listed(reader: Memory, scope: frozenset[str] | None = OWN, /, **q: str) -> Page:
    return run(parse({name: [value] for name, value in q.items()}), scope, reader, NOW)


def ids(page: Page) -> list[str]:
    return [item["id"]["S"] for item in page.rows]
