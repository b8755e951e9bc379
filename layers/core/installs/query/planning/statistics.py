"""How many rows there are where a search may look: by the counters that were read, or by guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final

from installs.store import keys
from installs.store.counters import counter_items
from installs.store.keys import State

if TYPE_CHECKING:
    from installs.query.planning.key_ranges import KeyRange
    from installs.query.planning.list_request import ListRequest
    from installs.store.counters import LiveCount

Statistics = Mapping["LiveCount", int]
"""Counts of live installs, as many of them as were read."""

REQUEST_UNITS: Final = 0.5
"""What a request, or a counter, takes at the least, in capacity units."""
MAX_ROWS_PER_UNIT: Final = 16
"""No more rows than these are in a capacity unit: half a KB each is the least they have."""
EXPECTED_ROWS_PER_UNIT: Final = 6
"""So many rows are guessed to be in a capacity unit: 1.3 KB each, as large ones are."""
DEFAULT_SELECTIVITY: Final = 0.1
"""What part of the rows a filter is guessed to keep."""
DEFAULT_DEPENDENTS: Final = 20
"""How many add-ons an install, and how many installs a solution, is guessed to have."""
DEFAULT_ROWS: Final = 500
"""How many rows a lane is guessed to have of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """What is known of the lanes of a search, and what is guessed."""

    statistics: Statistics
    integrations: int
    """How many integrations are asked for."""

    @classmethod
    def of(cls, request: ListRequest, statistics: Statistics) -> Estimates:
        """The estimates for a search."""
        return cls(statistics, len(request.constraints.values.get("integrationId", ())))

    def live_rows(self, count: LiveCount) -> int:
        """How many live rows are counted there, or are guessed to be.

        Of a workspace an integration has the part that it has of the platform, as far as that is
        known; all that are asked for together what a filter keeps, where it is not.
        """
        workspace, integration = count
        there = self.statistics.get((workspace, None))
        if count in self.statistics or integration is None or there is None:
            return self.statistics.get(count, DEFAULT_ROWS)
        platform = self.statistics.get((None, None))
        of_it = self.statistics.get((None, integration))
        if not platform or of_it is None:
            return ceil(there * DEFAULT_SELECTIVITY / self.integrations)
        return ceil(there * min(1, of_it / platform))

    def rows(self, lane: KeyRange) -> int:
        """How many rows a lane is thought to have; of its trash a shard is to have as many."""
        if lane.index is keys.BY_PARENT or lane.index is keys.BY_SOLUTION:
            return DEFAULT_DEPENDENTS
        if lane.index is keys.BY_SHARD:
            there = self.statistics.get((None, None), DEFAULT_ROWS * keys.SHARDS) // keys.SHARDS
        else:
            there = DEFAULT_ROWS if lane.live_count is None else self.live_rows(lane.live_count)
        return there if lane.complete else (there + 1) // 2

    def expected_units(self, lanes: Sequence[KeyRange]) -> float:
        """The capacity units that reading or counting all of some lanes is thought to take."""
        return sum(max(REQUEST_UNITS, self.rows(lane) / EXPECTED_ROWS_PER_UNIT) for lane in lanes)

    def min_units(self, lanes: Sequence[KeyRange]) -> float:
        """The capacity units that it takes for certain."""
        return sum(
            max(REQUEST_UNITS, self._certain(lane) / MAX_ROWS_PER_UNIT)
            if lane.complete and lane.state is State.LIVE
            else REQUEST_UNITS
            for lane in lanes
        )

    def is_empty(self, lane: KeyRange) -> bool:
        """Whether there were no rows in a lane a moment ago, as one counter by itself can tell.

        A count of many parts is read while they change: they may sum up to nought with rows there.
        """
        count = lane.live_count
        known = count is not None and counter_items([count]) == 1
        return known and self._certain(lane) == 0 and count in self.statistics

    def _certain(self, lane: KeyRange) -> int:
        if lane.index is keys.BY_SHARD:
            return self.statistics.get((None, None), 0) // keys.SHARDS
        return 0 if lane.live_count is None else self.statistics.get(lane.live_count, 0)
