"""Top k: the first rows of a page out of all rows, which come in any order, and their number.

With ``k`` 3 (a page of two, and one row that shows a next page), after a cursor at ``b``::

    rows      d  a  f  b  c  e
    selected  c  d  e
    total     6: rows at or before the cursor count too
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from installs.query.execution.keyed_rows import matching_rows
from installs.query.execution.page import Window
from installs.query.planning.access_paths import KeyLookup

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from installs.query.execution.keyed_rows import KeyedRow
    from installs.query.execution.reader import Reader
    from installs.query.language.order import OrderKey
    from installs.query.planning.list_request import ListRequest
    from installs.query.planning.plans import TopKPlan
    from installs.store.items import Item


def run_top_k(request: ListRequest, plan: TopKPlan, reader: Reader) -> Window:
    """Read all rows of a plan's path, and return the window that the request asks for."""
    items: Sequence[Sequence[Item]]
    if isinstance(plan.path, KeyLookup):
        items = [reader.by_ids(plan.path.ids)]
    else:
        spans = [key_range.span for key_range in plan.path.ranges]
        items = reader.read_all(spans, plan.pushed.condition)
    order = request.order
    start, stop = (
        order.position_key(request.start),
        order.position_key(request.stop),
    )
    top = TopK(request.query.limit + 1, start, stop)
    rows = top.select(matching_rows(request, items, reader))
    return Window(rows, top.total, top.at_or_before_start, top.at_or_after_stop)


@dataclass(slots=True)
class TopK:
    """A selection of the first ``k`` rows after ``start`` and before ``stop``."""

    k: int
    start: OrderKey | None
    stop: OrderKey | None
    total: int = 0
    at_or_before_start: bool = False
    """True if there is a row at ``start`` or before it."""
    at_or_after_stop: bool = False
    """True if there is a row at ``stop`` or after it."""

    def select(self, rows: Iterable[KeyedRow]) -> list[KeyedRow]:
        """Return the first ``k`` rows, sorted; count all of them."""
        kept: list[KeyedRow] = []
        worst: OrderKey | None = None
        for row in rows:
            self.total += 1
            before = self.start is not None and row.key <= self.start
            after = self.stop is not None and row.key >= self.stop
            self.at_or_before_start |= before
            self.at_or_after_stop |= after
            if not before and not after and (worst is None or row.key < worst):
                kept.append(row)
                if len(kept) >= 4 * self.k:
                    kept = self._first(kept)
                    worst = kept[-1].key
        return self._first(kept)

    def _first(self, rows: list[KeyedRow]) -> list[KeyedRow]:
        return sorted(rows, key=lambda row: row.key)[: self.k]
