"""The cost of plans: time, expressed in row reads, and DynamoDB's capacity units.

Among plans within the budget, the fastest wins. With a page of 100 from one workspace of 5,000
installs, whose count is known::

    merge scan   1 request, 103 rows        10 + 103 = 113
    top k        8 requests, 5,000 rows     80 + 5,000 = 5,080
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final

from installs.query.planning import batches
from installs.query.planning.access_paths import KeyLookup
from installs.query.planning.ordered_ranges import between
from installs.query.planning.plans import Cost
from installs.query.planning.statistics import EXPECTED_ROWS_PER_UNIT, UNITS_PER_REQUEST
from installs.store.counters import items_to_read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.query.planning.access_paths import AccessPath
    from installs.query.planning.list_request import ListRequest
    from installs.query.planning.ordered_ranges import OrderedRange
    from installs.query.planning.plans import TotalSource
    from installs.query.planning.statistics import Estimates

BUDGET: Final = 2_560.0
"""Capacity units that a list may use: 20 MB of eventually consistent reads, 8 KB a unit."""
TOO_EXPENSIVE: Final = (
    "The query would read more than some 20 MB; narrow it by workspace_id, integration_id, "
    "solution_id, parent_install_id, ids or a filter on installedAt, order it by installedAt, "
    "which reads a page and no more, or ask for fewer relations."
)
REQUEST_COST: Final = 10
"""The cost of a request, in rows; reading a counter costs as much as a row."""
COUNTED_ROW_COST: Final = 0.3
"""The cost of a row that DynamoDB counts, in rows that are read."""


def top_k_cost(path: AccessPath, estimates: Estimates) -> Cost:
    """Estimate the cost of reading all rows of a path."""
    ids = len(path.ids) if isinstance(path, KeyLookup) else 0
    rows = ids + sum(map(estimates.rows, path.ranges))
    lookups = ceil(ids / batches.ITEMS_PER_LOOKUP)
    requests = len(path.ranges) + lookups + rows // batches.ROWS_PER_RESPONSE
    return Cost(
        REQUEST_COST * requests + rows,
        estimates.min_units(path.ranges),
        estimates.expected_units(path.ranges),
    )


def merge_scan_cost(
    request: ListRequest,
    ranges: Sequence[OrderedRange],
    total_source: TotalSource,
    rows_per_match: float,
    estimates: Estimates,
) -> Cost:
    """Estimate the cost of a page in order, and of its total."""
    sliced = between(ranges, request.start, request.stop)
    # Beside the page: the row at the start cursor, and one that shows that there is a next page.
    wanted = (request.query.limit + 2) * rows_per_match
    first = _read_first(sliced, wanted)
    tied = sum(ordered.rows for ordered in first if ordered.tied)
    rows = min(int(wanted) + len(first) + tied, sum(ordered.rows for ordered in ranges))
    unread = items_to_read(set(total_source.live_counters) - estimates.statistics.keys())

    page_units = UNITS_PER_REQUEST * len(first) + rows / EXPECTED_ROWS_PER_UNIT
    # How many rows match is unknown if no counter covers the filter, or if its counters are unread
    # and not every row matches. Few may do: then the ranges are read to their end.
    few_may_match = request.uncounted_conjuncts or (unread and rows_per_match > 1)
    if few_may_match:
        all_ranges = [ordered.key_range for ordered in ranges]
        page_units = max(page_units, estimates.expected_units(all_ranges))
    # The first round reads all ranges of a group; the page may be full after the first group.
    one_group = len({ordered.leading_rank for ordered in ranges}) < 2
    page = Cost(
        REQUEST_COST * len(first) + rows,
        UNITS_PER_REQUEST * (len(sliced) if one_group else 1),
        page_units,
    )
    return page + _total_cost(total_source, unread, estimates)


def _read_first(sliced: Sequence[OrderedRange], wanted: float) -> list[OrderedRange]:
    """Return the ranges that a merge scan reads in its first round."""
    groups = batches.prefix_groups(sliced)
    together = batches.fan_in([[ordered.rows for ordered in group] for group in groups], wanted)
    return [ordered for group in groups[:together] for ordered in group]


def _total_cost(source: TotalSource, unread: int, estimates: Estimates) -> Cost:
    """Estimate the cost of a total, of whose counters ``unread`` items were not read yet."""
    counted = sum(map(estimates.rows, source.ranges))
    requests = len(source.ranges) + counted // batches.ROWS_PER_RESPONSE
    requests += unread // batches.ITEMS_PER_LOOKUP
    return Cost(
        REQUEST_COST * requests + unread + COUNTED_ROW_COST * counted,
        estimates.min_units(source.ranges),
        estimates.expected_units(source.ranges) + UNITS_PER_REQUEST * unread,
    )
