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
from installs.solutions import reconcile_solution as reconcile_solution
from installs.store import dependents, installs, items, keys, pending
from installs.store.expressions import Action, Check, Delete, Update
from installs.store.installs import Change
from installs.store.table import BATCH_LIMIT, TRANSACTION_LIMIT, ConditionFailedError
from installs.writes import MOST_GUARDS, batches, write_dependents
from installs.writes import Tally as Tally
from installs.writes import Work as Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from installs.lifecycle import Deletion, InstallState, OwnerRefs
    from installs.store.pending import PendingWork
    from installs.store.table import Table

CHANGES_AT_ONCE: Final = 15
"""Add-ons in one transaction: each writes a row, pending work, two counters and a solution version,
beside the counters of the workspace and of the platform, and the guard: at most 78 actions."""

_ATTEMPTS: Final = 10


@dataclass(frozen=True, slots=True)
class Subject:
    """What a stream record asks to reconcile: an install, or a solution.

    ``was``: what the install belonged to before the change that the record tells of.
    """

    install: OwnerRefs | None = None
    was: OwnerRefs | None = None
    solution_id: str | None = None


def handle(work: Work, subject: Subject) -> None:
    """Reconcile what a stream record names; errors are those of ``reconcile``."""
    if subject.install is not None:
        reconcile(work, subject.install, subject.was)
    if subject.solution_id is not None:
        reconcile_pending_solution(work, subject.solution_id)


def reconcile(work: Work, seen: OwnerRefs, was: OwnerRefs | None = None) -> None:
    """Make what depends on an install agree with the state that the install has now.

    Parameters
    ----------
    work
        The table, and how much time there is.
    seen
        The install, and what it belonged to by the record or the pending work that asks for this.
    was
        The same before the change that a record tells of.

    Raises
    ------
    ConflictError, UnavailableError, OutOfTimeError
        The work is not finished and may be begun again at any time.

    """
    bind_log_context(seen.id)
    _again(work, lambda: _pass(work, seen, was))


def reconcile_pending_solution(work: Work, solution_id: str) -> None:
    """Make a solution agree with its installs, because its pending work asks for it.

    Raises
    ------
    ConflictError, UnavailableError, OutOfTimeError
        The work is not finished and may be begun again at any time.

    """

    def settle() -> None:
        pending_work = pending.get_solution(work.table, solution_id)
        bind_log_context(None, None if pending_work is None else pending_work.request_id)
        reconcile_solution(work, solution_id)
        if pending_work is not None:
            work.table.transact([pending.solution_completion(pending_work)])

    _again(work, settle)


def _again(work: Work, attempt: Callable[[], None]) -> None:
    """Try until nothing that was read has changed before it was written."""
    for _ in range(_ATTEMPTS):
        work.check_time()
        try:
            attempt()
        except ConditionFailedError:
            work.tally.retries += 1
            continue
        return
    raise ConflictError("What depends on the install kept changing.")


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


def _pass(work: Work, seen: OwnerRefs, was: OwnerRefs | None) -> None:
    # The pending work is read before the install: what changes later leaves another one behind.
    pending_work = pending.get(work.table, seen.id)
    request_id = None if pending_work is None else pending_work.request_id
    bind_log_context(seen.id, request_id)
    state = installs.get(work.table, seen.id)
    known = seen if pending_work is None else pending_work.owner_refs
    if state is not None:
        known = state.owner_refs
        _reconcile_place(work, state, [refs for refs in (seen, was) if refs is not None])
    for solution_id in _solutions_of(known, seen, was):
        reconcile_solution(work, solution_id)
    if state is None and (pending_work is None or pending_work.alive):
        # Nothing says that it was purged: what belonged to it stays as it is.
        if pending_work is not None:
            work.table.transact([Delete(keys.pending_work(seen.id), pending_work.unchanged)])
        return
    guards = _guards(seen.id, state, pending_work)
    while _reconcile_add_ons(work, known, state, guards, request_id):
        pass
    _reconcile_members(work, seen.id, state, guards)
    if state is None:
        _drop_pointers(work, known, guards)
        # Whoever is left in it may have been settled by what the one that is gone still was.
        reconcile_solution(work, known.solution_id)
    done = pending.completion(known, pending_work, state)
    if done is not None:
        buried = [] if state is not None else [installs.bury(seen.id, clock.now())]
        # Pending work tells by its revision of any change since; where there was none, the install.
        unchanged = [] if pending_work is not None else guards
        work.table.transact([done, *buried, *unchanged])


def _solutions_of(*several: OwnerRefs | None) -> list[str]:
    """The solutions that an install is in or was in, each once."""
    ids = (refs.solution_id for refs in several if refs is not None)
    return list(dict.fromkeys(one for one in ids if one is not None))


def _reconcile_place(work: Work, state: InstallState, others: Sequence[OwnerRefs]) -> None:
    """Make an install follow its parent, and point to it from its owners and from no others.

    Whoever writes through ``installs.commit`` has done so already.
    """
    refs = state.owner_refs
    if refs.parent_install_id is not None:
        parent = installs.get(work.table, refs.parent_install_id)
        after = state if parent is None else lifecycle.following(state, parent.deletion)
        if after != state:
            guards = _guards(refs.parent_install_id, parent, None)
            installs.commit(work.table, [Change(state, after)], *guards)
            raise ConditionFailedError([])  # it is another now: read it again
    wanted = installs.pointers_to(refs)
    astray = {key for other in others for key in installs.pointers_to(other)} - wanted
    there = work.table.get_many([*wanted, *astray])
    missing = [Update(key, set={"id": refs.id}) for key in wanted if key not in there]
    wrong = [Delete(key) for key in astray if key in there]
    if missing or wrong:
        solutions = _solutions_of(refs, *others)
        versions = [
            Update(keys.solution_version(one), add={items.SOLUTION_VERSION: 1}) for one in solutions
        ]
        unchanged = Check(keys.install(refs.id), installs.as_read(state))
        work.table.transact([*missing, *wrong, *versions, unchanged])


def _reconcile_members(
    work: Work, install_id: str, state: InstallState | None, guards: Sequence[Action]
) -> None:
    found = ((one, desired_state(state)) for one in dependents.members(work.table, install_id))
    write_dependents(work, found, guards)


def _reconcile_add_ons(
    work: Work,
    refs: OwnerRefs,
    parent: InstallState | None,
    guards: Sequence[Action],
    request_id: str | None,
) -> bool:
    """Reconcile one level; the change of each add-on is a record of its own, which goes on.

    What the deletion of a parent that is gone did not take yet goes through the trash: True is
    returned if something did, and is to be deleted for good now.
    """
    ids = dependents.add_on_ids(work.table, refs.id)
    taken = False
    while some_ids := list(islice(ids, BATCH_LIMIT)):
        work.check_time()
        found = installs.get_many(work.table, some_ids).values()
        changes = [
            change
            for add_on in found
            if add_on.row.parent_install_id == refs.id
            and (change := _following(add_on, parent, refs.deletion)) is not None
        ]
        for some in batches(changes, _size, CHANGES_AT_ONCE):
            work.check_time()
            installs.commit(work.table, some, *guards, request_id=request_id)
            for change in some:
                work.tally.count(desired_state(change.after), 1)
            taken = taken or any(change.after is not None for change in some)
    return taken and parent is None


def _following(
    add_on: InstallState, parent: InstallState | None, deletion: Deletion | None
) -> Change | None:
    """What becomes of an add-on; one that was uninstalled by itself stays as it is."""
    if parent is None and add_on.cascaded:
        return Change(add_on, None)
    after = lifecycle.following(add_on, deletion if parent is None else parent.deletion)
    return None if after == add_on else Change(add_on, after)


def _drop_pointers(work: Work, refs: OwnerRefs, guards: Sequence[Action]) -> None:
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
    for some in batches(actions, lambda _: 0, TRANSACTION_LIMIT - MOST_GUARDS):
        work.check_time()
        work.table.transact([*some, *guards])


def _gone_add_ons(table: Table, install_id: str) -> Iterator[str]:
    ids = dependents.add_on_ids(table, install_id)
    while some_ids := list(islice(ids, BATCH_LIMIT)):
        yield from set(some_ids) - installs.get_many(table, some_ids).keys()


def _guards(
    install_id: str, state: InstallState | None, pending_work: PendingWork | None
) -> Sequence[Action]:
    """Hold while the install is in the state that a decision was made for.

    One that is gone is so for good once its pending work is done: who comes late changes nothing.
    """
    guards = [Check(keys.install(install_id), installs.state_guard(state))]
    if state is None and pending_work is not None:
        guards.append(Check(keys.pending_work(install_id), pending_work.unchanged))
    return guards


def _size(change: Change) -> int:
    return 2048 + 4 * len(change.states[0].row.variables)
