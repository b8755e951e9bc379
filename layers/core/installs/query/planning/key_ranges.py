"""Key ranges: the parts of an index that a plan reads.

A range is a part of one partition, between two sort keys. Its rows differ in the fields of the sort
key; other fields may be constant in it. The live installs of ``wsp_1`` in ``byWorkspace``::

    partition  wsp_1#live
    layout     installedAt, id
    constants  {"workspaceId": "wsp_1", "deletedAt": None, "retentionTier": None}
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from installs.store.sort_keys import INSTALLED
from installs.store.spans import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from installs.store.counters import LiveCounter
    from installs.store.keys import Index, State
    from installs.store.sort_keys import SortKeyLayout


@dataclass(frozen=True, slots=True)
class KeyRange:
    """A range of sort keys in one partition of an index."""

    index: Index
    partition: str
    state: State
    layout: SortKeyLayout = INSTALLED
    """The layout that all sort keys of the range have."""
    constants: Mapping[str, str | None] = field(default_factory=dict)
    """Fields that have one value in all requested rows of the range."""
    lower: str | None = None
    """The lower bound of the sort keys, included; ``None``: no bound."""
    upper: str | None = None
    """The upper bound of the sort keys, included; ``None``: no bound."""
    live_counter: LiveCounter | None = None
    """The counter of the range's rows; ``None``: nothing counts them."""
    complete: bool = True
    """False if the range holds only some of the rows that the counter counts."""

    @property
    def span(self) -> Span:
        """All of the range, as the store reads it."""
        return Span(self.index, self.partition, self.lower, self.upper)
