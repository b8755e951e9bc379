"""The engine as its executor uses it: related rows attached, then filtered, sorted and cut.

Rows carry nothing but what the filter said that it needs, so that a need that is not told shows.
With ``trash``, deleted related rows are there even if no mention of the relation wants them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from installs.query.execution.predicate import compile_filter
from installs.query.language import cursor
from installs.query.language.nodes import (
    TRUE,
    Node,
    Projection,
    referenced_fields,
    related_projections,
)
from installs.query.language.parser import parse_filter
from tests.property.query.worlds import TO_MANY, TO_ONE, Row, World, fields_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from installs.query.language.order import Order, OrderKey


class Engine:
    """One query over a world: every answer is made of cursors' text and rows."""

    def __init__(self, world: World, wanted: object, order: Order, *, trash: bool = False) -> None:
        self._order = order
        self._binding = json.dumps(wanted, sort_keys=True)
        node: Node = parse_filter(json.dumps(wanted)) or TRUE
        predicate = compile_filter(node)
        reads = referenced_fields(node) | order.own_fields
        needs = related_projections(node)
        sorts = {
            name: Projection(fields, with_deleted=False, relations={})
            for name, fields in order.related_fields.items()
        }
        self._rows = [
            _attached(world, row, reads, sorts, trash=trash)
            for row in world["install"]
            if predicate(_attached(world, row, reads, needs, trash=trash))
        ]

    def ids(self) -> list[str]:
        """All matching rows, in order."""
        return [str(row["id"]) for row in self._behind(self._order, None)]

    def page(self, limit: int, *, after: str | None) -> list[str]:
        """The first rows behind a cursor."""
        return [self._cursor(row) for row in self._behind(self._order, after)[:limit]]

    def page_before(self, limit: int, *, before: str | None) -> list[str]:
        """The last rows ahead of a cursor, in the order itself."""
        found = self._behind(self._order.reversed(), before)[:limit]
        return [self._cursor(row) for row in reversed(found)]

    def id_of(self, text: str) -> str:
        """The id of the row that a cursor was made of."""
        return str(cursor.decode(text, self._order, self._binding)[-1])

    def _cursor(self, row: Row) -> str:
        return cursor.encode(self._order, self._order.values(row), self._binding)

    def _behind(self, order: Order, text: str | None) -> list[Row]:
        def key(row: Row) -> OrderKey:
            return order.order_key(order.values(row))

        rows = sorted(self._rows, key=key)
        if text is None:
            return rows
        values = cursor.decode(text, self._order, self._binding)
        position = order.order_key(values)
        return [row for row in rows if key(row) > position]


def _attached(
    world: World,
    row: Row,
    reads: frozenset[str] | set[str],
    needs: Mapping[str, Projection],
    *,
    trash: bool,
) -> Row:
    seen = fields_of(row, reads.__contains__)
    for name, need in needs.items():
        entity, link = TO_ONE.get(name) or TO_MANY[name]
        own, foreign = (link, "id") if name in TO_ONE else ("id", link)
        related = [
            _attached(world, other, need.fields | {"deletedAt"}, need.relations, trash=trash)
            for other in world[entity]
            if other[foreign] is not None and other[foreign] == row[own]
            if name in TO_ONE or need.with_deleted or trash or other["deletedAt"] is None
        ]
        seen[name] = related if name in TO_MANY else next(iter(related), None)
    return seen
