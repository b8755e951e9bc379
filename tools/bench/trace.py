"""Trace of a request: its calls to the table and their dependencies.

A trace is a sequence of steps. A call waits for the one before it; the branches of a fork run side
by side, a bounded number at once; what was begun beside the rest is awaited later. They are the
ways in which ``installs.store`` reads (``store/parallel.py``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Call:
    """One request to DynamoDB.

    ``examined`` and ``answered`` are KB: what it read in the table, and what came back. ``read``
    and ``written`` are capacity units. ``partition`` is the one partition key that it read, if any.
    """

    operation: str
    examined: float = 0.0
    answered: float = 0.0
    read: float = 0.0
    written: float = 0.0
    partition: str | None = None

    @property
    def writes(self) -> bool:
        """True if the call is a transaction."""
        return self.operation == "TransactWriteItems"


@dataclass(frozen=True, slots=True)
class Fork:
    """Concurrent branches."""

    branches: tuple[Trace, ...]


@dataclass(frozen=True, slots=True)
class Begin:
    """A branch that runs beside what follows."""

    number: int
    branch: Trace


@dataclass(frozen=True, slots=True)
class Await:
    """Wait for what was begun."""

    number: int


Step: TypeAlias = Call | Fork | Begin | Await
Trace: TypeAlias = Sequence[Step]


def calls(trace: Trace) -> Iterator[Call]:
    """Every request of a trace."""
    for step in trace:
        if isinstance(step, Call):
            yield step
        elif isinstance(step, Fork):
            for branch in step.branches:
                yield from calls(branch)
        elif isinstance(step, Begin):
            yield from calls(step.branch)


def read(trace: Trace) -> float:
    """Read units of a trace."""
    return sum(call.read for call in calls(trace))


def written(trace: Trace) -> float:
    """Write units of a trace."""
    return sum(call.written for call in calls(trace))


def hottest(trace: Trace) -> float:
    """The most read units that a trace takes of one partition key."""
    units: defaultdict[str, float] = defaultdict(float)
    for call in calls(trace):
        if call.partition is not None:
            units[call.partition] += call.read
    return max(units.values(), default=0.0)
