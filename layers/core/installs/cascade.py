"""The reconciler: makes what hangs from an install agree with it (CONTRACT.md section 7).

It is level-triggered, as a controller is: a stream record or a reminder only says which install to
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
from installs.lifecycle import Deletion, End, Fate, fate_of, fate_together
from installs.log import concerning
from installs.store import due, hanging, installs, items, keys
from installs.store.expressions import Action, Check, Delete, Equals, Missing, Update, same
from installs.store.installs import Change
from installs.store.table import BATCH_LIMIT, TRANSACTION_LIMIT, ConditionFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from installs.lifecycle import InstallState, Place
    from installs.store.hanging import Hanging
    from installs.store.table import Table

CHANGES_AT_ONCE: Final = 15
"""Add-ons in one transaction: each writes a row, a reminder, two counters and an epoch, beside the
counts of the workspace and of the platform, and the guard: 78 actions at the most."""

LARGEST_TRANSACTION: Final = 3_000_000
"""In bytes of the items written, with room below DynamoDB's 4 MB (AWS: TransactWriteItems)."""

_ATTEMPTS: Final = 10

T = TypeVar("T")


class OutOfTimeError(Exception):
    """The invocation ends before the work does; what is done stays done."""


@dataclass(slots=True)
class Tally:
    """What was written: rows by what became of them, and how often all was read again."""

    torn_down: int = 0
    brought_back: int = 0
    purged: int = 0
    retries: int = 0

    def count(self, fate: Fate, rows: int) -> None:
        """Add rows that were written."""
        if isinstance(fate, Deletion):
            self.torn_down += rows
        elif fate is End.LIVE:
            self.brought_back += rows
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


def reconcile(work: Work, seen: Place) -> None:
    """Make what hangs from an install agree with the state that the install has now.

    Parameters
    ----------
    work
        The table, and how much time there is.
    seen
        The install, and where it hung by what asks for this: a record, or a reminder.

    Raises
    ------
    ConflictError, ThrottledError, OutOfTimeError
        The work is not finished and may be begun again at any time.

    """
    concerning(seen.id)
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
    if state is None or not state.gone(clock.now() - due.SWEEP):
        return False
    installs.commit(table, [Change(state, None)])
    return True


def _pass(work: Work, seen: Place) -> None:
    # The reminder is read before the install: what changes later leaves another one behind.
    reminder = due.get(work.table, seen.id)
    request_id = None if reminder is None else reminder.request_id
    concerning(seen.id, request_id)
    state = installs.get(work.table, seen.id)
    known = state or reminder
    place = seen if known is None else known.place
    settle_solution(work, place.solution_id)
    _settle_add_ons(work, place.id, state, request_id)
    _settle_members(work, place.id, state)
    if state is None:
        _drop_pointers(work, place)
        # Whoever is left in it may have been settled by what the one that is gone still was.
        settle_solution(work, place.solution_id)
    done = due.settled(place, reminder, state)
    if done is not None:
        # A reminder tells by its revision of any change since; where there was none, the install.
        guard = [] if reminder is not None else [_guard(place.id, state)]
        work.table.transact([done, *guard])


def _settle_members(work: Work, install_id: str, state: InstallState | None) -> None:
    found = ((one, fate_of(state)) for one in hanging.members(work.table, install_id))
    _write(work, found, _guard(install_id, state))


def _settle_add_ons(
    work: Work, parent_id: str, parent: InstallState | None, request_id: str | None
) -> None:
    """One level; the change of each add-on is a record of its own, which goes on from there."""
    guard = _guard(parent_id, parent)
    ids = hanging.add_on_ids(work.table, parent_id)
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
            work.tally.count(fate_of(parent), len(some))


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


def settle_solution(work: Work, solution_id: str | None) -> None:
    """Settle a solution by the states of all installs in it (docs/adr/0009-cascade.md)."""
    if solution_id is None:
        return
    epoch = hanging.solution_epoch(work.table, solution_id)
    guard = Check(keys.solution_epoch(solution_id), [same(items.EPOCH, epoch)])
    fates = _fates_in(work, solution_id)
    if not fates:
        return
    together = fate_together(fates.values())
    by_entity = _fates_by_entity(work, fates) if len(set(fates.values())) > 1 else {}
    group = hanging.solution(work.table, solution_id)
    members = hanging.solution_members(work.table, solution_id)
    found = chain(
        [] if group is None else [(group, together)],
        ((member, by_entity.get(member.entity_id, together)) for member in members),
    )
    _write(work, found, guard)


def _fates_in(work: Work, solution_id: str) -> Mapping[str, Fate]:
    """What each install in a solution asks for, by its id."""
    fates: dict[str, Fate] = {}
    ids = hanging.solution_install_ids(work.table, solution_id)
    while some_ids := list(islice(ids, BATCH_LIMIT)):
        work.check_time()
        found = installs.get_many(work.table, some_ids)
        for install_id in some_ids:
            state = found.get(install_id)
            # A pointer to an install of another solution by now says nothing of this one.
            if state is None or state.row.solution_id == solution_id:
                fates[install_id] = fate_of(state)
    return fates


def _fates_by_entity(work: Work, fates: Mapping[str, Fate]) -> Mapping[str, Fate]:
    """What the installs that stand for an entity ask for together, by entity.

    An install stands for an entity if a member of it that follows it has that entity.
    """
    found: dict[str, set[Fate]] = {}
    for install_id, fate in fates.items():
        work.check_time()
        for member in hanging.members(work.table, install_id):
            if member.follows:
                found.setdefault(member.entity_id, set()).add(fate)
    return {entity_id: fate_together(asked) for entity_id, asked in found.items()}


def _drop_pointers(work: Work, place: Place) -> None:
    """Forget an install that is gone; last, since the pointers are how the rest was found."""
    actions: list[Action] = [
        Delete(keys.add_on(place.id, one)) for one in _gone_add_ons(work.table, place.id)
    ]
    if place.parent_install_id is not None:
        actions.append(Delete(keys.add_on(place.parent_install_id, place.id)))
    if place.solution_id is not None:
        actions.append(Delete(keys.solution_install(place.solution_id, place.id)))
        actions.append(Update(keys.solution_epoch(place.solution_id), add={items.EPOCH: 1}))
    for some in _batches(actions, lambda _: 0, TRANSACTION_LIMIT - 1):
        work.check_time()
        work.table.transact([*some, _guard(place.id, None)])


def _gone_add_ons(table: Table, install_id: str) -> Iterator[str]:
    ids = hanging.add_on_ids(table, install_id)
    while some_ids := list(islice(ids, BATCH_LIMIT)):
        yield from set(some_ids) - installs.get_many(table, some_ids).keys()


def _write(work: Work, found: Iterable[tuple[Hanging, Fate]], guard: Action) -> None:
    """Write what does not agree yet, in transactions that each hold only under the guard."""
    needed = (
        (one, fate, action) for one, fate in found if (action := one.follow(fate)) is not None
    )
    for some in _batches(needed, lambda step: step[0].size, TRANSACTION_LIMIT - 1):
        work.check_time()
        work.table.transact([*(action for _, _, action in some), guard])
        for _, fate, _ in some:
            work.tally.count(fate, 1)


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
