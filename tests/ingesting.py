"""Ingest over a table in memory: lines in, results and items out."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from installs import cascade, commands
from installs.access import Principal
from installs.cascade import Work
from installs.ingest.apply import apply_values
from installs.lifecycle import OwnerRefs
from installs.store import installs, items, keys
from tests import rows
from tests.property.cascade.memory import MemoryTable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from installs.ingest.decisions import Options
    from installs.ingest.results import Result
    from installs.store.keys import Key

ROOT = Principal("usr_root")


class Service:
    """A table, with what comes in and what callers do; the stream is drained on demand."""

    def __init__(self, *lines: rows.Row) -> None:
        self.memory = MemoryTable()
        self.table = self.memory.as_table()
        self._changed: dict[tuple[str, str], int] = {}
        """An item to be reconciled, and a number of its last change."""
        self._numbers = count()
        self.memory.written = self._note
        root = {**rows.user("usr_root"), "role": "admin"}
        self.told(rows.workspace(rows.WORKSPACE, "acme"), rows.workspace("wsp_other", "o"), root)
        self.told(*lines)
        self.drain()

    def ingest(self, *lines: object, options: Options | None = None) -> list[Result]:
        return apply_values(self.table, lines, options)

    def told(self, *lines: object, options: Options | None = None) -> list[str]:
        """Ingest; each result in a word, or its code."""
        return [one.code or one.outcome.value for one in self.ingest(*lines, options=options)]

    def uninstall(self, install_id: str) -> None:
        commands.uninstall(self.table, ROOT, install_id, stack_tier="medium")

    def restore(self, install_id: str) -> None:
        commands.restore(self.table, ROOT, install_id)

    def purge(self, install_id: str) -> None:
        commands.purge(self.table, ROOT, install_id)

    def drain(self) -> None:
        """Reconcile whatever has changed, until nothing does any more."""
        while self._changed:
            (kind, row_id), version = next(iter(self._changed.items()))
            if kind == "install":
                cascade.reconcile(Work(self.table), OwnerRefs(row_id, None, None))
            else:
                cascade.reconcile_pending_solution(Work(self.table), row_id)
            if self._changed[kind, row_id] == version:
                del self._changed[kind, row_id]

    def item(self, key: Key) -> dict[str, Any] | None:
        """The values of an item."""
        found = self.memory.look(key)
        return None if found is None else items.decode(found)

    def install(self, install_id: str) -> dict[str, Any] | None:
        return self.item(keys.install(install_id))

    def member(self, install_id: str, member_id: str) -> dict[str, Any] | None:
        return self.item(keys.member(install_id, member_id))

    def live(self, install_id: str) -> bool:
        state = installs.get(self.table, install_id)
        return state is not None and state.live

    def count(self, workspace_id: str = rows.WORKSPACE) -> int:
        """The count of live installs of a workspace."""
        return int((self.item(keys.live_count(workspace_id)) or {}).get("live", 0))

    def contents(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Everything that is there, but what is random: counters by their sums."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for item in self.memory.all():
            values = items.decode(item)
            key = values.pop("pk"), values.pop("sk")
            found[key] = values
        return found

    def _note(self, key: Key, before: object, after: object) -> None:
        kind, _, row_id = key.pk.partition("#")
        if key.sk == keys.INSTALL_SK and kind == "INSTALL":
            self._changed["install", row_id] = next(self._numbers)
        elif key.sk == keys.PENDING_SK and kind == "SOLUTION" and after is not None:
            self._changed["solution", row_id] = next(self._numbers)


def outcomes(results: Iterable[Result]) -> list[str]:
    return [one.outcome.value for one in results]
