"""Rows other than installs: their keys, their values as read, and the writes that change them.

An id is one row. The key of a member, of a solution's member and of a role contains their owner, so
a locator item has the key of the row of an id; both are written in one transaction. Every write
requires that the row is as it was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from installs import model
from installs.store import items, keys
from installs.store.expressions import (
    Action,
    Check,
    Condition,
    Delete,
    Equals,
    Exists,
    Missing,
    Update,
    same,
)
from installs.store.keys import Key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from installs.model import Row
    from installs.store.items import Fields

BY_ID: Final[Mapping[type[Row], Callable[[str], Key]]] = {
    model.Install: keys.install,
    model.Solution: keys.solution,
    model.Integration: keys.integration,
    model.IntegrationVersion: keys.integration_version,
    model.Workspace: keys.workspace,
    model.User: keys.user,
    model.ApiKey: keys.api_key,
}
"""The key of an item, by the type of its row, where the id alone makes it."""

_BY_OWNER: Final[Mapping[type[Row], Callable[[Any], Key]]] = {
    model.IntegrationMember: lambda row: keys.member(row.integration_install_id, row.id),
    model.SolutionMember: lambda row: keys.solution_member(row.solution_id, row.id),
    model.WorkspaceMember: lambda row: keys.role(row.user_id, row.workspace_id),
}
"""The key of a row's item, where its owner is part of it."""

_AT: Final = "at"
_SORT: Final = "sort"


@dataclass(frozen=True, slots=True)
class Stored:
    """A row as it was read: its key, its values by attribute, and the record."""

    key: Key
    values: Fields
    row: Row

    @classmethod
    def of(cls, key: Key, values: Fields, row_type: type[Row]) -> Stored:
        """Return the stored row of an item's values."""
        field_values: list[Any] = [values.get(name) for _, name in items.FIELD_NAMES[row_type]]
        return cls(key, values, row_type(*field_values))

    @property
    def as_of(self) -> str | None:
        """The platform's time of the last change that was applied."""
        return self.values.get(items.AS_OF)

    @property
    def deletion_id(self) -> str | None:
        """The id of the cascaded deletion; ``None`` if it is live or was deleted by itself."""
        return self.values.get(items.DELETION_ID)

    @property
    def lifecycle(self) -> tuple[str | None, str | None]:
        """``deletedAt`` and ``retentionTier``."""
        return self.values.get("deletedAt"), self.values.get("retentionTier")

    def as_read(self) -> tuple[Condition, ...]:
        """The conditions under which the row is still what was read, cascades included."""
        watched = (items.REVISION, items.AS_OF, items.DELETION_ID, "deletedAt", "retentionTier")
        conditions = [same(name, self.values.get(name)) for name in watched]
        if "enabled" in self.values:
            conditions.append(same("enabled", self.values["enabled"]))
        return (Exists(), *conditions)


def key_of(row: Row) -> Key:
    """Return the key of a row's item."""
    by_id = BY_ID.get(type(row))
    return _BY_OWNER[type(row)](row) if by_id is None else by_id(row.id)


def values_of(row: Row) -> dict[str, Any]:
    """Return the attributes of a row's fields; a null is absent."""
    pairs = ((name, getattr(row, field)) for field, name in items.FIELD_NAMES[type(row)])
    return {name: value for name, value in pairs if value is not None}


def located(values: Fields | None) -> Key | None:
    """Return the key that a locator's values name."""
    return None if values is None else Key(values[_AT], values[_SORT])


def locator_key(row_type: type[Row], row_id: str) -> Key | None:
    """Return the key of the locator of a row; ``None``: its type has none."""
    return keys.locator(type_name(row_type), row_id) if row_type in _BY_OWNER else None


def type_name(row_type: type[Row]) -> str:
    """Return the name of a type of row in lines: ``integrationMember``."""
    return row_type.__name__[0].lower() + row_type.__name__[1:]


def put(
    row: Row,
    before: Stored | None,
    values: Fields,
    locator: Key | None,
    replaced: Stored | None = None,
) -> list[Action]:
    """Write a row: new, in place, or moved from where it was; its revision grows.

    ``values``: all its attributes but the keys. ``locator``: the key in its locator, as it was
    read. ``replaced``: the row that has the key, and leaves it in the same transaction. A row that
    stays in place replaces none.
    """
    key = key_of(row)
    revision = 1 + (0 if before is None else before.values.get(items.REVISION, 0))
    after = {**values, items.REVISION: revision}
    if before is not None and before.key == key:
        old = before.values.keys() - {keys.PK, keys.SK}
        changed = {name: value for name, value in after.items() if before.values.get(name) != value}
        actions: list[Action] = [
            Update(key, before.as_read(), set=changed, remove=sorted(old - after.keys()))
        ]
    else:
        actions = [Update(key, (Missing(),), set=after)]
        if replaced is not None:
            left = sorted(replaced.values.keys() - {keys.PK, keys.SK} - after.keys())
            actions = [Update(key, replaced.as_read(), set=after, remove=left)]
        if before is not None:
            actions.append(Delete(before.key, before.as_read()))
    own_locator = locator_key(type(row), row.id)
    # A new row writes it even if it seems right: it may have been deleted since it was read.
    if own_locator is not None and (before is None or locator != key):
        actions.append(locate(own_locator, key, locator))
    return actions


def locate(locator: Key, key: Key, before: Key | None) -> Action:
    """Write ``key`` into the item at ``locator``; ``before``: the key in it, as it was read."""
    unmoved = (Missing(),) if before is None else leads_to(before)
    return Update(locator, unmoved, set={_AT: key.pk, _SORT: key.sk})


def leads_to(key: Key) -> tuple[Condition, ...]:
    """Conditions: a locator has this key."""
    return Equals(_AT, key.pk), Equals(_SORT, key.sk)


def remove(row_type: type[Row], before: Stored) -> list[Action]:
    """Delete a row and its locator."""
    locator = locator_key(row_type, before.values["id"])
    actions: list[Action] = [Delete(before.key, before.as_read())]
    if locator is not None:
        actions.append(Delete(locator))
    return actions


def touch(before: Stored, as_of: str) -> list[Action]:
    """Record the time of a change that changes nothing else."""
    return [Update(before.key, before.as_read(), set={items.AS_OF: as_of})]


def tombstone(name: str, row_id: str, before: str | None, as_of: str, purge_at: int) -> Action:
    """Record the time at which a row was removed: lines that are older have no effect."""
    return Update(
        keys.tombstone(name, row_id),
        [same(items.AS_OF, before)],
        set={items.AS_OF: as_of, items.PURGE_AT: purge_at},
    )


def clear_tombstone(name: str, row_id: str, as_of: str | None) -> Action:
    """Delete a row's tombstone, which must be as it was read: no removal has come in between."""
    key = keys.tombstone(name, row_id)
    return Check(key, [Missing()]) if as_of is None else Delete(key, [same(items.AS_OF, as_of)])
