"""Reads every row of a path, keeps the best, and counts the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from installs.query.execution.joins import Row, attach, link_fields
from installs.query.execution.merge_scan import Found
from installs.query.execution.predicate import compile_filter
from installs.query.language.nodes import conjunction, fields_needed, relations_needed
from installs.query.planning.constraints import conjuncts
from installs.query.planning.list_request import VISIBLE_FIELDS
from installs.store.items import decode_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from installs.query.execution.joins import Related
    from installs.query.language.nodes import Node
    from installs.query.language.order import SortKey
    from installs.query.planning.list_request import Search
    from installs.store.items import Item

AT_ONCE: Final = 1_000
"""Rows whose relations are read together."""


@dataclass(slots=True)
class Best:
    """The first rows behind ``near`` and ahead of ``far``, and what is known of the others."""

    wanted: int
    near: SortKey | None
    far: SortKey | None
    total: int = 0
    at_near: bool = False
    """Whether there is a row at ``near`` or ahead of it."""
    at_far: bool = False
    """Whether there is a row at ``far`` or behind it."""

    def of(self, rows: Iterable[Found]) -> list[Found]:
        """The best of the rows, in order; each is counted."""
        kept: list[Found] = []
        worst: SortKey | None = None
        for row in rows:
            self.total += 1
            ahead = self.near is not None and row.key <= self.near
            behind = self.far is not None and row.key >= self.far
            self.at_near |= ahead
            self.at_far |= behind
            if not ahead and not behind and (worst is None or row.key < worst):
                kept.append(row)
                if len(kept) >= 4 * self.wanted:
                    kept = self._first(kept)
                    worst = kept[-1].key
        return self._first(kept)

    def _first(self, rows: list[Found]) -> list[Found]:
        return sorted(rows, key=lambda row: row.key)[: self.wanted]


def matcher(
    search: Search, own: Node, links: frozenset[str] = frozenset()
) -> Callable[[Item], Row | None]:
    """Reads of an item what the list needs, ``links`` beside; none if it is not looked for.

    ``own`` is the filter, or what of it says nothing of related rows.
    """
    wanted = VISIBLE_FIELDS | fields_needed(search.filter) | set(search.order.fields) | links
    visible, keep = search.visible(), compile_filter(own)

    def row_of(item: Item) -> Row | None:
        row = decode_fields(item, wanted)
        return row if visible(row) and keep(row) else None

    return row_of


def matching(search: Search, items: Iterable[Sequence[Item]], reader: Related) -> Iterator[Found]:
    """Those of the items that match, each once, with their places."""
    relations = relations_needed(search.filter)
    own = conjunction(*(part for part in conjuncts(search.filter) if not relations_needed(part)))
    row_of, order = matcher(search, own, link_fields(relations)), search.order
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
                    yield Found(order.sort_key_of_values(values), values, item)
    if not relations:
        return
    matches = compile_filter(search.filter)
    for start in range(0, len(found), AT_ONCE):
        some_found = found[start : start + AT_ONCE]
        attach([row for row, _ in some_found], relations, reader, search.scope, search.now)
        for row, item in some_found:
            if matches(row):
                values = order.values(row)
                yield Found(order.sort_key_of_values(values), values, item)
