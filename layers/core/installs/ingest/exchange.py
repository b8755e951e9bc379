"""Rows that take each other's places in one call: two API keys swap their secrets, say.

A place is held by one row: a secret by an API key, a user's role in a workspace by one row. A line
that wants a place that is held is refused, unless another line of the call makes its holder leave.

>>> cycles({"a": "b", "b": "a", "c": "a"})
[['a', 'b']]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from installs.ingest.decisions import Write
from installs.store.expressions import Delete

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T")


def cycles(holders: Mapping[T, T]) -> list[list[T]]:
    """Return the cycles of rows in which each wants the place of the next."""
    found: list[list[T]] = []
    known: set[T] = set()
    for row in holders:
        path: list[T] = []
        while row in holders and row not in known:
            known.add(row)
            path.append(row)
            row = holders[row]
        if row in path:
            found.append(path[path.index(row) :])
    return found


def joined(writes: Sequence[Write]) -> Write:
    """Return the writes of a cycle as one; a place that one row leaves is the next row's."""
    actions = [action for write in writes for action in write.actions]
    written = {action.key for action in actions if not isinstance(action, Delete)}
    return Write(
        actions=tuple(
            action
            for action in actions
            if not (isinstance(action, Delete) and action.key in written)
        )
    )
