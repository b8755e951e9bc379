"""The cascade's transactions: rows in batches that fit, each under the guards of a decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeVar

from installs.store import installs, keys, pending
from installs.store.expressions import Action, Check, Missing
from installs.store.history import Counts
from installs.store.table import LARGEST_TRANSACTION, TRANSACTION_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from installs.lifecycle import DesiredState, InstallState, OwnerRefs
    from installs.store.dependents import Dependent
    from installs.store.pending import PendingWork
    from installs.store.table import Table

MOST_GUARDS: Final = 2
"""The most guards of one transaction, the pending work that counts among them."""

T = TypeVar("T")


@dataclass(slots=True)
class Tally:
    """Rows written, by outcome, and the number of passes that had to be repeated."""

    deleted: int = 0
    restored: int = 0
    purged: int = 0
    retries: int = 0

    def add(self, counts: Counts) -> None:
        """Add rows that were written."""
        self.deleted += counts.deleted
        self.restored += counts.restored
        self.purged += counts.purged


@dataclass(frozen=True, slots=True)
class Work:
    """The table to work on, the time that is left, and the tally of rows written.

    ``check_time`` is called before each step, and raises ``OutOfTimeError`` if there is no time for
    another.
    """

    table: Table
    check_time: Callable[[], None] = lambda: None
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class Owner:
    """An install whose dependents are reconciled, as it was read, gone or not."""

    refs: OwnerRefs
    state: InstallState | None
    pending_work: PendingWork | None

    @property
    def guard(self) -> Check:
        """Condition: the install is unchanged since the decision."""
        return Check(keys.install(self.refs.id), installs.state_guard(self.state))

    @property
    def pending_guard(self) -> Check:
        """Condition: the pending work is unchanged since it was read, before the install."""
        work = self.pending_work
        return Check(
            keys.pending_work(self.refs.id), [Missing()] if work is None else work.unchanged
        )

    def count(self, counts: Counts) -> Action:
        """Return the write that counts rows in the pending work; it is a guard like the other."""
        if self.pending_work is None:
            return self.pending_guard
        return pending.count(self.pending_work, counts)


def write_dependents(
    work: Work,
    rows: Iterable[tuple[Dependent, DesiredState]],
    guards: Sequence[Action],
    owner: Owner | None,
) -> None:
    """Write the rows that do not agree yet, in transactions that all require the guards.

    Each transaction counts its rows in the pending work of their owner, if an install has brought
    them here.
    """
    needed = (
        (row, desired, actions) for row, desired in rows if (actions := row.actions_for(desired))
    )
    for transaction in batches(
        needed,
        lambda step: step[0].size,
        TRANSACTION_LIMIT - MOST_GUARDS,
        lambda step: len(step[2]),
    ):
        work.check_time()
        counts = Counts.of(desired for _, desired, _ in transaction)
        counted = [] if owner is None else [owner.count(counts)]
        writes = chain.from_iterable(actions for _, _, actions in transaction)
        work.table.transact([*writes, *guards, *counted])
        work.tally.add(counts)


def batches(
    values: Iterable[T],
    size_of: Callable[[T], int],
    limit: int,
    actions_of: Callable[[T], int] = lambda _: 1,
) -> Iterator[Sequence[T]]:
    """Split values into batches that fit into one transaction each, by actions and by size."""
    batch: list[T] = []
    size = actions = 0
    for value in values:
        size += size_of(value)
        actions += actions_of(value)
        if batch and (actions > limit or size > LARGEST_TRANSACTION):
            yield batch
            batch, size, actions = [], size_of(value), actions_of(value)
        batch.append(value)
    if batch:
        yield batch
