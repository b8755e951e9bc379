"""The reads of the store that executing a list needs: implemented by ``store.reader`` and by tests.

A page of ``wsp_1`` in an index's order takes two of them, in parallel::

    live_counts([wsp_1])        the number of its live installs, for the total
    batches([wsp_1#live])       the rows of the page, and one that shows a next page
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from installs.query.execution.joins import RelatedReader
from installs.query.execution.merge_scan import BatchReader
from installs.query.execution.semi_joins import SemiJoinReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from installs.query.planning.statistics import Statistics
    from installs.store.counters import LiveCounter
    from installs.store.filters import Filter
    from installs.store.items import Item
    from installs.store.spans import Span


class Reader(RelatedReader, BatchReader, SemiJoinReader, Protocol):
    """All reads of a list."""

    def live_counts(self, wanted: Iterable[LiveCounter]) -> Statistics:
        """Return the numbers of live installs by workspace, integration, or both."""

    def by_ids(self, ids: Sequence[str]) -> Sequence[Item]:
        """Return the installs with these ids; missing ones are left out."""

    def read_all(
        self, wanted: Sequence[Span], condition: Filter | None
    ) -> Sequence[Sequence[Item]]:
        """Return every item of each span that meets the condition."""

    def begin_total(
        self, counts: Iterable[LiveCounter], spans: Sequence[Span], condition: Filter | None
    ) -> Callable[[], int]:
        """Begin to add up live counts and the items of spans that meet the condition.

        The function returned waits for the sum.
        """
