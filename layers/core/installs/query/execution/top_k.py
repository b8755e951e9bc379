"""Reads every row of a path, keeps the best, and counts the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from installs.query.execution.joins import Row, join_related, link_fields
from installs.query.execution.merge_scan import KeyedRow
from installs.query.execution.predicate import compile_filter
from installs.query.language.nodes import conjunction, referenced_fields, related_projections
from installs.query.planning.constraints import conjuncts
from installs.query.planning.list_request import VISIBILITY_FIELDS
from installs.store.items import decode_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from installs.query.execution.joins import RelatedReader
    from installs.query.language.nodes import Node
    from installs.query.language.order import SortKey
    from installs.query.planning.list_request import ListRequest
    from installs.store.items import Item

JOIN_BATCH: Final = 1_000
"""Rows whose relations are read together."""


@dataclass(slots=True)
class TopK:
    """The first rows behind ``near`` and ahead of ``far``, and what is known of the others."""

    k: int
    start: SortKey | None
    stop: SortKey | None
    total: int = 0
    before_start: bool = False
    """Whether there is a row at ``near`` or ahead of it."""
    after_stop: bool = False
    """Whether there is a row at ``far`` or behind it."""

    def select(self, rows: Iterable[KeyedRow]) -> list[KeyedRow]:
        """The best of the rows, in order; each is counted."""
        kept: list[KeyedRow] = []
        worst: SortKey | None = None
        for row in rows:
            self.total += 1
            ahead = self.start is not None and row.key <= self.start
            behind = self.stop is not None and row.key >= self.stop
            self.before_start |= ahead
            self.after_stop |= behind
            if not ahead and not behind and (worst is None or row.key < worst):
                kept.append(row)
                if len(kept) >= 4 * self.k:
                    kept = self._first(kept)
                    worst = kept[-1].key
        return self._first(kept)

    def _first(self, rows: list[KeyedRow]) -> list[KeyedRow]:
        return sorted(rows, key=lambda row: row.key)[: self.k]


def row_filter(
    request: ListRequest, own: Node, links: frozenset[str] = frozenset()
) -> Callable[[Item], Row | None]:
    """Reads of an item what the list needs, ``links`` beside; none if it is not looked for.

    ``own`` is the filter, or what of it says nothing of related rows.
    """
    wanted = (
        VISIBILITY_FIELDS | referenced_fields(request.filter) | set(request.order.fields) | links
    )
    visible, keep = request.visible(), compile_filter(own)

    def row_of(item: Item) -> Row | None:
        row = decode_fields(item, wanted)
        return row if visible(row) and keep(row) else None

    return row_of


def matching_rows(
    request: ListRequest, items: Iterable[Sequence[Item]], reader: RelatedReader
) -> Iterator[KeyedRow]:
    """Those of the items that match, each once, with their places."""
    relations = related_projections(request.filter)
    own = conjunction(
        *(part for part in conjuncts(request.filter) if not related_projections(part))
    )
    row_of, order = row_filter(request, own, link_fields(relations)), request.order
    found: list[tuple[Row, Item]] = []
    seen: set[str] = set()
    for some in items:
        for item in some:
            row = row_of(item)
            if row is not None and row["id"] not in seen:
                seen.add(row["id"])
                if relations:
                    found.append((row, item))
                else:
                    values = order.values(row)
                    yield KeyedRow(order.sort_key_of_values(values), values, item)
    if not relations:
        return
    matches = compile_filter(request.filter)
    for start in range(0, len(found), JOIN_BATCH):
        some_found = found[start : start + JOIN_BATCH]
        join_related([row for row, _ in some_found], relations, reader, request.scope, request.now)
        for row, item in some_found:
            if matches(row):
                values = order.values(row)
                yield KeyedRow(order.sort_key_of_values(values), values, item)
