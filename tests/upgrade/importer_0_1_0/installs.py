"""Installs are written together with their pointers, counters and epochs, each as it was read.

If an install of a transaction is no longer as it was read, nothing of it is written, and then
each of its installs is read and written again by itself. So the counters stay exact however often a
file is imported, wherever an import was broken off, and whatever else is going on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from installs.errors import ConflictError, UnavailableError
from installs.store import counters, items, keys
from installs.store.expressions import Action, Delete, Missing, Update
from installs.store.installs import as_read, get, get_many
from installs.store.table import BATCH_LIMIT, TRANSACTION_LIMIT, ConditionFailedError
from tests.upgrade.importer_0_1_0.reading import item_size
from tests.upgrade.importer_0_1_0.table import Put, attempts, in_runs
from tools.importer.errors import ImportStoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from installs.lifecycle import InstallState
    from installs.store.counters import Counted
    from installs.store.keys import Key
    from installs.store.table import Table

LARGEST_TRANSACTION: Final = 3_000_000
"""In bytes of installs; DynamoDB's limit of 4 MB counts pointers and counters too."""


@dataclass(frozen=True, slots=True)
class Change:
    """An install as it was read (``None``: not there), and as the file has it."""

    before: InstallState | None
    after: InstallState

    @property
    def states(self) -> tuple[InstallState, ...]:
        """The states that are there: one or two."""
        return (self.after,) if self.before is None else (self.before, self.after)


def write_installs(
    table: Table, states: Sequence[InstallState], on_written: Callable[[int, int], None]
) -> None:
    """Write installs; ``on_written`` is told how many were done, and how many of them changed."""
    for run in in_runs(states, BATCH_LIMIT):
        found = get_many(table, (state.row.id for state in run))
        changes = [Change(found.get(state.row.id), state) for state in run]
        changed = [change for change in changes if change.before != change.after]
        for batch in batches(changed):
            try:
                table.transact(actions(batch))
            except (ConditionFailedError, ConflictError, UnavailableError):
                for change in batch:
                    _write_alone(table, change.after)
        on_written(len(run), len(changed))


def _write_alone(table: Table, state: InstallState) -> None:
    for _ in attempts():
        change = Change(get(table, state.row.id), state)
        if change.before == change.after:
            return
        try:
            table.transact(actions([change]))
        except (ConditionFailedError, ConflictError, UnavailableError):
            continue
        return
    raise ImportStoppedError(
        f"The install {state.row.id} kept changing; the import stopped, and may be repeated."
    )


def batches(changes: Iterable[Change]) -> Iterator[Sequence[Change]]:
    """Changes in runs that fit into one transaction each."""
    batch: list[Change] = []
    touched: set[Key] = set()
    size = 0
    for change in changes:
        its_keys = _touched(change)
        its_size = item_size(items.install_to_item(change.after))
        full = len(touched | its_keys) > TRANSACTION_LIMIT
        if batch and (full or size + its_size > LARGEST_TRANSACTION):
            yield batch
            batch, touched, size = [], set(), 0
        batch.append(change)
        touched |= its_keys
        size += its_size
    if batch:
        yield batch


def actions(changes: Sequence[Change]) -> list[Action]:
    """The transaction of some changes: no item is in it twice."""
    rows: list[Put] = []
    pointers: list[Put | Delete] = []
    deltas: Counter[Counted] = Counter()
    versions: dict[Key, None] = {}
    for change in changes:
        before = change.before
        conditions = (Missing(),) if before is None else as_read(before)
        rows.append(Put(items.install_to_item(change.after), conditions))
        old, new = set() if before is None else _pointers(before), _pointers(change.after)
        pointers += [Put(items.encode_key(key)) for key in sorted(new - old, key=str)]
        pointers += [Delete(key) for key in sorted(old - new, key=str)]
        for state in change.states:
            if state.live:
                deltas[counters.counted(state.row)] += 1 if state is change.after else -1
            versions.update(dict.fromkeys(_solution_versions(state)))
    updates = counters.updates(deltas)
    updates += [Update(key, add={items.SOLUTION_VERSION: 1}) for key in versions]
    # The store's own changes never put an item whole, so its union of actions has no Put.
    return cast("list[Action]", [*rows, *pointers, *updates])


def _touched(change: Change) -> set[Key]:
    touched = {keys.install(change.after.row.id)}
    for state in change.states:
        touched |= {
            *_pointers(state),
            *counters.counters_of(counters.counted(state.row)),
            *_solution_versions(state),
        }
    return touched


def _pointers(state: InstallState) -> set[Key]:
    row = state.row
    pointers = set()
    if row.parent_install_id is not None:
        pointers.add(keys.add_on(row.parent_install_id, row.id))
    if row.solution_id is not None:
        pointers.add(keys.solution_install(row.solution_id, row.id))
    return pointers


def _solution_versions(state: InstallState) -> tuple[Key, ...]:
    solution_id = state.row.solution_id
    return () if solution_id is None else (keys.solution_version(solution_id),)
