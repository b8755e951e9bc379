"""What hangs from an install: consistent reads, and the writes that take it and bring it back.

A row that a cascade took carries the deletion's id; a row that was deleted by itself carries none,
and the cascade leaves it alone. Every write is conditional on the row being as it was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from installs.store import keys
from installs.store.expressions import Action, Delete, Exists, Update, Value, same
from installs.store.items import DELETION_ID, ENABLED_BEFORE, EPOCH, decode
from installs.store.keys import Key
from installs.store.table import Range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.lifecycle import Deletion
    from installs.store.table import Table

_ENABLED: Final = "enabled"


@dataclass(frozen=True, slots=True)
class Hanging:
    """A member, a solution or a solution's member, as it was read."""

    values: dict[str, Any]

    @property
    def key(self) -> Key:
        """Where it is."""
        return Key(self.values[keys.PK], self.values[keys.SK])

    @property
    def size(self) -> int:
        """About how many bytes it takes: a transaction holds no more than 4 MB of items."""
        return 1024 + 4 * len(self.values.get("permissions", ""))

    @property
    def entity_id(self) -> str:
        """The entity that a member stands for."""
        entity_id: str = self.values["entityId"]
        return entity_id

    @property
    def deletion_id(self) -> str | None:
        """The deletion that took it; ``None`` if it is live or was deleted by itself."""
        return self.values.get(DELETION_ID)

    @property
    def live(self) -> bool:
        """Whether it is not deleted."""
        return "deletedAt" not in self.values

    @property
    def follows(self) -> bool:
        """Whether its state is the cascade's to decide: live, or taken by one."""
        return self.live or self.deletion_id is not None

    def take(self, deletion: Deletion) -> Action | None:
        """Soft-delete it with a deletion, and disable it; ``None`` if it is so already."""
        if not self.follows or self.deletion_id == deletion.id:
            return None
        marks: dict[str, Value] = {"deletedAt": deletion.at, DELETION_ID: deletion.id}
        if deletion.tier is not None:
            marks["retentionTier"] = deletion.tier
        if _ENABLED in self.values and self.live:
            marks |= {_ENABLED: False, ENABLED_BEFORE: self.values[_ENABLED]}
        remove = [] if deletion.tier is not None else ["retentionTier"]
        return Update(self.key, self._as_read(), set=marks, remove=remove)

    def bring_back(self) -> Action | None:
        """Undo what took it; ``None`` if no cascade did."""
        if self.deletion_id is None:
            return None
        before = self.values.get(ENABLED_BEFORE)
        return Update(
            self.key,
            self._as_read(),
            set={} if before is None else {_ENABLED: before},
            remove=["deletedAt", "retentionTier", DELETION_ID, ENABLED_BEFORE],
        )

    def purge(self) -> Action | None:
        """Delete it for good; ``None`` if it was deleted by itself and stays in its own trash."""
        return Delete(self.key, self._as_read()) if self.follows else None

    def _as_read(self) -> tuple[Any, ...]:
        return (
            Exists(),
            same(DELETION_ID, self.deletion_id),
            same("deletedAt", self.values.get("deletedAt")),
        )


@dataclass(frozen=True, slots=True)
class SolutionGroup:
    """A solution's partition: the row, its members, the ids of its installs, and its epoch."""

    epoch: int | None
    solution: Hanging | None
    members: Sequence[Hanging]
    install_ids: Sequence[str]


def members(table: Table, install_id: str) -> list[Hanging]:
    """The members of an install."""
    found = table.query(Range(keys.install(install_id).pk, keys.MEMBER_PREFIX), consistent=True)
    return [Hanging(decode(item)) for item in found]


def add_on_ids(table: Table, install_id: str) -> list[str]:
    """The ids of an install's add-ons; some may be gone."""
    found = table.query(Range(keys.install(install_id).pk, keys.ADD_ON_PREFIX), consistent=True)
    return [item[keys.SK]["S"].removeprefix(keys.ADD_ON_PREFIX) for item in found]


def solution_group(table: Table, solution_id: str) -> SolutionGroup:
    """A solution with all that is in it. The epoch is read first, so that it is never too new."""
    item = table.get(keys.solution_epoch(solution_id))
    epoch = None if item is None else decode(item)[EPOCH]
    solution: Hanging | None = None
    found: list[Hanging] = []
    install_ids: list[str] = []
    for values in map(decode, table.query(Range(keys.solution(solution_id).pk), consistent=True)):
        sort: str = values[keys.SK]
        if sort.startswith(keys.MEMBER_PREFIX):
            found.append(Hanging(values))
        elif sort.startswith(keys.SOLUTION_INSTALL_PREFIX):
            install_ids.append(sort.removeprefix(keys.SOLUTION_INSTALL_PREFIX))
        elif sort == keys.solution(solution_id).sk:
            solution = Hanging(values)
    return SolutionGroup(epoch, solution, found, install_ids)
