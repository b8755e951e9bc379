"""Statistics: the estimated number of rows in a key range, from live counters or from defaults.

With 10,000 installs on the platform, 2,000 of them of ``itg_1``, and 50 in ``wsp_1``::

    live rows of itg_1 in wsp_1, if counted          the count
    otherwise                                        50 * 2,000 / 10,000 = 10
    the deleted rows of wsp_1, which nothing counts  DEFAULT_ROWS
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final

from installs.store import keys
from installs.store.counters import items_to_read
from installs.store.keys import State

if TYPE_CHECKING:
    from installs.query.planning.key_ranges import KeyRange
    from installs.query.planning.list_request import ListRequest
    from installs.store.counters import LiveCounter

Statistics = Mapping["LiveCounter", int]
"""The live counts that were read, by counter."""

UNITS_PER_REQUEST: Final = 0.5
"""The capacity units that a request, or reading a counter, takes at least."""
MAX_ROWS_PER_UNIT: Final = 16
"""The most rows that a capacity unit reads: a row with its keys takes half a KB at least."""
EXPECTED_ROWS_PER_UNIT: Final = 6
"""The rows that a capacity unit is expected to read: 1.3 KB each, as large rows are."""
DEFAULT_SELECTIVITY: Final = 0.1
"""The fraction of rows that a filter is assumed to keep."""
DEFAULT_DEPENDENTS: Final = 20
"""The assumed number of add-ons of an install, and of installs in a solution."""
DEFAULT_ROWS: Final = 500
"""The assumed number of rows in a range that nothing counts."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Estimates of rows and capacity units for one request."""

    statistics: Statistics
    integrations: int
    """The number of integrations that the request names."""

    @classmethod
    def of(cls, request: ListRequest, statistics: Statistics) -> Estimates:
        """Return the estimates for a request."""
        return cls(statistics, len(request.constraints.values.get("integrationId", ())))

    def live_rows(self, counter: LiveCounter) -> int:
        """Return the count of a counter if it was read, else an estimate.

        An integration is assumed to have the same share of a workspace as of the platform. If that
        share is unknown, the named integrations together have ``DEFAULT_SELECTIVITY`` of it.
        """
        workspace_id, integration_id = counter
        in_workspace = self.statistics.get((workspace_id, None))
        if counter in self.statistics or integration_id is None or in_workspace is None:
            return self.statistics.get(counter, DEFAULT_ROWS)
        platform = self.statistics.get((None, None))
        of_integration = self.statistics.get((None, integration_id))
        if not platform or of_integration is None:
            return ceil(in_workspace * DEFAULT_SELECTIVITY / self.integrations)
        return ceil(in_workspace * min(1, of_integration / platform))

    def rows(self, key_range: KeyRange) -> int:
        """Estimate the rows in a range.

        A shard's partition of deleted rows is assumed to be as large as that of its live rows.
        """
        if key_range.index is keys.BY_PARENT or key_range.index is keys.BY_SOLUTION:
            return DEFAULT_DEPENDENTS
        if key_range.index is keys.BY_SHARD:
            platform = self.statistics.get((None, None), DEFAULT_ROWS * keys.SHARDS)
            rows = platform // keys.SHARDS
        else:
            counter = key_range.live_counter
            rows = DEFAULT_ROWS if counter is None else self.live_rows(counter)
        return rows if key_range.complete else (rows + 1) // 2

    def expected_units(self, ranges: Sequence[KeyRange]) -> float:
        """Estimate the capacity units that reading, or counting, the ranges takes."""
        return sum(
            max(UNITS_PER_REQUEST, self.rows(key_range) / EXPECTED_ROWS_PER_UNIT)
            for key_range in ranges
        )

    def min_units(self, ranges: Sequence[KeyRange]) -> float:
        """Return the capacity units that reading the ranges takes at least."""
        return sum(
            max(UNITS_PER_REQUEST, self._counted_rows(key_range) / MAX_ROWS_PER_UNIT)
            if key_range.complete and key_range.state is State.LIVE
            else UNITS_PER_REQUEST
            for key_range in ranges
        )

    def is_empty(self, key_range: KeyRange) -> bool:
        """Return True if a range was empty when its counter was read.

        Only a counter of one item can say so: the parts of a sharded counter are read while they
        change, and may sum up to zero though there are rows.
        """
        counter = key_range.live_counter
        reliable = counter is not None and items_to_read([counter]) == 1
        return reliable and counter in self.statistics and self._counted_rows(key_range) == 0

    def _counted_rows(self, key_range: KeyRange) -> int:
        if key_range.index is keys.BY_SHARD:
            return self.statistics.get((None, None), 0) // keys.SHARDS
        counter = key_range.live_counter
        return 0 if counter is None else self.statistics.get(counter, 0)
