"""Suspected disagreements of a scan, confirmed by a second, consistent read.

The look is the rule of CONTRACT.md section 7 once more, apart from the cascade's own code. What has
pending work that is not overdue is being worked on, and no disagreement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from installs import clock
from installs.clock import timestamp
from installs.lifecycle import Deletion, DesiredState, InstallState, Presence, desired_state
from installs.repair import GRACE_PERIOD
from installs.store import dependents, installs, items, keys, pending
from installs.store.dependents import marks_of
from tools.operate.findings import Finding, examples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from installs.store.dependents import Dependent
    from installs.store.table import Table
    from tools.operate.table_scan import TableScan


LIVE: Final = frozenset({marks_of(None)})
"""The marks of rows of which all are live."""


def suspected_installs(scan: TableScan) -> set[str]:
    """Return the installs that disagree with their dependents, by one scan."""
    suspects = set(scan.odd)
    now = timestamp(clock.now() - GRACE_PERIOD)
    suspects |= {install_id for install_id, at in scan.pending_work.items() if at < now}
    for install_id in scan.marks.keys() | scan.add_ons.keys() | scan.installs.keys():
        install = scan.installs.get(install_id)
        expected = set() if install is None else {marks_of(install.deletion)}
        if scan.marks.get(install_id, expected) != expected:
            suspects.add(install_id)
        if install is None:
            suspects.add(install_id)
            continue
        if install.parent is not None:
            above = scan.installs.get(install.parent)
            follows = install.deletion is None or install.cascaded
            if follows and (above is None or above.deletion != install.deletion):
                suspects.add(install.parent)
            if install_id not in scan.add_ons[install.parent]:
                suspects.add(install_id)
        if (
            install.solution is not None
            and install_id not in scan.solution_installs[install.solution]
        ):
            suspects.add(install_id)
    for parent_id, ids in scan.add_ons.items():
        strays = (add_on_id for add_on_id in ids if _parent(scan, add_on_id) != parent_id)
        suspects.update([parent_id] if any(strays) else [])
    return suspects


def suspected_solutions(scan: TableScan) -> set[str]:
    """The solutions in which something is in the trash, should be, or points astray."""
    suspects = set()
    for solution_id, ids in scan.solution_installs.items():
        present = [scan.installs[install_id] for install_id in ids if install_id in scan.installs]
        all_live = len(present) == len(ids) and all(install.deletion is None for install in present)
        strays = any(
            install_id in scan.installs and scan.installs[install_id].solution != solution_id
            for install_id in ids
        )
        if strays or not all_live or not scan.solution_marks[solution_id] <= LIVE:
            suspects.add(solution_id)
    for solution_id, marks in scan.solution_marks.items():
        if solution_id not in scan.solution_installs and marks != LIVE:
            suspects.add(solution_id)
    return suspects


def orphans(table: Table, scan: TableScan) -> Iterator[Finding]:
    """Return a note on each add-on whose parent is gone, read consistently; it stays as it is."""
    for install_id, install in sorted(scan.installs.items()):
        parent_id = install.parent
        if parent_id is None or parent_id in scan.installs:
            continue
        states = installs.get_many(table, [install_id, parent_id])
        state = states.get(install_id)
        if state is None or state.row.parent_install_id != parent_id or parent_id in states:
            continue
        if pending.get(table, parent_id) is None:
            place = "live" if state.live else "in the trash"
            note = f"is an orphan, {place}: its parent {parent_id} is gone"
            yield Finding(f"install {install_id}", (note,))


def _parent(scan: TableScan, install_id: str) -> str | None:
    install = scan.installs.get(install_id)
    return None if install is None else install.parent


def about_install(table: Table, install_id: str) -> Iterator[str]:
    """Return disagreements with an install, read consistently; none while work is pending.

    The pending work is read last: an install that changed meanwhile has a new revision of it by
    then, unless its cascade has ended as well; then a second look finds nothing.
    """
    faults = list(_about_install(table, install_id))
    pending_work = pending.get(table, install_id)
    now = clock.now()
    if pending_work is None or pending_work.at > timestamp(now):
        yield from faults
    elif pending_work.at < timestamp(now - GRACE_PERIOD):
        yield f"its cascade is unfinished since {pending_work.at}"
        yield from faults


def _about_install(table: Table, install_id: str) -> Iterator[str]:
    state = installs.get(table, install_id)
    desired = desired_state(state)
    wrong = sum(
        1 for member in dependents.members(table, install_id) if not _agrees(member, desired)
    )
    if wrong:
        yield f"{wrong} members do not agree with it ({_text_of(desired)})"
    ids = list(dependents.add_on_ids(table, install_id))
    add_ons = installs.get_many(table, ids)
    astray = [
        add_on_id
        for add_on_id in ids
        if add_on_id not in add_ons or add_ons[add_on_id].row.parent_install_id != install_id
    ]
    if astray:
        yield f"{len(astray)} pointers lead to no add-on of it: {examples(astray)}"
    # Add-ons of an install that is gone are orphans, or wait for its pending work.
    unruly = [
        add_on.row.id
        for add_on in add_ons.values()
        if add_on.row.parent_install_id == install_id
        and state is not None
        and not _follows(add_on, desired)
    ]
    if unruly:
        names = examples(unruly)
        yield f"{len(unruly)} add-ons do not agree with it ({_text_of(desired)}): {names}"
    if state is not None:
        yield from _about_row(table, state)


def _about_row(table: Table, state: InstallState) -> Iterator[str]:
    row = state.row
    if row.parent_install_id is not None and (
        table.get(keys.add_on(row.parent_install_id, row.id)) is None
    ):
        yield f"its parent {row.parent_install_id} has no pointer to it"
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
    states = installs.get_many(table, ids)
    purged = pending.purged(table, set(ids) - states.keys())
    astray = [
        install_id
        for install_id in ids
        if (install_id not in states and install_id not in purged)
        or (install_id in states and states[install_id].row.solution_id != solution_id)
    ]
    desired_states = {
        install_id: desired_state(states.get(install_id))
        for install_id in ids
        if install_id not in astray
    }
    faults = (
        [f"{len(astray)} pointers lead to no install in it: {examples(astray)}"] if astray else []
    )
    faults += _about_rows(table, solution_id, desired_states)
    late = timestamp(clock.now() - GRACE_PERIOD)
    now = timestamp(clock.now())
    pending_work = (pending.get(table, install_id) for install_id in ids)
    busy = any(work is not None and late <= work.at <= now for work in pending_work)
    if not busy and dependents.solution_version(table, solution_id) == version:
        yield from faults


def _about_rows(
    table: Table, solution_id: str, desired_states: dict[str, DesiredState]
) -> list[str]:
    by_entity: dict[str, list[DesiredState]] = {}
    for install_id, desired in desired_states.items():
        for member in dependents.members(table, install_id):
            if member.managed:
                by_entity.setdefault(member.entity_id, []).append(desired)
    whole = _of_several(desired_states.values())
    group = dependents.solution(table, solution_id)
    faults = []
    if group is not None and not _agrees(group, whole):
        faults.append(f"it does not agree with its installs ({_text_of(whole)})")
    wrong = [
        str(member.values["id"])
        for member in dependents.solution_members(table, solution_id)
        if not _agrees(member, _of_several(by_entity.get(member.entity_id, [whole])))
    ]
    if wrong:
        faults.append(f"{len(wrong)} members do not agree with their installs: {examples(wrong)}")
    return faults


def _of_several(desired_states: Iterable[DesiredState]) -> DesiredState:
    """Live if one is, or if there is none; else the latest deletion; else gone."""
    return max(
        desired_states,
        key=lambda f: (f is Presence.LIVE, isinstance(f, Deletion), _when(f)),
        default=Presence.LIVE,
    )


def _when(desired: DesiredState) -> tuple[str, str]:
    return (desired.at, desired.id) if isinstance(desired, Deletion) else ("", "")


def _agrees(dependent: Dependent, desired: DesiredState) -> bool:
    if not dependent.managed:
        return True
    if isinstance(desired, Deletion):
        return dependent.marks == marks_of(desired) and not dependent.values.get("enabled", False)
    return desired is Presence.LIVE and dependent.live and dependent.deletion_id is None


def _follows(add_on: InstallState, desired: DesiredState) -> bool:
    if add_on.deletion is not None and not add_on.cascaded:
        return True
    return desired is not Presence.GONE and desired_state(add_on) == desired


def _text_of(desired: DesiredState) -> str:
    return f"deleted at {desired.at}" if isinstance(desired, Deletion) else desired.value
