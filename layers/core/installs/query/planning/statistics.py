"""How many rows there are where a search may look: by the counters that were read, or by guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final

from installs.store import keys
from installs.store.counters import counters_in
from installs.store.keys import State

if TYPE_CHECKING:
    from installs.query.planning.key_ranges import Lane
    from installs.query.planning.list_request import Search
    from installs.store.counters import Count

Statistics = Mapping["Count", int]
"""Counts of live installs, as many of them as were read."""

REQUEST_UNITS: Final = 0.5
"""What a request, or a counter, takes at the least, in capacity units."""
MOST_ROWS: Final = 16
"""No more rows than these are in a capacity unit: half a KB each is the least they have."""
LIKELY_ROWS: Final = 6
"""So many rows are guessed to be in a capacity unit: 1.3 KB each, as large ones are."""
MATCHING: Final = 0.1
"""What part of the rows a filter is guessed to keep."""
HANGING: Final = 20
"""How many add-ons an install, and how many installs a solution, is guessed to have."""
UNCOUNTED: Final = 500
"""How many rows a lane is guessed to have of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """What is known of the lanes of a search, and what is guessed."""

    statistics: Statistics
    integrations: int
    """How many integrations are asked for."""

    @classmethod
    def of(cls, search: Search, statistics: Statistics) -> Estimates:
        """The estimates for a search."""
        return cls(statistics, len(search.necessary.values.get("integrationId", ())))

    def live(self, count: Count) -> int:
        """How many live rows are counted there, or are guessed to be.

        Of a workspace an integration has the part that it has of the platform, as far as that is
        known; all that are asked for together what a filter keeps, where it is not.
        """
        workspace, integration = count
        there = self.statistics.get((workspace, None))
        if count in self.statistics or integration is None or there is None:
            return self.statistics.get(count, UNCOUNTED)
        platform = self.statistics.get((None, None))
        of_it = self.statistics.get((None, integration))
        if not platform or of_it is None:
            return ceil(there * MATCHING / self.integrations)
        return ceil(there * min(1, of_it / platform))

    def rows(self, lane: Lane) -> int:
        """How many rows a lane is thought to have; of its trash a shard is to have as many."""
        if lane.index is keys.BY_PARENT or lane.index is keys.BY_SOLUTION:
            return HANGING
        if lane.index is keys.BY_SHARD:
            there = self.statistics.get((None, None), UNCOUNTED * keys.SHARDS) // keys.SHARDS
        else:
            there = UNCOUNTED if lane.count is None else self.live(lane.count)
        return there if lane.whole else (there + 1) // 2

    def likely(self, lanes: Sequence[Lane]) -> float:
        """The capacity units that reading or counting all of some lanes is thought to take."""
        return sum(max(REQUEST_UNITS, self.rows(lane) / LIKELY_ROWS) for lane in lanes)

    def least(self, lanes: Sequence[Lane]) -> float:
        """The capacity units that it takes for certain."""
        return sum(
            max(REQUEST_UNITS, self._certain(lane) / MOST_ROWS)
            if lane.whole and lane.state is State.LIVE
            else REQUEST_UNITS
            for lane in lanes
        )

    def is_empty(self, lane: Lane) -> bool:
        """Whether there were no rows in a lane a moment ago, as one counter by itself can tell.

        A count of many parts is read while they change: they may sum up to nought with rows there.
        """
        count = lane.count
        known = count is not None and counters_in([count]) == 1
        return known and self._certain(lane) == 0 and count in self.statistics

    def _certain(self, lane: Lane) -> int:
        if lane.index is keys.BY_SHARD:
            return self.statistics.get((None, None), 0) // keys.SHARDS
        return 0 if lane.count is None else self.statistics.get(lane.count, 0)
