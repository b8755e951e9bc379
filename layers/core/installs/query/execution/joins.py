"""Joins: related rows, read in batches and put into the rows that a filter is evaluated on.

A related row out of the caller's scope or past its retention counts as absent (CONTRACT.md
section 2). For a filter on ``solution`` and ``members``::

    before  {"id": "ins_1", "solutionId": "sol_1"}
    after   {"id": "ins_1", "solutionId": "sol_1", "solution": {"name": "CRM"}, "members": [{...}]}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from installs.query.execution.visibility import VISIBILITY_FIELDS, is_visible
from installs.query.language.schema import INSTALL, target
from installs.store.items import decode_fields

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from installs.query.language.nodes import Projection
    from installs.query.language.schema import Entity, Relation
    from installs.store.items import Item

MutableRow = dict[str, Any]
"""A row into which its related rows are put."""


class RelatedReader(Protocol):
    """The reads of the store that joins need."""

    def rows(self, entity: str, ids: Iterable[str]) -> Mapping[str, Item]:
        """Return the rows of an entity that exist, by id."""

    def rows_of(self, wanted: Mapping[str, Collection[str]]) -> Mapping[str, Mapping[str, Item]]:
        """Return the rows of several entities, each by id; all are read at once."""

    def referencing(
        self, entity: str, field: str, ids: Iterable[str], *, with_deleted: bool
    ) -> Mapping[str, Sequence[Item]]:
        """Return the rows of an entity whose field names one of the ids, by that id.

        Without ``with_deleted``, deleted rows may be left out.
        """


def foreign_keys(needed: Iterable[str], entity: Entity = INSTALL) -> frozenset[str]:
    """Return the foreign keys of rows of an entity to the rows of their to-one relations."""
    relations = (entity.relations[name] for name in needed)
    return frozenset(relation.foreign_key for relation in relations if not relation.many)


def join_related(
    rows: Sequence[MutableRow],
    needed: Mapping[str, Projection],
    reader: RelatedReader,
    scope: frozenset[str] | None,
    now: datetime,
    entity: Entity = INSTALL,
) -> None:
    """Put the related rows into rows of an entity, under the names of the relations."""
    for name, projection in needed.items():
        relation = entity.relations[name]
        join = _Join(relation, projection, scope if relation.scoped else None, now)
        related = (join.to_many if relation.many else join.to_one)(rows, reader)
        join_related(related, projection.relations, reader, scope, now, target(relation))


def visible_row(
    item: Item, wanted: frozenset[str], scope: frozenset[str] | None, now: datetime
) -> MutableRow | None:
    """Return fields of a related row, and those of its visibility; ``None`` if it is not seen."""
    row = decode_fields(item, VISIBILITY_FIELDS | wanted)
    return row if is_visible(row, scope, now) else None


@dataclass(frozen=True, slots=True)
class _Join:
    """One relation, the fields that are read of the related rows, and the caller's scope."""

    relation: Relation
    projection: Projection
    scope: frozenset[str] | None
    now: datetime

    def to_one(self, rows: Sequence[MutableRow], reader: RelatedReader) -> list[MutableRow]:
        """Join to each row the row that its foreign key points to; return the related rows."""
        key = self.relation.foreign_key
        ids = {row[key] for row in rows if key in row}
        items = reader.rows(self.relation.target, ids)
        related = {row_id: self._visible_row(item) for row_id, item in items.items()}
        for row in rows:
            row[self.relation.name] = related.get(row.get(key, ""))
        return [row for row in related.values() if row is not None]

    def to_many(self, rows: Sequence[MutableRow], reader: RelatedReader) -> list[MutableRow]:
        """Join to each row the rows whose foreign key points to it; return the related rows."""
        name, with_deleted = self.relation.name, self.projection.with_deleted
        ids = {row["id"] for row in rows}
        items = reader.referencing(
            self.relation.target, self.relation.foreign_key, ids, with_deleted=with_deleted
        )
        for row in rows:
            candidates = map(self._visible_row, items.get(row["id"], ()))
            row[name] = [
                related
                for related in candidates
                if related is not None and (with_deleted or "deletedAt" not in related)
            ]
        return [related for row in rows for related in row[name]]

    def _visible_row(self, item: Item) -> MutableRow | None:
        """Return the needed fields of a related row; ``None`` if the caller does not see it."""
        join_keys = foreign_keys(self.projection.relations, target(self.relation))
        return visible_row(item, self.projection.fields | join_keys, self.scope, self.now)
