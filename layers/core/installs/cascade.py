"""The reconciler: makes what hangs from an install agree with it (CONTRACT.md section 7).

It is level-triggered, as a controller is: a stream record or pending work only names the install to
look at. The table, read consistently, says what is true of it now, and every write is guarded by
that: members and add-ons by the state of the install, a solution by the epoch that each change of
an install in it raises. It may therefore be asked twice, late, or after a crash between any two
writes; and it works in steps of one transaction each, so that it may stop after any of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, TypeVar

from installs import clock, lifecycle
from installs.errors import ConflictError
from installs.lifecycle import Deletion, DesiredState, Presence, combined_state, desired_state
from installs.log import bind_log_context
from installs.store import dependents, installs, items, keys, pending
from installs.store.expressions import Action, Check, Delete, Equals, Missing, Update, same
from installs.store.installs import Change
from installs.store.table import BATCH_LIMIT, TRANSACTION_LIMIT, ConditionFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from installs.lifecycle import InstallState, OwnerRefs
    from installs.store.dependents import Dependent
    from installs.store.table import Table

CHANGES_AT_ONCE: Final = 15
"""Add-ons in one transaction: each writes a row, pending work, two counters and a solution version,
beside the counters of the workspace and of the platform, and the guard: at most 78 actions."""

LARGEST_TRANSACTION: Final = 3_000_000
"""In bytes of the items written, with room below DynamoDB's 4 MB (AWS: TransactWriteItems)."""

_ATTEMPTS: Final = 10

T = TypeVar("T")


@dataclass(slots=True)
class Tally:
    """What was written: rows by what became of them, and how often all was read again."""

    deleted: int = 0
    restored: int = 0
    purged: int = 0
    retries: int = 0

    def count(self, desired: DesiredState, rows: int) -> None:
        """Add rows that were written."""
        if isinstance(desired, Deletion):
            self.deleted += rows
        elif desired is Presence.LIVE:
            self.restored += rows
        else:
            self.purged += rows


@dataclass(frozen=True, slots=True)
class Work:
    """Where to work, until when, and what came of it.

    ``check_time`` is called before each step; it raises ``OutOfTimeError`` where there is no time
    for another.
    """

    table: Table
    check_time: Callable[[], None] = lambda: None
    tally: Tally = field(default_factory=Tally)


def reconcile(work: Work, seen: OwnerRefs) -> None:
    """Make what hangs from an install agree with the state that the install has now.

    Parameters
    ----------
    work
        The table, and how much time there is.
    seen
        The install, and where it hung by what asks for this: a record, or pending work.

    Raises
    ------
    ConflictError, UnavailableError, OutOfTimeError
        The work is not finished and may be begun again at any time.

    """
    bind_log_context(seen.id)
    for _ in range(_ATTEMPTS):
        work.check_time()
        try:
            _pass(work, seen)
        except ConditionFailedError:
            work.tally.retries += 1
            continue
        return
    raise ConflictError("What hangs from the install kept changing.")


def expire(table: Table, install_id: str) -> bool:
    """Delete an install that retention left long ago and nobody swept; whether it was (section 6).

    Raises
    ------
    ConditionFailedError
        It has changed since it was read.
    """
    state = installs.get(table, install_id)
    if state is None or not state.expired(clock.now() - pending.TTL_DELAY):
        return False
    installs.commit(table, [Change(state, None)])
    return True


def _pass(work: Work, seen: OwnerRefs) -> None:
    # The pending work is read before the install: what changes later leaves another one behind.
    pending_work = pending.get(work.table, seen.id)
    request_id = None if pending_work is None else pending_work.request_id
    bind_log_context(seen.id, request_id)
    state = installs.get(work.table, seen.id)
    known = state or pending_work
    refs = seen if known is None else known.owner_refs
    reconcile_solution(work, refs.solution_id)
    _reconcile_add_ons(work, refs.id, state, request_id)
    _reconcile_members(work, refs.id, state)
    if state is None:
        _drop_pointers(work, refs)
        # Whoever is left in it may have been settled by what the one that is gone still was.
        reconcile_solution(work, refs.solution_id)
    done = pending.completion(refs, pending_work, state)
    if done is not None:
        # Pending work tells by its revision of any change since; where there was none, the install.
        guard = [] if pending_work is not None else [_guard(refs.id, state)]
        work.table.transact([done, *guard])


def _reconcile_members(work: Work, install_id: str, state: InstallState | None) -> None:
    found = ((one, desired_state(state)) for one in dependents.members(work.table, install_id))
    _write(work, found, _guard(install_id, state))


def _reconcile_add_ons(
    work: Work, parent_id: str, parent: InstallState | None, request_id: str | None
) -> None:
    """One level; the change of each add-on is a record of its own, which goes on from there."""
    guard = _guard(parent_id, parent)
    ids = dependents.add_on_ids(work.table, parent_id)
    while some_ids := list(islice(ids, BATCH_LIMIT)):
        work.check_time()
        found = installs.get_many(work.table, some_ids).values()
        changes = [
            change
            for add_on in found
            if add_on.row.parent_install_id == parent_id
            and (change := _following(add_on, parent)) is not None
        ]
        for some in _batches(changes, _size, CHANGES_AT_ONCE):
            work.check_time()
            installs.commit(work.table, some, guard, request_id=request_id)
            work.tally.count(desired_state(parent), len(some))


def _following(add_on: InstallState, parent: InstallState | None) -> Change | None:
    """What becomes of an add-on; one that was uninstalled by itself stays as it is."""
    if not add_on.live and not add_on.cascaded:
        return None
    if parent is None:
        return Change(add_on, None)
    if parent.deletion is None:
        return None if add_on.live else Change(add_on, lifecycle.restored(add_on))
    if add_on.deletion == parent.deletion:
        return None
    return Change(add_on, lifecycle.deleted(add_on, parent.deletion, cascaded=True))


def reconcile_solution(work: Work, solution_id: str | None) -> None:
    """Settle a solution by the states of all installs in it (docs/adr/0009-cascade.md)."""
    if solution_id is None:
        return
    version = dependents.solution_version(work.table, solution_id)
    guard = Check(keys.solution_version(solution_id), [same(items.SOLUTION_VERSION, version)])
    desired_states = _desired_states_in(work, solution_id)
    if not desired_states:
        return
    together = combined_state(desired_states.values())
    by_entity = (
        _desired_states_by_entity(work, desired_states)
        if len(set(desired_states.values())) > 1
        else {}
    )
    group = dependents.solution(work.table, solution_id)
    members = dependents.solution_members(work.table, solution_id)
    found = chain(
        [] if group is None else [(group, together)],
        ((member, by_entity.get(member.entity_id, together)) for member in members),
    )
    _write(work, found, guard)


def _desired_states_in(work: Work, solution_id: str) -> Mapping[str, DesiredState]:
    """What each install in a solution asks for, by its id."""
    desired_states: dict[str, DesiredState] = {}
    ids = dependents.solution_install_ids(work.table, solution_id)
    while some_ids := list(islice(ids, BATCH_LIMIT)):
        work.check_time()
        found = installs.get_many(work.table, some_ids)
        for install_id in some_ids:
            state = found.get(install_id)
            # A pointer to an install of another solution by now says nothing of this one.
            if state is None or state.row.solution_id == solution_id:
                desired_states[install_id] = desired_state(state)
    return desired_states


def _desired_states_by_entity(
    work: Work, desired_states: Mapping[str, DesiredState]
) -> Mapping[str, DesiredState]:
    """What the installs that stand for an entity ask for together, by entity.

    An install stands for an entity if a member of it that follows it has that entity.
    """
    found: dict[str, set[DesiredState]] = {}
    for install_id, desired in desired_states.items():
        work.check_time()
        for member in dependents.members(work.table, install_id):
            if member.follows:
                found.setdefault(member.entity_id, set()).add(desired)
    return {entity_id: combined_state(asked) for entity_id, asked in found.items()}


def _drop_pointers(work: Work, refs: OwnerRefs) -> None:
    """Forget an install that is gone; last, since the pointers are how the rest was found."""
    actions: list[Action] = [
        Delete(keys.add_on(refs.id, one)) for one in _gone_add_ons(work.table, refs.id)
    ]
    if refs.parent_install_id is not None:
        actions.append(Delete(keys.add_on(refs.parent_install_id, refs.id)))
    if refs.solution_id is not None:
        actions.append(Delete(keys.solution_install(refs.solution_id, refs.id)))
        actions.append(
            Update(keys.solution_version(refs.solution_id), add={items.SOLUTION_VERSION: 1})
        )
    for some in _batches(actions, lambda _: 0, TRANSACTION_LIMIT - 1):
        work.check_time()
        work.table.transact([*some, _guard(refs.id, None)])


def _gone_add_ons(table: Table, install_id: str) -> Iterator[str]:
    ids = dependents.add_on_ids(table, install_id)
    while some_ids := list(islice(ids, BATCH_LIMIT)):
        yield from set(some_ids) - installs.get_many(table, some_ids).keys()


def _write(work: Work, found: Iterable[tuple[Dependent, DesiredState]], guard: Action) -> None:
    """Write what does not agree yet, in transactions that each hold only under the guard."""
    needed = (
        (one, desired, action)
        for one, desired in found
        if (action := one.follow(desired)) is not None
    )
    for some in _batches(needed, lambda step: step[0].size, TRANSACTION_LIMIT - 1):
        work.check_time()
        work.table.transact([*(action for _, _, action in some), guard])
        for _, desired, _ in some:
            work.tally.count(desired, 1)


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
