"""Tables of released versions, and what the release itself answered over them.

``released/<version>/`` holds

- ``table.ndjson``: every item of a small table, as DynamoDB's JSON;
- ``answers.json``: the moment of the dump, and the release's answers over that table;
- ``under-way.ndjson``: another table, with cascades that the release had begun;
- ``definition.json``: the keys and indexes of the table.

A release adds a folder; no folder changes afterwards.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from installs.store.items import Item

FOLDER: Final = Path(__file__).with_name("released")


@dataclass(frozen=True, slots=True)
class Release:
    """One released version."""

    version: str
    folder: Path = FOLDER

    @property
    def items(self) -> list[Item]:
        """Every item of its table."""
        return self._items("table.ndjson")

    @property
    def items_under_way(self) -> list[Item]:
        """Every item of its table with unfinished cascades."""
        return self._items("under-way.ndjson")

    @property
    def definition(self) -> dict[str, Any]:
        """The definition of its table."""
        found: dict[str, Any] = json.loads(self._read("definition.json"))
        return found

    @property
    def now(self) -> datetime:
        """The moment of the dump."""
        return datetime.fromisoformat(self._answers()["now"])

    @property
    def answers(self) -> list[dict[str, Any]]:
        """Calls and answers: rows of a get, ids and page info of a list without its cursors."""
        found: list[dict[str, Any]] = self._answers()["answers"]
        return found

    @property
    def cursors(self) -> list[dict[str, Any]]:
        """Lists with a cursor of the release, and the ids on the page after it."""
        found: list[dict[str, Any]] = self._answers()["cursors"]
        return found

    def _items(self, name: str) -> list[Item]:
        return [json.loads(line) for line in self._read(name).splitlines()]

    def _answers(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._read("answers.json"))
        return found

    def _read(self, name: str) -> str:
        return (self.folder / self.version / name).read_text(encoding="utf-8")


RELEASES: Final = [
    Release(path.name)
    for path in sorted(FOLDER.iterdir(), key=lambda path: [int(n) for n in path.name.split(".")])
]
