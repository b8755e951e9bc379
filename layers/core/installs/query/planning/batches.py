"""Groups of ordered ranges that are read together, as planner and merge scan both count them."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.query.planning.key_ranges import OrderedRange


def prefix_groups(
    ways: Sequence[OrderedRange], *, any_row: bool = False
) -> list[list[OrderedRange]]:
    """The ways in groups, each of which comes behind the one before as a whole.

    Where any row will do, each way is a group, the largest first.
    """
    # Where the first field differs within a lane, lanes are told apart by its rank alone.
    known = min((len(way.group) for way in ways), default=0)

    def place(way: OrderedRange) -> tuple[int | str, ...]:
        return (
            (-way.rows, way.key_range.partition, way.key_range.prefix)
            if any_row
            else way.group[:known]
        )

    return [list(group) for _, group in groupby(sorted(ways, key=place), key=place)]


def fan_in(sizes: Sequence[Sequence[int]], rows: float) -> int:
    """How many of the groups are read together: those that are thought to hold so many rows."""
    return bisect_left(list(accumulate(map(sum, sizes))), rows) + 1
