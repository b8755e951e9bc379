"""Related rows, read in batches and attached to the rows that a filter looks at.

They are seen with the caller's eyes (section 2): what is out of reach or past its retention is not
there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from installs.query.planning.list_request import VISIBILITY_FIELDS, is_visible
from installs.store.items import decode_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from installs.query.language.nodes import Projection
    from installs.store.items import Item

Row = dict[str, Any]


class RelatedReader(Protocol):
    """What relations need of the store."""

    def rows(self, entity: str, ids: Iterable[str]) -> Mapping[str, Item]:
        """Rows of an entity by id."""

    def members(self, install_ids: Iterable[str]) -> Mapping[str, Sequence[Item]]:
        """The members of installs, by install."""

    def add_ons(
        self, install_ids: Iterable[str], *, with_deleted: bool
    ) -> Mapping[str, Sequence[Item]]:
        """The live add-ons of installs, or the deleted as well, by parent."""


@dataclass(frozen=True, slots=True)
class ToOne:
    """A relation to one row: the field that holds its id, and what it is."""

    field: str
    entity: str
    scoped: bool
    """Whether the related row belongs to a workspace that the caller may not see."""


TO_ONE: Final = {
    "integration": ToOne("integrationId", "Integration", scoped=False),
    "integrationVersion": ToOne("integrationVersionId", "IntegrationVersion", scoped=False),
    "workspace": ToOne("workspaceId", "Workspace", scoped=False),
    "installer": ToOne("installedBy", "User", scoped=False),
    "solution": ToOne("solutionId", "Solution", scoped=True),
    "parentInstall": ToOne("parentInstallId", "Install", scoped=True),
}
"""An integration is seen by whoever sees an install of it; so are its version and the installer."""


def link_fields(needed: Iterable[str]) -> frozenset[str]:
    """The fields by which rows name what relations lead to."""
    return frozenset(TO_ONE[name].field for name in needed if name in TO_ONE)


def join_related(
    rows: Sequence[Row],
    needed: Mapping[str, Projection],
    reader: RelatedReader,
    scope: frozenset[str] | None,
    now: datetime,
) -> None:
    """Put what rows are related to under the relations' names."""
    for name, need in needed.items():
        sight = _Sight(need, scope if name not in TO_ONE or TO_ONE[name].scoped else None, now)
        if name in TO_ONE:
            related = _attach_one(rows, name, sight, reader)
        else:
            related = _attach_many(rows, name, sight, reader)
        join_related(related, need.relations, reader, scope, now)


@dataclass(frozen=True, slots=True)
class _Sight:
    """What is read of related rows, and which of them are seen."""

    need: Projection
    scope: frozenset[str] | None
    now: datetime

    def row(self, item: Item) -> Row | None:
        """The fields of a related row; ``None`` where the caller does not see it."""
        wanted = VISIBILITY_FIELDS | self.need.fields | link_fields(self.need.relations)
        row = decode_fields(item, wanted)
        return row if is_visible(row, self.scope, self.now) else None


def _attach_one(rows: Sequence[Row], name: str, sight: _Sight, reader: RelatedReader) -> list[Row]:
    about = TO_ONE[name]
    ids = {row[about.field] for row in rows if about.field in row}
    found = {row_id: sight.row(item) for row_id, item in reader.rows(about.entity, ids).items()}
    for row in rows:
        row[name] = found.get(row.get(about.field, ""))
    return [row for row in found.values() if row is not None]


def _attach_many(rows: Sequence[Row], name: str, sight: _Sight, reader: RelatedReader) -> list[Row]:
    ids = {row["id"] for row in rows}
    if name == "members":
        by_install = reader.members(ids)
    else:
        by_install = reader.add_ons(ids, with_deleted=sight.need.with_deleted)
    for row in rows:
        seen = (sight.row(item) for item in by_install.get(row["id"], ()))
        row[name] = [
            one
            for one in seen
            if one is not None and (sight.need.with_deleted or "deletedAt" not in one)
        ]
    return [one for row in rows for one in row[name]]
