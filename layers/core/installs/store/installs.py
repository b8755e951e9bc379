"""Installs in the table: reads, and the transaction that every change of state goes through."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from installs import clock
from installs.store import counters, items, keys, pending
from installs.store.expressions import Action, Condition, Delete, Exists, Missing, Update, same

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from installs.lifecycle import InstallState
    from installs.store.counters import Counted
    from installs.store.keys import Key
    from installs.store.table import Table


@dataclass(frozen=True, slots=True)
class Change:
    """An install that goes from a state that was read to another; to ``None``: is deleted."""

    before: InstallState
    after: InstallState | None


def get(table: Table, install_id: str) -> InstallState | None:
    """An install, strongly consistent; whether the caller may see it is not asked here."""
    item = table.get(keys.install(install_id))
    return None if item is None else items.item_to_install(item)


def get_many(table: Table, install_ids: Iterable[str]) -> dict[str, InstallState]:
    """The installs that are there, strongly consistent, by id."""
    found = table.get_many(keys.install(install_id) for install_id in install_ids)
    states = map(items.item_to_install, found.values())
    return {state.row.id: state for state in states}


def default_tier(table: Table, workspace_id: str) -> str | None:
    """The retention tier that a workspace chose for what it deletes."""
    item = table.get(keys.workspace(workspace_id))
    return None if item is None else items.decode(item).get("defaultRetentionTier")


def commit(
    table: Table, changes: Sequence[Change], *guards: Action, request_id: str | None = None
) -> None:
    """Write changes in one transaction: rows, counters of live installs, epochs, pending work.

    Each row is written only if it is as it was read. The pending work keep which request it was.

    Raises
    ------
    ConditionFailedError
        A row has changed since, or a guard does not hold; nothing is written.
    ConflictError, UnavailableError
        The table stayed busy, or did not answer.
    """
    deltas: Counter[Counted] = Counter()
    versions: dict[Key, None] = {}
    now = clock.now()
    for change in changes:
        row = change.before.row
        delta = int(change.after is not None and change.after.live) - int(change.before.live)
        deltas[counters.counted(row)] += delta
        if row.solution_id is not None:
            versions[keys.solution_version(row.solution_id)] = None
    table.transact(
        [
            *map(_write, changes),
            *(pending.enqueue(change.before.owner_refs, now, request_id) for change in changes),
            *counters.updates(deltas),
            *(Update(key, add={items.SOLUTION_VERSION: 1}) for key in versions),
            *guards,
        ]
    )


def as_read(state: InstallState) -> Sequence[Condition]:
    """The conditions under which an install is still what was read."""
    row = state.row
    return (
        Exists(),
        same(items.DELETION_ID, None if state.deletion is None else state.deletion.id),
        same("workspaceId", row.workspace_id),
        same("integrationId", row.integration_id),
        same("solutionId", row.solution_id),
        same("parentInstallId", row.parent_install_id),
    )


def live_guard() -> Sequence[Condition]:
    """The conditions under which an install is there and live."""
    return (Exists(), Missing(items.DELETION_ID))


def _write(change: Change) -> Action:
    key = keys.install(change.before.row.id)
    if change.after is None:
        return Delete(key, as_read(change.before))
    before = items.decode(items.install_to_item(change.before))
    after = items.decode(items.install_to_item(change.after))
    return Update(
        key,
        as_read(change.before),
        set={name: value for name, value in after.items() if before.get(name) != value},
        remove=[name for name in before if name not in after],
    )
