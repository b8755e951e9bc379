"""The reconciler: makes the dependents of an install agree with it (CONTRACT.md section 7).

It is level-triggered, as a controller is: a stream record or pending work only names the install to
reconcile. A consistent read of the table gives the desired state, and every write is guarded by it:
members and add-ons by the state of the install, a solution by the version that each change of an
install in it increments. So the reconciler may run twice, late, or after a crash between any two
writes. It works in steps of one transaction each, and may stop after any of them.

Nothing is deleted for good unless pending work says that its install was purged (docs/adr/0027).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from installs import clock, lifecycle
from installs.errors import ConflictError
from installs.lifecycle import desired_state
from installs.log import bind_log_context
from installs.origin import RETENTION
from installs.solutions import reconcile_solution as reconcile_solution
from installs.store import dependents, installs, items, keys, pending
from installs.store.expressions import Action, Check, Delete, Update
from installs.store.history import Counts
from installs.store.installs import Change
from installs.store.table import BATCH_LIMIT, TRANSACTION_LIMIT, ConditionFailedError
from installs.writes import MOST_GUARDS, Owner, batches, write_dependents
from installs.writes import Tally as Tally
from installs.writes import Work as Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from installs.lifecycle import Deletion, InstallState, OwnerRefs
    from installs.store.table import Table

CHANGES_AT_ONCE: Final = 15
"""Add-ons in one transaction: each writes a row, pending work, two counters and a solution version,
beside the counters of the workspace and of the platform, and the guard: at most 78 actions."""

_ATTEMPTS: Final = 10


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of a stream record: an install, or a solution.

    ``former``: the owner references of the install before the change.
    """

    install: OwnerRefs | None = None
    former: OwnerRefs | None = None
    solution_id: str | None = None


def handle(work: Work, subject: Subject) -> None:
    """Reconcile the subject of a stream record; errors are those of ``reconcile``."""
    if subject.install is not None:
        reconcile(work, subject.install, subject.former)
    if subject.solution_id is not None:
        reconcile_pending_solution(work, subject.solution_id)


def reconcile(work: Work, refs: OwnerRefs, former: OwnerRefs | None = None) -> None:
    """Make the dependents of an install agree with its present state.

    Parameters
    ----------
    work
        The table and the time that is left.
    refs
        The owner references in the stream record or the pending work that triggered this.
    former
        The owner references before the change in the record.

    Raises
    ------
    ConflictError, UnavailableError, OutOfTimeError
        The work is not finished and may be started again at any time.

    """
    bind_log_context(refs.id)
    _with_retries(work, lambda: _reconcile_once(work, refs, former))


def reconcile_pending_solution(work: Work, solution_id: str) -> None:
    """Make a solution agree with its installs, triggered by its pending work.

    Raises
    ------
    ConflictError, UnavailableError, OutOfTimeError
        The work is not finished and may be started again at any time.

    """

    def attempt() -> None:
        pending_work = pending.get_solution(work.table, solution_id)
        bind_log_context(None, None if pending_work is None else pending_work.request_id)
        reconcile_solution(work, solution_id)
        if pending_work is not None:
            work.table.transact([pending.solution_completion(pending_work)])

    _with_retries(work, attempt)


def _with_retries(work: Work, attempt: Callable[[], None]) -> None:
    """Repeat an attempt while anything that it read changes before it writes."""
    for _ in range(_ATTEMPTS):
        work.check_time()
        try:
            attempt()
        except ConditionFailedError:
            work.tally.retries += 1
            continue
        return
    raise ConflictError("The install or its dependents kept changing.")


def expire(table: Table, install_id: str) -> bool:
    """Delete an install that DynamoDB's TTL should have deleted; return True if it did (section 6).

    Raises
    ------
    ConditionFailedError
        The install has changed since it was read.
    """
    state = installs.get(table, install_id)
    if state is None or not state.expired(clock.now() - pending.TTL_DELAY):
        return False
    installs.commit(table, [Change(state, None)], origin=RETENTION)
    return True


def _reconcile_once(work: Work, refs: OwnerRefs, former: OwnerRefs | None) -> None:
    # Pending work is read before the install: a later change enqueues another revision of it.
    pending_work = pending.get(work.table, refs.id)
    bind_log_context(refs.id, None if pending_work is None else pending_work.origin.request_id)
    state = installs.get(work.table, refs.id)
    known = refs if pending_work is None else pending_work.owner_refs
    if state is not None:
        known = state.owner_refs
        _reconcile_owners(work, state, [refs] if former is None else [refs, former])
    owner = Owner(known, state, pending_work)
    for solution_id in _solutions_of(known, refs, former):
        reconcile_solution(work, solution_id, owner)
    if state is None and (pending_work is None or pending_work.alive):
        # Nothing proves that it was purged: its dependents stay as they are.
        if pending_work is not None:
            work.table.transact([Delete(keys.pending_work(refs.id), pending_work.unchanged)])
        return
    while _reconcile_add_ons(work, owner):
        pass
    desired = desired_state(state)
    members = ((member, desired) for member in dependents.members(work.table, refs.id))
    write_dependents(work, members, [owner.guard], owner)
    if state is None:
        _delete_pointers(work, owner)
        # Another reconciler may have read the solution while this install was still in it.
        reconcile_solution(work, known.solution_id, owner)
    _complete(work, owner)


def _complete(work: Work, owner: Owner) -> None:
    """Complete the work of an install whose dependents agree with it."""
    now, pending_work = clock.now(), owner.pending_work
    if pending_work is not None and (owner.state is None or not pending_work.settled):
        # Its counts have grown with each transaction since it was read.
        read, pending_work = pending_work, pending.get(work.table, owner.refs.id)
        if pending_work is None or pending_work.revision != read.revision:
            raise ConditionFailedError([])
    actions = pending.completion(owner.refs, pending_work, owner.state, now)
    if not actions:
        return
    if pending_work is None:
        # The revision of pending work guards against later changes; without one, the install does.
        actions.append(owner.guard)
    elif owner.state is None:
        revision = pending_work.end_revision
        actions.append(installs.write_tombstone(owner.refs.id, now, revision))
    work.table.transact(actions)


def _solutions_of(*references: OwnerRefs | None) -> list[str]:
    """Return the solutions that an install is in or was in, each once."""
    ids = (refs.solution_id for refs in references if refs is not None)
    return list(dict.fromkeys(id_ for id_ in ids if id_ is not None))


def _reconcile_owners(work: Work, state: InstallState, former_refs: Sequence[OwnerRefs]) -> None:
    """Make an install agree with its parent, and correct the pointers to it.

    ``installs.commit`` has done so already; this is for other writers.
    """
    refs = state.owner_refs
    if refs.parent_install_id is not None:
        parent = installs.get(work.table, refs.parent_install_id)
        after = state if parent is None else lifecycle.following(state, parent.deletion)
        if parent is not None and after != state:
            above = pending.get(work.table, parent.row.id)
            _follow(work, Owner(parent.owner_refs, parent, above), Change(state, after))
            raise ConditionFailedError([])  # the install has changed: read it again
    wanted = installs.pointers_to(refs)
    astray = {key for former in former_refs for key in installs.pointers_to(former)} - wanted
    present = work.table.get_many([*wanted, *astray])
    missing = [Update(key, set={"id": refs.id}) for key in wanted if key not in present]
    wrong = [Delete(key) for key in astray if key in present]
    if missing or wrong:
        solutions = _solutions_of(refs, *former_refs)
        versions = [
            Update(keys.solution_version(id_), add={items.SOLUTION_VERSION: 1}) for id_ in solutions
        ]
        unchanged = Check(keys.install(refs.id), installs.as_read(state))
        work.table.transact([*missing, *wrong, *versions, unchanged])


def _reconcile_add_ons(work: Work, owner: Owner) -> bool:
    """Reconcile one level; the record of each changed add-on triggers the next level.

    An add-on that the deletion of a purged parent has not reached yet is soft-deleted first. Return
    True if there was one, which has to be purged next.
    """
    refs, parent = owner.refs, owner.state
    origin = pending.origin_of(owner.pending_work, parent).followed
    ids = dependents.add_on_ids(work.table, refs.id)
    deleted = False
    while batch := list(islice(ids, BATCH_LIMIT)):
        work.check_time()
        add_ons = installs.get_many(work.table, batch).values()
        changes = [
            change
            for add_on in add_ons
            if add_on.row.parent_install_id == refs.id
            and (change := _add_on_change(add_on, parent, refs.deletion)) is not None
        ]
        for transaction in batches(changes, _size, CHANGES_AT_ONCE):
            work.check_time()
            counts = Counts.of(desired_state(change.after) for change in transaction)
            guards = (owner.guard, owner.count(counts))
            installs.commit(work.table, transaction, *guards, origin=origin)
            work.tally.add(counts)
            deleted = deleted or any(change.after is not None for change in transaction)
    return deleted and parent is None


def _add_on_change(
    add_on: InstallState, parent: InstallState | None, deletion: Deletion | None
) -> Change | None:
    """Return the change that an add-on needs; none if it was uninstalled by itself."""
    if parent is None and add_on.cascaded:
        return Change(add_on, None)
    after = lifecycle.following(add_on, deletion if parent is None else parent.deletion)
    return None if after == add_on else Change(add_on, after)


def _follow(work: Work, parent: Owner, change: Change) -> None:
    """Write the change by which an add-on follows its parent, and count it as the parent's."""
    counts = Counts.of([desired_state(change.after)])
    origin = pending.origin_of(parent.pending_work, parent.state).followed
    installs.commit(work.table, [change], parent.guard, parent.count(counts), origin=origin)
    work.tally.add(counts)


def _delete_pointers(work: Work, owner: Owner) -> None:
    """Delete the pointers to a purged install; last, since they lead to its dependents."""
    refs = owner.refs
    actions: list[Action] = [
        Delete(keys.add_on(refs.id, id_)) for id_ in _purged_add_ons(work.table, refs.id)
    ]
    if refs.parent_install_id is not None:
        actions.append(Delete(keys.add_on(refs.parent_install_id, refs.id)))
    if refs.solution_id is not None:
        actions.append(Delete(keys.solution_install(refs.solution_id, refs.id)))
        actions.append(
            Update(keys.solution_version(refs.solution_id), add={items.SOLUTION_VERSION: 1})
        )
    for transaction in batches(actions, lambda _: 0, TRANSACTION_LIMIT - MOST_GUARDS):
        work.check_time()
        work.table.transact([*transaction, owner.guard, owner.pending_guard])


def _purged_add_ons(table: Table, install_id: str) -> Iterator[str]:
    ids = dependents.add_on_ids(table, install_id)
    while batch := list(islice(ids, BATCH_LIMIT)):
        yield from set(batch) - installs.get_many(table, batch).keys()


def _size(change: Change) -> int:
    return 3072 + 4 * len(change.states[0].row.variables)
