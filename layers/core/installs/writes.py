"""The cascade's transactions: rows in batches that fit, each under the guards of a decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeVar

from installs.lifecycle import Deletion, DesiredState, Presence
from installs.store.table import TRANSACTION_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from installs.store.dependents import Dependent
    from installs.store.expressions import Action
    from installs.store.table import Table

LARGEST_TRANSACTION: Final = 3_000_000
"""In bytes of the items written, with room below DynamoDB's 4 MB (AWS: TransactWriteItems)."""

MOST_GUARDS: Final = 2
"""The most guards of one transaction."""

T = TypeVar("T")


@dataclass(slots=True)
class Tally:
    """Rows written, by outcome, and the number of passes that had to be repeated."""

    deleted: int = 0
    restored: int = 0
    purged: int = 0
    retries: int = 0

    def count(self, desired: DesiredState, rows: int) -> None:
        """Add rows that were brought to a desired state."""
        if isinstance(desired, Deletion):
            self.deleted += rows
        elif desired is Presence.LIVE:
            self.restored += rows
        else:
            self.purged += rows


@dataclass(frozen=True, slots=True)
class Work:
    """The table to work on, the time that is left, and the tally of rows written.

    ``check_time`` is called before each step, and raises ``OutOfTimeError`` if there is no time for
    another.
    """

    table: Table
    check_time: Callable[[], None] = lambda: None
    tally: Tally = field(default_factory=Tally)


def write_dependents(
    work: Work, rows: Iterable[tuple[Dependent, DesiredState]], guards: Sequence[Action]
) -> None:
    """Write the rows that do not agree yet, in transactions that all require the guards."""
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
        work.table.transact(
            [*chain.from_iterable(actions for _, _, actions in transaction), *guards]
        )
        for _, desired, _ in transaction:
            work.tally.count(desired, 1)


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
