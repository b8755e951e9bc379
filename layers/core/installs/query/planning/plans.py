"""Plans: an access path, and one of two ways to read it.

``MergeScanPlan`` reads ranges in order and stops when the page is full; the total is counted
without reading rows. ``TopKPlan`` reads every row, keeps the first ones and counts all of them.
Either gives the same page; they differ in cost. For the newest 100 of 5,000 installs of ``wsp_1``::

    MergeScanPlan    wsp_1#live backward, until the page is full; the total is a live count
    TopKPlan         wsp_1#live whole; the first 100 are kept, and 5,000 counted
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from installs.query.planning.access_paths import AccessPath, IndexPath
    from installs.query.planning.key_ranges import KeyRange
    from installs.query.planning.ordered_ranges import OrderedRange
    from installs.query.planning.pushdown import Pushed
    from installs.store.counters import LiveCounter


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """The estimated cost of a plan."""

    time: float
    """Expressed in row reads: the number of rows that could be read in the same time."""
    min_units: float
    """The capacity units that the plan takes at least, by the counters."""
    expected_units: float
    """The capacity units that the plan takes in the worst case: if few rows match, a merge scan
    reads its ranges to their end."""

    def __add__(self, other: Cost) -> Cost:
        """Return the cost of both."""
        return Cost(
            self.time + other.time,
            self.min_units + other.min_units,
            self.expected_units + other.expected_units,
        )


@dataclass(frozen=True, slots=True)
class TotalSource:
    """The source of the list's total: counters, and ranges whose rows DynamoDB counts."""

    live_counters: tuple[LiveCounter, ...] = ()
    ranges: tuple[KeyRange, ...] = ()


@dataclass(frozen=True, slots=True)
class TopKPlan:
    """Read all rows of a path; keep the first ones for the page, and count all that match."""

    path: AccessPath
    pushed: Pushed
    cost: Cost

    @property
    def name(self) -> str:
        """The name of the plan in logs."""
        return f"top k {self.path.name}"


@dataclass(frozen=True, slots=True)
class MergeScanPlan:
    """Merge the ranges of a path in order until the page is full; count the total separately."""

    path: IndexPath
    pushed: Pushed
    cost: Cost
    ranges: tuple[OrderedRange, ...]
    total_source: TotalSource
    rows_per_match: float
    """The expected number of rows read for each that is kept."""

    @property
    def name(self) -> str:
        """The name of the plan in logs."""
        return f"merge {self.path.name}"


Plan = TopKPlan | MergeScanPlan
