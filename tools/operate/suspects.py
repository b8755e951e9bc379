"""What a walk makes suspicious, and what a second, consistent look says of it.

The look is the rule of CONTRACT.md section 7 once more, apart from the cascade's own code. What has
a reminder that is not overdue is being worked on, and no disagreement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from installs import clock
from installs.lifecycle import Deletion, End, Fate, InstallState, fate_of, timestamp
from installs.repair import PATIENCE
from installs.store import due, hanging, installs, items, keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from installs.store.hanging import Hanging
    from installs.store.table import Table
    from tools.operate.walk import Walk


def suspected_installs(seen: Walk) -> set[str]:
    """The installs that do not agree with what hangs from them, by one walk."""
    suspects = set(seen.odd)
    now = timestamp(clock.now() - PATIENCE)
    suspects |= {install_id for install_id, at in seen.reminders.items() if at < now}
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


def suspected_solutions(seen: Walk) -> set[str]:
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


def _parent(seen: Walk, install_id: str) -> str | None:
    one = seen.installs.get(install_id)
    return None if one is None else one.parent


def about_install(table: Table, install_id: str) -> Iterator[str]:
    """What does not agree with an install, read consistently; nothing while it is being worked on.

    The reminder is read last: what changed meanwhile has a fresh one by then, unless its cascade
    has come to its end as well; then a second look finds nothing.
    """
    found = list(_about_install(table, install_id))
    reminder = due.get(table, install_id)
    now = clock.now()
    if reminder is None or reminder.at > timestamp(now):
        yield from found
    elif reminder.at < timestamp(now - PATIENCE):
        yield f"its cascade is unfinished since {reminder.at}"
        yield from found


def _about_install(table: Table, install_id: str) -> Iterator[str]:
    state = installs.get(table, install_id)
    fate = fate_of(state)
    wrong = sum(1 for one in hanging.members(table, install_id) if not _agrees(one, fate))
    if wrong:
        yield f"{wrong} members do not agree with it ({_told(fate)})"
    ids = list(hanging.add_on_ids(table, install_id))
    add_ons = installs.get_many(table, ids)
    astray = [
        one for one in ids if one not in add_ons or add_ons[one].row.parent_install_id != install_id
    ]
    if astray:
        yield f"{len(astray)} pointers lead to no add-on of it: {_some(astray)}"
    unruly = [
        one.row.id
        for one in add_ons.values()
        if one.row.parent_install_id == install_id and not _follows(one, fate)
    ]
    if unruly:
        yield f"{len(unruly)} add-ons do not agree with it ({_told(fate)}): {_some(unruly)}"
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
    """What does not agree with the installs of a solution, read consistently.

    Nothing, if an install in it changed while it was looked at, or waits for its cascade.
    """
    epoch = hanging.solution_epoch(table, solution_id)
    ids = list(hanging.solution_install_ids(table, solution_id))
    found = installs.get_many(table, ids)
    astray = [one for one in ids if one in found and found[one].row.solution_id != solution_id]
    fates = {one: fate_of(found.get(one)) for one in ids if one not in astray}
    told = [f"{len(astray)} pointers lead to installs elsewhere: {_some(astray)}"] if astray else []
    if fates:
        told += _about_rows(table, solution_id, fates)
    late = timestamp(clock.now() - PATIENCE)
    now = timestamp(clock.now())
    reminders = (due.get(table, one) for one in ids)
    busy = any(one is not None and late <= one.at <= now for one in reminders)
    if not busy and hanging.solution_epoch(table, solution_id) == epoch:
        yield from told


def _about_rows(table: Table, solution_id: str, fates: dict[str, Fate]) -> list[str]:
    by_entity: dict[str, list[Fate]] = {}
    for install_id, fate in fates.items():
        for member in hanging.members(table, install_id):
            if member.follows:
                by_entity.setdefault(member.entity_id, []).append(fate)
    whole = _of_several(fates.values())
    group = hanging.solution(table, solution_id)
    told = []
    if group is not None and not _agrees(group, whole):
        told.append(f"it does not agree with its installs ({_told(whole)})")
    wrong = [
        str(member.values["id"])
        for member in hanging.solution_members(table, solution_id)
        if not _agrees(member, _of_several(by_entity.get(member.entity_id, [whole])))
    ]
    if wrong:
        told.append(f"{len(wrong)} members do not agree with their installs: {_some(wrong)}")
    return told


def _of_several(fates: Iterable[Fate]) -> Fate:
    """Live if one is; else the latest deletion; else gone."""
    ordered = sorted(fates, key=lambda f: (f is End.LIVE, isinstance(f, Deletion), _when(f)))
    return ordered[-1]


def _when(fate: Fate) -> tuple[str, str]:
    return (fate.at, fate.id) if isinstance(fate, Deletion) else ("", "")


def _agrees(one: Hanging, fate: Fate) -> bool:
    if not one.follows:
        return True
    if isinstance(fate, Deletion):
        return one.deletion_id == fate.id and not one.values.get("enabled", False)
    return fate is End.LIVE and one.live and one.deletion_id is None


def _follows(add_on: InstallState, fate: Fate) -> bool:
    if add_on.deletion is not None and not add_on.cascaded:
        return True
    return fate is not End.GONE and fate_of(add_on) == fate


def _told(fate: Fate) -> str:
    return f"deleted at {fate.at}" if isinstance(fate, Deletion) else fate.value


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:3]) + (", ..." if len(ids) > 3 else "")
