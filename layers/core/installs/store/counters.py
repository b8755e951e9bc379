"""Counters of live installs, and the writes of a change to them (docs/adr/0006).

Each counter is changed in the transaction that changes the installs, so it is exact. The counters
of the platform and of an integration are sharded, since every workspace writes them: a transaction
writes a random shard, and only the sum of the shards is the count. ``changes`` only ever grows, so
a recount can tell that nothing was changed meanwhile.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from installs import randomness
from installs.store import items, keys
from installs.store.expressions import Update

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from installs.model import Install
    from installs.store.keys import Key

Counted = tuple[str, str]
"""The dimensions by which an install is counted: its workspace and its integration."""

LiveCounter = tuple[str | None, str | None]
"""A counter of live installs, named by workspace and integration; ``None``: any.

``("wsp_1", None)`` counts those of a workspace, ``(None, None)`` those of the platform. A counter
of all workspaces is sharded into many items.
"""

MAX_COUNTERS: Final = 2_000
"""The most counters that one list reads: half a capacity unit each."""


def counted(row: Install) -> Counted:
    """Return the dimensions of an install."""
    return row.workspace_id, row.integration_id


def counters_of(by: Counted, shard: int = 0) -> tuple[Key, ...]:
    """Return the counters that include an install, with the shard of the transaction."""
    workspace_id, integration_id = by
    return (
        keys.live_count(workspace_id),
        keys.live_count(workspace_id, integration_id),
        keys.platform_live_count(shard),
        keys.integration_live_count(integration_id, shard),
    )


def updates(deltas: Mapping[Counted, int]) -> list[Update]:
    """Return the writes that add to the counters; a delta of zero writes nothing."""
    shard = randomness.below(keys.COUNTER_SHARDS)
    changes: Counter[Key] = Counter()
    for by, delta in deltas.items():
        for key in counters_of(by, shard):
            changes[key] += delta
    return [
        Update(key, add={items.LIVE: delta, items.CHANGES: 1})
        for key, delta in changes.items()
        if delta
    ]


def counter_keys(counter: LiveCounter) -> tuple[Key, ...]:
    """Return the keys of the items whose sum is the count."""
    workspace_id, integration_id = counter
    if workspace_id is not None:
        return (keys.live_count(workspace_id, integration_id),)
    shards = range(keys.COUNTER_SHARDS)
    if integration_id is None:
        return tuple(map(keys.platform_live_count, shards))
    return tuple(keys.integration_live_count(integration_id, shard) for shard in shards)


def items_to_read(counters: Iterable[LiveCounter]) -> int:
    """Return the number of items that have the counts of some counters."""
    shards = keys.COUNTER_SHARDS
    return sum(shards if workspace_id is None else 1 for workspace_id, _ in counters)
