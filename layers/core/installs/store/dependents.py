"""What hangs from an install: consistent reads, and the writes that take it and bring it back.

A row that a cascade took carries the deletion's id; a row that was deleted by itself carries none,
and the cascade leaves it alone. Every write is conditional on the row being as it was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from installs.lifecycle import DesiredState, Presence
from installs.store import keys
from installs.store.expressions import Action, Delete, Exists, Update, Value, same
from installs.store.items import DELETION_ID, ENABLED_BEFORE, SOLUTION_VERSION, decode
from installs.store.keys import Key
from installs.store.table import Range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from installs.lifecycle import Deletion
    from installs.store.table import Table

_ENABLED: Final = "enabled"


@dataclass(frozen=True, slots=True)
class Dependent:
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

    def follow(self, desired: DesiredState) -> Action | None:
        """What makes it agree with its fate; ``None`` if it does already, or has its own trash."""
        if not self.follows:
            return None
        if desired is Presence.GONE:
            return Delete(self.key, self._as_read())
        if isinstance(desired, Presence):
            return None if self.live else self._restore()
        return None if self.deletion_id == desired.id else self._delete(desired)

    def _delete(self, deletion: Deletion) -> Action:
        """Soft-delete and disable it; one that another deletion took is marked anew."""
        marks: dict[str, Value] = {"deletedAt": deletion.at, DELETION_ID: deletion.id}
        if deletion.tier is not None:
            marks["retentionTier"] = deletion.tier
        if _ENABLED in self.values and self.live:
            marks |= {_ENABLED: False, ENABLED_BEFORE: self.values[_ENABLED]}
        remove = [] if deletion.tier is not None else ["retentionTier"]
        return Update(self.key, self._as_read(), set=marks, remove=remove)

    def _restore(self) -> Action:
        before = self.values.get(ENABLED_BEFORE)
        return Update(
            self.key,
            self._as_read(),
            set={} if before is None else {_ENABLED: before},
            remove=["deletedAt", "retentionTier", DELETION_ID, ENABLED_BEFORE],
        )

    def _as_read(self) -> tuple[Any, ...]:
        return (
            Exists(),
            same(DELETION_ID, self.deletion_id),
            same("deletedAt", self.values.get("deletedAt")),
        )


def members(table: Table, install_id: str) -> Iterator[Dependent]:
    """The members of an install, read a page at a time as they are asked for."""
    found = table.query(Range(keys.install(install_id).pk, keys.MEMBER_PREFIX), consistent=True)
    return (Dependent(decode(item)) for item in found)


def add_on_ids(table: Table, install_id: str) -> Iterator[str]:
    """The ids of an install's add-ons; some may be gone."""
    return _pointed(table, keys.install(install_id).pk, keys.ADD_ON_PREFIX)


def solution_version(table: Table, solution_id: str) -> int | None:
    """A solution's epoch; read before anything else of it, it is never too new."""
    item = table.get(keys.solution_version(solution_id))
    return None if item is None else decode(item)[SOLUTION_VERSION]


def solution_install_ids(table: Table, solution_id: str) -> Iterator[str]:
    """The ids of the installs in a solution; some may be gone."""
    return _pointed(table, keys.solution(solution_id).pk, keys.SOLUTION_INSTALL_PREFIX)


def solution(table: Table, solution_id: str) -> Dependent | None:
    """A solution's own row."""
    item = table.get(keys.solution(solution_id))
    return None if item is None else Dependent(decode(item))


def solution_members(table: Table, solution_id: str) -> Iterator[Dependent]:
    """The members of a solution, read a page at a time as they are asked for."""
    found = table.query(Range(keys.solution(solution_id).pk, keys.MEMBER_PREFIX), consistent=True)
    return (Dependent(decode(item)) for item in found)


def _pointed(table: Table, partition: str, prefix: str) -> Iterator[str]:
    found = table.query(Range(partition, prefix), consistent=True)
    return (item[keys.SK]["S"].removeprefix(prefix) for item in found)
