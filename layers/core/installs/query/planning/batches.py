"""Sizes of batches: how many rows, of how many ranges, are read at once.

The cost model and the merge scan both use it, so that a plan costs what its execution reads.
A page of 100 rows from ranges of 80, 50 and 500 rows, which follow one another in the order::

    fan_in([[80], [50], [500]], 100)   2 groups hold them
    shares([80], 100)                  [100]: a group of one range is asked for all
    shares([80, 20], 50)               [40, 10]
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate, groupby
from math import ceil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.query.planning.ordered_ranges import OrderedRange

MAX_BATCH: Final = 1_000
"""The most rows that a range is asked for at once; a response of 1 MB holds about as many."""
ROWS_PER_RESPONSE: Final = 700
"""The rows that a response of 1 MB is expected to hold, where a range is read to its end."""
ITEMS_PER_LOOKUP: Final = 100
"""The items that one request reads by their keys (AWS: BatchGetItem)."""
JOIN_BATCH: Final = 1_000
"""The rows whose related rows are read together."""


def prefix_groups(
    ranges: Sequence[OrderedRange], *, any_row: bool = False
) -> list[list[OrderedRange]]:
    """Return the ranges in groups, each of which precedes the next one as a whole.

    If any row will do, each range is a group, the largest first.
    """
    # A range in which the first sort field varies has only a null rank: compare all by that.
    known = min((len(ordered.leading_rank) for ordered in ranges), default=0)

    def position(ordered: OrderedRange) -> tuple[int | str, ...]:
        if any_row:
            key_range = ordered.key_range
            return (-ordered.rows, key_range.partition, key_range.layout.prefix)
        return ordered.leading_rank[:known]

    return [list(group) for _, group in groupby(sorted(ranges, key=position), key=position)]


def fan_in(sizes: Sequence[Sequence[int]], rows: float) -> int:
    """Return the number of groups that are read together: those expected to hold the rows."""
    return bisect_left(list(accumulate(map(sum, sizes))), rows) + 1


def shares(sizes: Sequence[int], rows: float) -> list[int]:
    """Divide the wanted rows among the ranges of a group by their sizes; at least one each."""
    part = rows / max(1, sum(sizes))
    divided = [max(1, round(size * part)) for size in sizes]
    largest = max(range(len(sizes)), key=sizes.__getitem__)
    divided[largest] += max(0, ceil(rows) - sum(divided))
    return divided


def clamp_batch(rows: float) -> int:
    """Return the size of a batch for the wanted rows, at most ``MAX_BATCH``."""
    return min(ceil(rows), MAX_BATCH)
