"""The counters of live installs against a recount, exact also beside live traffic.

Every write of a counter raises its ``changes``. A recount is of one moment only if no ``changes``
changed from before its scan until after it; else it is repeated. What a counter is wrong by is
then constant, since a correct change moves counter and installs by the same number. So the
difference may be added once, at any later time.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from installs.store import items, keys
from installs.store.counters import counters_of
from installs.store.expressions import Update, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from installs.store.keys import Key
    from installs.store.table import Table
    from tools.operate.table_scan import ScannedInstall, TableScan

ATTEMPTS: Final = 4


@dataclass(frozen=True, slots=True)
class Difference:
    """A count that is wrong: where, by how much, and its ``changes`` then."""

    name: Key
    counted: int
    recounted: int
    changes: int | None
    """Key of the item that is corrected."""


@dataclass(frozen=True, slots=True)
class Recount:
    """Wrong counters, and those that kept changing."""

    wrong: list[Difference]
    undecided: list[Key]
    obsolete: list[Key]
    """Items of a layout that is no longer written (docs/upgrade.md)."""


def name_of(key: Key) -> Key:
    """Return the count of a counter: all shards of one count have the name of the first."""
    if key.pk.startswith(keys.LIVE_PREFIX):
        return keys.platform_live_count(0)
    if key.pk.startswith(keys.INTEGRATION_PREFIX):
        return keys.integration_live_count(keys.counted_integration(key), 0)
    return key


def is_obsolete(key: Key) -> bool:
    """Return True for a part of an integration's count in one partition for all, as in 0.1.0."""
    return key.pk.startswith(keys.INTEGRATION_PREFIX) and key.sk.startswith(keys.LIVE_PREFIX)


def recounted(installs: Iterable[ScannedInstall]) -> Counter[Key]:
    """Compute the true value of each count."""
    counts: Counter[Key] = Counter()
    for install in installs:
        if install.deletion is None:
            counts.update(counters_of((install.workspace, install.integration)))
    return counts


def _suspects(scan: TableScan) -> set[Key]:
    counted: Counter[Key] = Counter()
    for key, live in scan.counters.items():
        if not is_obsolete(key):
            counted[name_of(key)] += live
    expected = recounted(scan.installs.values())
    return {name for name in counted.keys() | expected.keys() if counted[name] != expected[name]}


def recount(table: Table, first: TableScan, again: Callable[[], TableScan]) -> Recount:
    """Compare counters with installs; ``again`` scans once more if the first scan raised doubts."""
    suspects = _suspects(first)
    wrong: list[Difference] = []
    for _ in range(ATTEMPTS):
        if not suspects:
            break
        parts = {name: _parts(name) for name in suspects}
        before = _read(table, parts)
        expected = recounted(again().installs.values())
        after = _read(table, parts)
        still = {name for name in suspects if before[name] == after[name]}
        for name in sorted(still, key=str):
            shards = after[name]
            live = sum(value for value, _ in shards.values())
            if live != expected[name]:
                changes = shards.get(name, (0, None))[1]
                wrong.append(Difference(name, live, expected[name], changes))
        suspects -= still
    obsolete = sorted(filter(is_obsolete, first.counters), key=str)
    return Recount(wrong, sorted(suspects, key=str), obsolete)


def correct(table: Table, wrong: Difference) -> None:
    """Add what a count is wrong by.

    Raises
    ------
    ConditionFailedError
        The item has changed since: recount.
    """
    add = {items.LIVE: wrong.recounted - wrong.counted, items.CHANGES: 1}
    table.transact([Update(wrong.name, [same(items.CHANGES, wrong.changes)], add=add)])


def _parts(name: Key) -> list[Key]:
    shards = range(keys.COUNTER_SHARDS)
    if name.pk.startswith(keys.LIVE_PREFIX):
        return [keys.platform_live_count(shard) for shard in shards]
    if name.pk.startswith(keys.INTEGRATION_PREFIX):
        integration_id = keys.counted_integration(name)
        return [keys.integration_live_count(integration_id, shard) for shard in shards]
    return [name]


def _read(
    table: Table, parts: Mapping[Key, list[Key]]
) -> dict[Key, dict[Key, tuple[int, int | None]]]:
    """By count: its items that are there, with their value and their ``changes``."""
    items_to_read = table.get_many(key for part_keys in parts.values() for key in part_keys)
    read: dict[Key, dict[Key, tuple[int, int | None]]] = {name: {} for name in parts}
    for key, item in items_to_read.items():
        values = items.decode(item)
        if items.LIVE in values:
            read[name_of(key)][key] = (values[items.LIVE], values.get(items.CHANGES))
    return read
