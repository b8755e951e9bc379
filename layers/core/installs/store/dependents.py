"""The dependents of an install: consistent reads, and the writes that delete and restore them.

A row that a cascade deleted carries the deletion's id; a row that was deleted by itself carries
none, and the cascade leaves it alone. Every write requires that the row is as it was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from installs.lifecycle import Deletion, DesiredState, Presence
from installs.model import IntegrationMember, SolutionMember
from installs.store import keys, rows
from installs.store.expressions import Action, Delete, Exists, Update, Value, same
from installs.store.items import (
    DELETION_ID,
    ENABLED_BEFORE,
    PURGE_AT,
    SOLUTION_VERSION,
    decode,
)
from installs.store.keys import Key
from installs.store.table import Range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from installs.store.table import Table

_ENABLED: Final = "enabled"


Marks = tuple[str | None, str | None, str | None]
"""The id, the time and the tier of a deletion; three times ``None`` for a live row."""


def marks_of(deletion: Deletion | None) -> Marks:
    """Return the marks of a row that follows an install of this deletion, or a live one."""
    return (None, None, None) if deletion is None else (deletion.id, deletion.at, deletion.tier)


@dataclass(frozen=True, slots=True)
class Dependent:
    """A member, a solution or a solution's member, as it was read."""

    values: dict[str, Any]

    @property
    def key(self) -> Key:
        """The primary key."""
        return Key(self.values[keys.PK], self.values[keys.SK])

    @property
    def size(self) -> int:
        """An estimate of its bytes: a transaction holds at most 4 MB of items."""
        return 1024 + 4 * len(self.values.get("permissions", ""))

    @property
    def entity_id(self) -> str:
        """The entity that a member represents."""
        entity_id: str = self.values["entityId"]
        return entity_id

    @property
    def deletion_id(self) -> str | None:
        """The id of the cascaded deletion; ``None`` if it is live or was deleted by itself."""
        return self.values.get(DELETION_ID)

    @property
    def live(self) -> bool:
        """Return True if it is not deleted."""
        return "deletedAt" not in self.values

    @property
    def managed(self) -> bool:
        """Return True if the cascade decides its state: it is live, or a cascade deleted it."""
        return self.live or self.deletion_id is not None

    def actions_for(self, desired: DesiredState) -> list[Action]:
        """Return the writes that bring it to the desired state; none if there is nothing to do.

        A row that was deleted by itself at the time of a deletion belongs to it (section 10).
        """
        if isinstance(desired, Deletion):
            applies = self.managed or self.values["deletedAt"] == desired.at
            return [self._delete(desired)] if applies and self.marks != marks_of(desired) else []
        if not self.managed:
            return []
        if desired is Presence.GONE:
            return [Delete(self.key, self._as_read()), *self._locators()]
        return [] if self.live else [self._restore()]

    @property
    def marks(self) -> Marks:
        """The id, the time and the tier of its deletion."""
        return self.deletion_id, self.values.get("deletedAt"), self.values.get("retentionTier")

    def _locators(self) -> list[Action]:
        """Return the deletion of its locator; a solution has none."""
        if not self.key.sk.startswith(keys.MEMBER_PREFIX):
            return []
        row_type = IntegrationMember if "integrationInstallId" in self.values else SolutionMember
        locator = rows.locator_key(row_type, self.values["id"])
        return [] if locator is None else [Delete(locator)]

    def _delete(self, deletion: Deletion) -> Action:
        """Soft-delete and disable it; replace the marks of an earlier cascaded deletion."""
        marks: dict[str, Value] = {"deletedAt": deletion.at, DELETION_ID: deletion.id}
        if deletion.tier is not None:
            marks["retentionTier"] = deletion.tier
        if _ENABLED in self.values and self.deletion_id is None:
            marks |= {_ENABLED: False, ENABLED_BEFORE: self.values[_ENABLED]}
        remove = [PURGE_AT] if deletion.tier is not None else [PURGE_AT, "retentionTier"]
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
            same(_ENABLED, self.values.get(_ENABLED)),
            same("entityId", self.values.get("entityId")),
        )


def members(table: Table, install_id: str) -> Iterator[Dependent]:
    """Read the members of an install, a page at a time as they are consumed."""
    rows = table.query(Range(keys.install(install_id).pk, keys.MEMBER_PREFIX), consistent=True)
    return (Dependent(decode(item)) for item in rows)


def add_on_ids(table: Table, install_id: str) -> Iterator[str]:
    """Read the ids of an install's add-ons, which may include purged ones."""
    return _pointer_targets(table, keys.install(install_id).pk, keys.ADD_ON_PREFIX)


def solution_version(table: Table, solution_id: str) -> int | None:
    """Read a solution's version; to be called before anything else of the solution is read."""
    item = table.get(keys.solution_version(solution_id))
    return None if item is None else decode(item)[SOLUTION_VERSION]


def solution_install_ids(table: Table, solution_id: str) -> Iterator[str]:
    """Read the ids of the installs in a solution, which may include purged ones."""
    return _pointer_targets(table, keys.solution(solution_id).pk, keys.SOLUTION_INSTALL_PREFIX)


def solution(table: Table, solution_id: str) -> Dependent | None:
    """Read a solution's own row."""
    item = table.get(keys.solution(solution_id))
    return None if item is None else Dependent(decode(item))


def solution_members(table: Table, solution_id: str) -> Iterator[Dependent]:
    """Read the members of a solution, a page at a time as they are consumed."""
    rows = table.query(Range(keys.solution(solution_id).pk, keys.MEMBER_PREFIX), consistent=True)
    return (Dependent(decode(item)) for item in rows)


def _pointer_targets(table: Table, partition: str, prefix: str) -> Iterator[str]:
    pointers = table.query(Range(partition, prefix), consistent=True)
    return (item[keys.SK]["S"].removeprefix(prefix) for item in pointers)
