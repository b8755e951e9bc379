"""Keyed rows: the items that match a request, each with its order key.

Given the items of a range, in any order and possibly with repetitions, ``matching_rows`` yields
each visible item for which the filter is true once, with the values by which it is sorted::

    item  {"id": {"S": "ins_1"}, "installedAt": {"S": "2026-01-01T00:00:00.000Z"}, ...}
    row   KeyedRow(key=..., values=("2026-01-01T00:00:00.000Z", "ins_1"), item=item)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from installs.query.execution.joins import MutableRow, foreign_keys, join_related
from installs.query.execution.predicate import compile_filter
from installs.query.execution.visibility import VISIBILITY_FIELDS, visibility
from installs.query.language.nodes import (
    Projection,
    conjunction,
    referenced_fields,
    related_projections,
)
from installs.query.planning import batches
from installs.query.planning.constraints import conjuncts
from installs.store.items import decode_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from installs.query.execution.joins import RelatedReader
    from installs.query.language.nodes import Node
    from installs.query.language.order import OrderKey, SortValues
    from installs.query.planning.list_request import ListRequest
    from installs.store.items import Item


class KeyedRow(NamedTuple):
    """A matching item, with its position in the order."""

    key: OrderKey
    values: SortValues
    item: Item


def row_filter(
    request: ListRequest, local_filter: Node, extra_fields: frozenset[str] = frozenset()
) -> Callable[[Item], MutableRow | None]:
    """Return a function from an item to the fields that the list needs; ``None`` if it is refused.

    ``local_filter`` is the filter, or its conjuncts that reference no related rows;
    ``extra_fields`` are read as well.
    """
    wanted = VISIBILITY_FIELDS | referenced_fields(request.filter) | extra_fields
    wanted |= request.order.own_fields
    visible, matches = visibility(request), compile_filter(local_filter)

    def row_of(item: Item) -> MutableRow | None:
        row = decode_fields(item, wanted)
        return row if visible(row) and matches(row) else None

    return row_of


def matching_rows(
    request: ListRequest, items: Iterable[Sequence[Item]], reader: RelatedReader
) -> Iterator[KeyedRow]:
    """Yield the items that match, each once.

    Related rows are read last, in batches, for the rows that the rest of the filter keeps; those of
    the order, for the rows that the filter keeps.
    """
    relations, order = related_projections(request.filter), request.order
    join_keys = foreign_keys(relations) | foreign_keys(order.related_fields)
    local_filter = conjunction(
        *(part for part in conjuncts(request.filter) if not related_projections(part))
    )
    candidates = _unique_rows(items, row_filter(request, local_filter, join_keys))
    if relations:
        joined = _joined_rows(request, list(candidates), relations, reader)
        matches = compile_filter(request.filter)
        candidates = ((row, item) for row, item in joined if matches(row))
    if order.related_fields:
        sorted_by = {
            name: Projection(fields, with_deleted=False, relations={})
            for name, fields in order.related_fields.items()
        }
        candidates = _joined_rows(request, list(candidates), sorted_by, reader)
    for row, item in candidates:
        values = order.values(row)
        yield KeyedRow(order.order_key(values), values, item)


def _unique_rows(
    items: Iterable[Sequence[Item]], row_of: Callable[[Item], MutableRow | None]
) -> Iterator[tuple[MutableRow, Item]]:
    seen: set[str] = set()
    for batch in items:
        for item in batch:
            row = row_of(item)
            if row is not None and row["id"] not in seen:
                seen.add(row["id"])
                yield row, item


def _joined_rows(
    request: ListRequest,
    candidates: Sequence[tuple[MutableRow, Item]],
    relations: Mapping[str, Projection],
    reader: RelatedReader,
) -> Iterator[tuple[MutableRow, Item]]:
    """Yield the candidates with their related rows, which are read in batches."""
    for first in range(0, len(candidates), batches.JOIN_BATCH):
        batch = candidates[first : first + batches.JOIN_BATCH]
        join_related([row for row, _ in batch], relations, reader, request.scope, request.now)
        yield from batch
