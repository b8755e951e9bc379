"""Suspected disagreements of a scan, confirmed by a second, consistent read.

The look is the rule of CONTRACT.md section 7 once more, apart from the cascade's own code. What has
pending work that is not overdue is being worked on, and no disagreement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from installs import clock
from installs.lifecycle import (
    Deletion,
    DesiredState,
    InstallState,
    Presence,
    desired_state,
    timestamp,
)
from installs.repair import PATIENCE
from installs.store import dependents, installs, items, keys, pending

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from installs.store.dependents import Dependent
    from installs.store.table import Table
    from tools.operate.table_scan import TableScan


def suspected_installs(seen: TableScan) -> set[str]:
    """Return the installs that disagree with their dependents, by one scan."""
    suspects = set(seen.odd)
    now = timestamp(clock.now() - PATIENCE)
    suspects |= {install_id for install_id, at in seen.pending_work.items() if at < now}
    for install_id in seen.marks.keys() | seen.add_ons.keys() | seen.installs.keys():
        one = seen.installs.get(install_id)
        wanted = set() if one is None else {one.deletion_id}
        if seen.marks.get(install_id, wanted) != wanted:
            suspects.add(install_id)
        if one is None:
            suspects.add(install_id)
            continue
        if one.parent is not None:
            above = seen.installs.get(one.parent)
            follows = one.deletion_id is None or one.cascaded
            if follows and (above is None or above.deletion_id != one.deletion_id):
                suspects.add(one.parent)
            if install_id not in seen.add_ons[one.parent]:
                suspects.add(install_id)
        if one.solution is not None and install_id not in seen.solution_installs[one.solution]:
            suspects.add(install_id)
    for parent_id, ids in seen.add_ons.items():
        strays = (one for one in ids if _parent(seen, one) != parent_id)
        suspects.update([parent_id] if any(strays) else [])
    return suspects


def suspected_solutions(seen: TableScan) -> set[str]:
    """The solutions in which something is in the trash, should be, or points astray."""
    suspects = set()
    for solution_id, ids in seen.solution_installs.items():
        states = {seen.installs[one].deletion_id if one in seen.installs else "gone" for one in ids}
        strays = any(
            one in seen.installs and seen.installs[one].solution != solution_id for one in ids
        )
        if strays or states | seen.solution_marks[solution_id] != {None}:
            suspects.add(solution_id)
    return suspects


def _parent(seen: TableScan, install_id: str) -> str | None:
    one = seen.installs.get(install_id)
    return None if one is None else one.parent


def about_install(table: Table, install_id: str) -> Iterator[str]:
    """Return disagreements with an install, read consistently; none while work is pending.

    The pending work is read last: an install that changed meanwhile has a new revision of it by
    then, unless its cascade has ended as well; then a second look finds nothing.
    """
    found = list(_about_install(table, install_id))
    pending_work = pending.get(table, install_id)
    now = clock.now()
    if pending_work is None or pending_work.at > timestamp(now):
        yield from found
    elif pending_work.at < timestamp(now - PATIENCE):
        yield f"its cascade is unfinished since {pending_work.at}"
        yield from found


def _about_install(table: Table, install_id: str) -> Iterator[str]:
    state = installs.get(table, install_id)
    desired = desired_state(state)
    wrong = sum(1 for one in dependents.members(table, install_id) if not _agrees(one, desired))
    if wrong:
        yield f"{wrong} members do not agree with it ({_told(desired)})"
    ids = list(dependents.add_on_ids(table, install_id))
    add_ons = installs.get_many(table, ids)
    astray = [
        one for one in ids if one not in add_ons or add_ons[one].row.parent_install_id != install_id
    ]
    if astray:
        yield f"{len(astray)} pointers lead to no add-on of it: {_some(astray)}"
    unruly = [
        one.row.id
        for one in add_ons.values()
        if one.row.parent_install_id == install_id and not _follows(one, desired)
    ]
    if unruly:
        yield f"{len(unruly)} add-ons do not agree with it ({_told(desired)}): {_some(unruly)}"
    if state is not None:
        yield from _about_row(table, state)


def _about_row(table: Table, state: InstallState) -> Iterator[str]:
    row = state.row
    if row.parent_install_id is not None:
        if table.get(keys.add_on(row.parent_install_id, row.id)) is None:
            yield f"its parent {row.parent_install_id} has no pointer to it"
        follows = state.live or state.cascaded
        if follows and installs.get(table, row.parent_install_id) is None:
            yield f"it is an orphan: its parent {row.parent_install_id} is gone"
    if row.solution_id is not None and (
        table.get(keys.solution_install(row.solution_id, row.id)) is None
    ):
        yield f"its solution {row.solution_id} has no pointer to it"
    item = table.get(keys.install(row.id))
    if item is not None and items.install_to_item(items.item_to_install(item)) != item:
        yield "its index keys are not those of its row"


def about_solution(table: Table, solution_id: str) -> Iterator[str]:
    """Return disagreements with the installs of a solution, read consistently.

    Nothing, if an install in it changed while it was looked at, or waits for its cascade.
    """
    version = dependents.solution_version(table, solution_id)
    ids = list(dependents.solution_install_ids(table, solution_id))
    found = installs.get_many(table, ids)
    astray = [one for one in ids if one in found and found[one].row.solution_id != solution_id]
    desired_states = {one: desired_state(found.get(one)) for one in ids if one not in astray}
    told = [f"{len(astray)} pointers lead to installs elsewhere: {_some(astray)}"] if astray else []
    if desired_states:
        told += _about_rows(table, solution_id, desired_states)
    late = timestamp(clock.now() - PATIENCE)
    now = timestamp(clock.now())
    pending_work = (pending.get(table, one) for one in ids)
    busy = any(one is not None and late <= one.at <= now for one in pending_work)
    if not busy and dependents.solution_version(table, solution_id) == version:
        yield from told


def _about_rows(
    table: Table, solution_id: str, desired_states: dict[str, DesiredState]
) -> list[str]:
    by_entity: dict[str, list[DesiredState]] = {}
    for install_id, desired in desired_states.items():
        for member in dependents.members(table, install_id):
            if member.follows:
                by_entity.setdefault(member.entity_id, []).append(desired)
    whole = _of_several(desired_states.values())
    group = dependents.solution(table, solution_id)
    told = []
    if group is not None and not _agrees(group, whole):
        told.append(f"it does not agree with its installs ({_told(whole)})")
    wrong = [
        str(member.values["id"])
        for member in dependents.solution_members(table, solution_id)
        if not _agrees(member, _of_several(by_entity.get(member.entity_id, [whole])))
    ]
    if wrong:
        told.append(f"{len(wrong)} members do not agree with their installs: {_some(wrong)}")
    return told


def _of_several(desired_states: Iterable[DesiredState]) -> DesiredState:
    """Live if one is; else the latest deletion; else gone."""
    ordered = sorted(
        desired_states, key=lambda f: (f is Presence.LIVE, isinstance(f, Deletion), _when(f))
    )
    return ordered[-1]


def _when(desired: DesiredState) -> tuple[str, str]:
    return (desired.at, desired.id) if isinstance(desired, Deletion) else ("", "")


def _agrees(one: Dependent, desired: DesiredState) -> bool:
    if not one.follows:
        return True
    if isinstance(desired, Deletion):
        return one.deletion_id == desired.id and not one.values.get("enabled", False)
    return desired is Presence.LIVE and one.live and one.deletion_id is None


def _follows(add_on: InstallState, desired: DesiredState) -> bool:
    if add_on.deletion is not None and not add_on.cascaded:
        return True
    return desired is not Presence.GONE and desired_state(add_on) == desired


def _told(desired: DesiredState) -> str:
    return f"deleted at {desired.at}" if isinstance(desired, Deletion) else desired.value


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:3]) + (", ..." if len(ids) > 3 else "")
