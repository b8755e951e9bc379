"""Spans: ranges of one partition of an index, and the batches of items that reading them gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from installs.store.items import Item
    from installs.store.keys import Index


@dataclass(frozen=True, slots=True)
class Span:
    """The items of one partition of an index between two sort keys, both included.

    ``None`` is no bound. ``forward`` is the ascending order of the sort key.
    """

    index: Index
    partition: str
    lower: str | None = None
    upper: str | None = None
    forward: bool = True


@dataclass(frozen=True, slots=True)
class Batch:
    """Items in order, and the key after which the next ones begin; ``None``: there are no more."""

    items: list[Item]
    next: Item | None
