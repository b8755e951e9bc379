"""The reconciler: makes what hangs from an install agree with it (CONTRACT.md section 7).

It is level-triggered, as a controller is: a stream record only says which install to look at. The
table, read consistently, says what is true of it now, and every write is guarded by that: members
and add-ons by the state of the install, a solution by the epoch that each change of an install in
it raises. A record may therefore come twice, late, or after a crash between any two writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from installs import lifecycle
from installs.errors import ConflictError
from installs.store import hanging, installs, items, keys
from installs.store.expressions import Action, Check, Delete, Equals, Missing, same
from installs.store.installs import Change
from installs.store.table import TRANSACTION_LIMIT, ConditionFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from installs.lifecycle import Deletion, InstallState
    from installs.store.hanging import Hanging, SolutionGroup
    from installs.store.table import Table

CHANGES_AT_ONCE: Final = 20
"""Add-ons in one transaction: each writes a row, two counters and an epoch, beside three others."""

LARGEST_TRANSACTION: Final = 3_000_000
"""In bytes of the items written, with room below DynamoDB's 4 MB (AWS: TransactWriteItems)."""

_ATTEMPTS: Final = 10

Settled = tuple["Hanging", "Action | None"]
"""Something that hangs, and what has to be done to it."""

T = TypeVar("T")


class OutOfTimeError(Exception):
    """The invocation ends before the work does; what is done stays done."""


def reconcile(table: Table, seen: InstallState, check_time: Callable[[], None]) -> None:
    """Make what hangs from an install agree with the state that the install has now.

    Parameters
    ----------
    table
        The installs' table.
    seen
        The install as a stream record showed it. Where the install is gone by now, this says which
        parent and which solution it hung from.
    check_time
        Called between steps; raises ``OutOfTimeError`` where there is no time for another.

    Raises
    ------
    ConflictError, ThrottledError, OutOfTimeError
        The work is not finished and may be begun again at any time.

    """
    for _ in range(_ATTEMPTS):
        check_time()
        state = installs.get(table, seen.row.id)
        try:
            _solution(table, (state or seen).row.solution_id, check_time)
            _add_ons(table, seen.row.id, state, check_time)
            _members(table, seen.row.id, state, check_time)
            if state is None:
                _drop_pointers(table, seen)
        except ConditionFailedError:
            continue
        return
    raise ConflictError("What hangs from the install kept changing.")


def _members(
    table: Table, install_id: str, state: InstallState | None, check_time: Callable[[], None]
) -> None:
    settled = [(one, _settled(one, state)) for one in hanging.members(table, install_id)]
    _write(table, settled, _guard(install_id, state), check_time)


def _settled(one: Hanging, state: InstallState | None) -> Action | None:
    if state is None:
        return one.purge()
    return one.bring_back() if state.deletion is None else one.take(state.deletion)


def _add_ons(
    table: Table, parent_id: str, parent: InstallState | None, check_time: Callable[[], None]
) -> None:
    """One level; the change of each add-on is a record of its own, which goes on from there."""
    found = installs.get_many(table, hanging.add_on_ids(table, parent_id)).values()
    changes = [
        change
        for add_on in found
        if add_on.row.parent_install_id == parent_id
        and (change := _following(add_on, parent)) is not None
    ]
    for some in _batches(changes, _size, CHANGES_AT_ONCE):
        check_time()
        installs.commit(table, some, _guard(parent_id, parent))


def _following(add_on: InstallState, parent: InstallState | None) -> Change | None:
    """What becomes of an add-on; one that was uninstalled by itself stays as it is."""
    if not add_on.live and not add_on.cascaded:
        return None
    if parent is None:
        return Change(add_on, None)
    if parent.deletion is None:
        return None if add_on.live else Change(add_on, lifecycle.brought_back(add_on))
    if add_on.deletion == parent.deletion:
        return None
    return Change(add_on, lifecycle.taken(add_on, parent.deletion, cascaded=True))


def _solution(table: Table, solution_id: str | None, check_time: Callable[[], None]) -> None:
    """Settle a solution by the states of all installs in it (docs/adr/0009-cascade.md)."""
    if solution_id is None:
        return
    group = hanging.solution_group(table, solution_id)
    found = installs.get_many(table, group.install_ids)
    # A pointer to an install of another solution by now says nothing of this one.
    states = {
        install_id: state
        for install_id, state in ((one, found.get(one)) for one in group.install_ids)
        if state is None or state.row.solution_id == solution_id
    }
    guard = Check(keys.solution_epoch(solution_id), [same(items.EPOCH, group.epoch)])
    _write(table, _settled_solution(table, group, states), guard, check_time)


def _settled_solution(
    table: Table, group: SolutionGroup, states: Mapping[str, InstallState | None]
) -> list[Settled]:
    if not states:
        return []
    rows = [*([group.solution] if group.solution else []), *group.members]
    there = [state for state in states.values() if state is not None]
    if not there:
        return [(one, one.purge()) for one in rows]
    deletions = [state.deletion for state in there if state.deletion is not None]
    latest = max(deletions, key=lambda deletion: (deletion.at, deletion.id), default=None)
    if len(deletions) == len(states):
        return [(one, _with_solution(one, live=False, deletion=latest)) for one in rows]
    if latest is None and len(there) == len(states):
        return [(one, one.bring_back()) for one in rows]
    owners = _owners(table, states)
    live = len(deletions) < len(there)
    settled: list[Settled] = []
    if group.solution:
        settled.append((group.solution, _with_solution(group.solution, live=live, deletion=latest)))
    for member in group.members:
        standing = owners.get(member.entity_id, [])
        if standing and all(owner is None for owner in standing):
            settled.append((member, member.purge()))
            continue
        wanted = live and (not standing or any(owner and owner.live for owner in standing))
        settled.append((member, _with_solution(member, live=wanted, deletion=latest)))
    return settled


def _with_solution(one: Hanging, *, live: bool, deletion: Deletion | None) -> Action | None:
    if live or deletion is None:
        return one.bring_back()
    return one.take(deletion)


def _owners(
    table: Table, states: Mapping[str, InstallState | None]
) -> Mapping[str, list[InstallState | None]]:
    """The installs that brought an entity, by entity; ``None`` for one that is gone."""
    owners: dict[str, list[InstallState | None]] = {}
    for install_id, state in states.items():
        for member in hanging.members(table, install_id):
            if member.follows:
                owners.setdefault(member.entity_id, []).append(state)
    return owners


def _drop_pointers(table: Table, gone: InstallState) -> None:
    """Forget an install that is gone; last, since the pointers are how the rest was found."""
    row = gone.row
    actions: list[Action] = [
        Delete(keys.add_on(row.id, one)) for one in _gone_add_ons(table, row.id)
    ]
    if row.parent_install_id is not None:
        actions.append(Delete(keys.add_on(row.parent_install_id, row.id)))
    if row.solution_id is not None:
        actions.append(Delete(keys.solution_install(row.solution_id, row.id)))
    for some in _batches(actions, lambda _: 0, TRANSACTION_LIMIT - 1):
        table.transact([*some, _guard(row.id, None)])


def _gone_add_ons(table: Table, install_id: str) -> Iterable[str]:
    ids = hanging.add_on_ids(table, install_id)
    return set(ids) - installs.get_many(table, ids).keys()


def _write(
    table: Table,
    settled: Iterable[Settled],
    guard: Action,
    check_time: Callable[[], None],
) -> None:
    needed = [(one, action) for one, action in settled if action is not None]
    for some in _batches(needed, lambda step: step[0].size, TRANSACTION_LIMIT - 1):
        check_time()
        table.transact([*(action for _, action in some), guard])


def _guard(install_id: str, state: InstallState | None) -> Action:
    """Holds while the install is in the state that a decision was made for."""
    key = keys.install(install_id)
    if state is None:
        return Check(key, [Missing()])
    if state.deletion is None:
        return Check(key, installs.live_guard())
    return Check(key, [Equals(items.DELETION_ID, state.deletion.id)])


def _size(change: Change) -> int:
    return 2048 + 4 * len(change.before.row.variables)


def _batches(
    things: Iterable[T], size_of: Callable[[T], int], at_most: int
) -> Iterator[Sequence[T]]:
    """Runs that fit into one transaction each, by number and by size."""
    batch: list[T] = []
    size = 0
    for thing in things:
        its_size = size_of(thing)
        if batch and (len(batch) == at_most or size + its_size > LARGEST_TRANSACTION):
            yield batch
            batch, size = [], 0
        batch.append(thing)
        size += its_size
    if batch:
        yield batch
