"""Included rows: the related rows in an answer, each once (CONTRACT.md section 2, include).

For two installs of ``itg_crm``, one of them in a solution that the caller does not see::

    names     integration, solution
    included  {"integrations": {"itg_crm": {"id": "itg_crm", "name": "CRM", ...}}, "solutions": {}}

Related rows are visible as in filters: a row out of the caller's scope or past its retention is
absent, and so are deleted members and add-ons, unless the query asks for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nsmallest
from typing import TYPE_CHECKING, Final

from installs.query.execution.joins import visible_row
from installs.query.language.include import TO_MANY, TO_ONE
from installs.query.language.order import DEFAULT_ORDER, Order, SortField, total_order
from installs.query.language.parameters import Deleted
from installs.query.language.schema import INSTALL, PUBLIC_ENTITIES, target
from installs.store.items import decode_fields

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from installs.query.execution.joins import RelatedReader
    from installs.query.language.order import OrderKey
    from installs.query.language.schema import Entities, Relation, Row
    from installs.store.items import Item

MAX_ROWS: Final = 100
"""The most rows of a relation to many."""

_ORDERS: Final[Mapping[str, Order]] = {
    "members": total_order((SortField("id", ascending=True, nulls_first=False),)),
    "addOns": DEFAULT_ORDER,
}


@dataclass(frozen=True, slots=True)
class RelatedRows:
    """The rows of a relation to many: their number, and the first of them."""

    total: int
    first: Sequence[Row]


Included = dict[str, "dict[str, Row] | RelatedRows"]
"""By member of ``included``: rows of a relation to one by id, or those of a relation to many.

A row has all fields of its entity; a null is ``None``.
"""


@dataclass(frozen=True, slots=True)
class IncludeLoader:
    """A loader of related rows: of those that a caller sees, the fields that the caller knows."""

    reader: RelatedReader
    scope: frozenset[str] | None
    now: datetime
    entities: Entities

    def include(
        self,
        installs: Sequence[Item],
        names: Sequence[str],
        deleted: Deleted = Deleted.EXCLUDED,
    ) -> Included:
        """Return the rows to include with installs: of relations to one, read at once.

        Relations to many are those of a single install; ``deleted`` says which of their rows.
        """
        to_one = [INSTALL.relations[name] for name in names if name in TO_ONE]
        included = self._to_one(installs, to_one) if to_one else {}
        for name in names:
            if name in TO_MANY:
                (install,) = installs
                install_id = decode_fields(install, ("id",))["id"]
                included[name] = self._to_many(install_id, INSTALL.relations[name], deleted)
        return included

    def users(self, ids: Collection[str]) -> dict[str, Row]:
        """Return users by id, with only the fields that public keys know."""
        fields = PUBLIC_ENTITIES["User"].fields
        rows = (decode_fields(item, fields) for item in self.reader.rows("User", ids).values())
        return {row["id"]: row for row in rows}

    def _to_one(self, installs: Sequence[Item], relations: Sequence[Relation]) -> Included:
        """Return the rows by id, in the order of the installs; listed rows are not read again."""
        names = {"id", *(relation.foreign_key for relation in relations)}
        rows = [decode_fields(item, names) for item in installs]
        listed = {INSTALL.name: {row["id"]: item for row, item in zip(rows, installs, strict=True)}}
        ids = {
            relation.target: list(
                dict.fromkeys(
                    row[relation.foreign_key] for row in rows if relation.foreign_key in row
                )
            )
            for relation in relations
        }
        read = self.reader.rows_of(
            {
                entity: [row_id for row_id in row_ids if row_id not in listed.get(entity, ())]
                for entity, row_ids in ids.items()
            }
        )
        included: Included = {}
        for relation in relations:
            items = {**listed.get(relation.target, {}), **read[relation.target]}
            candidates = (items[row_id] for row_id in ids[relation.target] if row_id in items)
            related = (self._row(item, relation) for item in candidates)
            included[TO_ONE[relation.name]] = {row["id"]: row for row in related if row is not None}
        return included

    def _to_many(self, install_id: str, relation: Relation, deleted: Deleted) -> RelatedRows:
        """Return the rows of an install, live or deleted, the first by the relation's order."""
        with_deleted = deleted is not Deleted.EXCLUDED
        items = self.reader.referencing(
            relation.target, relation.foreign_key, [install_id], with_deleted=with_deleted
        )[install_id]
        candidates = (self._row(item, relation) for item in items)
        rows = [row for row in candidates if row is not None and _is_shown(row, deleted)]
        order = _ORDERS[relation.name]

        def order_key(row: Row) -> OrderKey:
            return order.order_key(order.values(row))

        return RelatedRows(len(rows), nsmallest(MAX_ROWS, rows, key=order_key))

    def _row(self, item: Item, relation: Relation) -> Row | None:
        """Return all fields of a related row; ``None`` if the caller does not see it."""
        fields = target(relation, self.entities).fields
        scope = self.scope if relation.scoped else None
        row = visible_row(item, frozenset(fields), scope, self.now)
        return None if row is None else {name: row.get(name) for name in fields}


def _is_shown(row: Row, deleted: Deleted) -> bool:
    """Return True if a row is live or deleted as it is asked for."""
    is_deleted = row["deletedAt"] is not None
    return deleted is Deleted.INCLUDED or is_deleted == (deleted is Deleted.ONLY)
