"""The rows of the demo under construction."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from installs import model
from installs.clock import timestamp
from installs.store import items

if TYPE_CHECKING:
    from collections.abc import Iterator

START: Final = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)
"""The begin of the demo's history: a Monday morning."""

_TYPES: Final[dict[type[model.Row], str]] = {
    model.Install: "install",
    model.IntegrationMember: "integrationMember",
    model.Solution: "solution",
    model.SolutionMember: "solutionMember",
    model.Integration: "integration",
    model.IntegrationVersion: "integrationVersion",
    model.Workspace: "workspace",
    model.User: "user",
    model.WorkspaceMember: "workspaceMember",
    model.ApiKey: "apiKey",
}
_OBJECTS: Final = ("variables", "permissions")


@dataclass(frozen=True, slots=True)
class Removal:
    """Time and retention tier of a deletion."""

    at: str | None = None
    tier: str | None = None


ALIVE: Final = Removal()


class World:
    """Rows in the order of creation, and reproducible random numbers."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.chance = random.Random(20250106)  # noqa: S311 - the same demo every time
        self._rows: list[model.Row] = []

    def add(self, *rows: model.Row) -> None:
        """Add rows."""
        self._rows += rows

    def removal(self, days_ago: float, tier: str | None) -> Removal:
        """Return a deletion a number of days before now."""
        return Removal(timestamp(self.now - timedelta(days=days_ago)), tier)

    def lines(self) -> Iterator[str]:
        """Yield the rows as JSON."""
        for row in self._rows:
            values: dict[str, Any] = {"type": _TYPES[type(row)]}
            for name, attribute in items.FIELD_NAMES[type(row)]:
                value = getattr(row, name)
                values[attribute] = json.loads(value) if name in _OBJECTS else value
            yield json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def day(number: float) -> str:
    """Return the time a number of days after the start."""
    return timestamp(START + timedelta(days=number))


def as_text(value: dict[str, Any]) -> str:
    """Return a JSON object as its text in a row."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
