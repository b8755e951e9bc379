"""The one that rows an uninstall took, and when the others are purged (CONTRACT.md section 10).

What carries the same ``deletedAt`` as a deleted install that it hangs from was taken by that
install's uninstall: an add-on with its parent, to any depth; members; a solution and its members.
All of it gets the deletion id of the topmost install, so that a restore brings it back, and a purge
takes it along. What was deleted at another time stays in a trash of its own.
"""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from installs import model
from installs.lifecycle import Deletion, InstallState, purge_time
from installs.store import installs as stored_installs
from installs.store import items, keys
from installs.store.table import Range
from tests.upgrade.importer_0_1_0.afterwards import Hung
from tests.upgrade.importer_0_1_0.reading import key_of
from tools.importer.table import WORKERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from installs.lifecycle import OwnerRefs
    from installs.store.items import Item
    from installs.store.table import Table
    from tests.upgrade.importer_0_1_0.reading import Rows

_NAMESPACE: Final = UUID("4e6fb7a0-6d0e-5d0c-9f55-0d2a6f7f2b7e")
"""For deletion ids: the same install deleted at the same time gets the same id on every import."""


class Marks:
    """The deletions of a file's rows, in the light of what is in the table already."""

    def __init__(self, rows: Rows, table: Table) -> None:
        self._rows = rows.installs
        deleted = {id_: row for id_, row in self._rows.items() if row.deleted_at is not None}
        hangs = [row for _, row in rows.others()]
        wanted = {*deleted, *_outside(self._rows, hangs)}
        self._stored = stored_installs.get_many(table, sorted(wanted))
        self.installs = {id_: self._state(row) for id_, row in self._rows.items()}
        """The file's installs, with their deletions."""
        self._in_solutions = self._deletions_in_solutions(table, hangs)

    def item(self, row: model.Row) -> Item:
        """The item of a row that is not an install."""
        key = key_of(row)
        match row:
            case model.IntegrationMember():
                state = self._find(row.integration_install_id)
                taken = _taken(row.deleted_at, [] if state is None else [state])
                enabled_before = None if taken is None else True
                marks = {items.DELETION_ID: taken, items.ENABLED_BEFORE: enabled_before}
            case model.Solution():
                taken = _taken(row.deleted_at, self._in_solutions.get(row.id, []))
                marks = {items.DELETION_ID: taken}
            case model.SolutionMember():
                taken = _taken(row.deleted_at, self._in_solutions.get(row.solution_id, []))
                marks = {items.DELETION_ID: taken}
            case _:
                return items.row_to_item(key, row)
        purge_at = None
        if row.deleted_at is not None and taken is None:
            purge_at = purge_time(row.deleted_at, row.retention_tier)
        return items.row_to_item(key, row, **marks, purgeAt=purge_at)

    def hung(self, row: model.Row) -> Iterable[Hung]:
        """The owner of a row by its mark; nothing for one deleted by itself."""
        if isinstance(row, model.IntegrationMember):
            taken = self.item(row).get(items.DELETION_ID, {}).get("S")
            if row.deleted_at is None or taken is not None:
                yield Hung(row.integration_install_id, taken)
        elif isinstance(row, model.Install) and row.parent_install_id is not None:
            state = self.installs[row.id]
            if state.deletion is None or state.cascaded:
                deletion_id = None if state.deletion is None else state.deletion.id
                yield Hung(row.parent_install_id, deletion_id)

    @property
    def known(self) -> Mapping[str, OwnerRefs]:
        """The installs that are there, if nobody has deleted them since: the file's and others."""
        return {id_: state.owner_refs for id_, state in (self._stored | self.installs).items()}

    def _state(self, row: model.Install) -> InstallState:
        if row.deleted_at is None:
            return InstallState(row)
        top, above = row, self._deleted_with(row)
        while above is not None and above.id in self._rows:
            top, above = above, self._deleted_with(above)
        # The table knows a parent that the file lacks, and may know this deletion by another id.
        known = self._stored.get((above or top).id)
        if known is None or known.deletion is None or known.deletion.at != row.deleted_at:
            deletion_id = uuid5(_NAMESPACE, f"{top.id} {row.deleted_at}").hex
        else:
            deletion_id = known.deletion.id
        purge_at = purge_time(row.deleted_at, row.retention_tier)
        deletion = Deletion(deletion_id, row.deleted_at, row.retention_tier, purge_at)
        return InstallState(row, deletion, cascaded=(above or top).id != row.id)

    def _deleted_with(self, row: model.Install) -> model.Install | None:
        """The parent, if it was deleted at the same time."""
        if row.parent_install_id is None:
            return None
        stored = self._stored.get(row.parent_install_id)
        parent = self._rows.get(row.parent_install_id) or (stored and stored.row)
        return parent if parent and parent.deleted_at == row.deleted_at else None

    def _find(self, install_id: str) -> InstallState | None:
        return self.installs.get(install_id) or self._stored.get(install_id)

    def _deletions_in_solutions(
        self, table: Table, hangs: Iterable[model.Row]
    ) -> Mapping[str, list[InstallState]]:
        """The deleted installs of the solutions in which the file has something deleted."""
        wanted = {
            row.id if isinstance(row, model.Solution) else row.solution_id
            for row in hangs
            if isinstance(row, model.Solution | model.SolutionMember) and row.deleted_at is not None
        }
        found: dict[str, list[InstallState]] = defaultdict(list)
        for state in self.installs.values():
            if state.row.solution_id in wanted and not state.live:
                found[state.row.solution_id].append(state)
        unknown = sorted(wanted - found.keys())
        with ThreadPoolExecutor(WORKERS) as pool:
            for solution_id, states in pool.map(lambda id_: _stored_in(table, id_), unknown):
                found[solution_id] += [
                    state
                    for state in states
                    if not state.live and state.row.id not in self.installs
                ]
        return found


def _outside(
    rows: Mapping[str, model.Install],
    hangs: Iterable[model.Row],
) -> Iterable[str]:
    """The installs that the file's rows hang from and that are not in the file."""
    for row in rows.values():
        if row.parent_install_id is not None and row.parent_install_id not in rows:
            yield row.parent_install_id
    for other in hangs:
        if isinstance(other, model.IntegrationMember) and other.integration_install_id not in rows:
            yield other.integration_install_id


def _stored_in(table: Table, solution_id: str) -> tuple[str, Iterable[InstallState]]:
    """The installs of a solution that are in the table."""
    prefix = keys.SOLUTION_INSTALL_PREFIX
    pointers = table.query(Range(keys.solution(solution_id).pk, prefix), consistent=True)
    ids = [pointer[keys.SK]["S"].removeprefix(prefix) for pointer in pointers]
    return solution_id, stored_installs.get_many(table, ids).values()


def _taken(deleted_at: str | None, states: Iterable[InstallState]) -> str | None:
    """The deletion that took a row, if one did; of several at one time, that of the greatest id.

    The cascade chooses in the same way, so that it finds nothing to change.
    """
    took = (state.deletion for state in states if state.deletion is not None)
    return max((deletion.id for deletion in took if deletion.at == deleted_at), default=None)
