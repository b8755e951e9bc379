"""Transactions that all write one item: how many conflict, and what becomes of them.

A Monte Carlo simulation, since the engine of the tests knows no conflicts. Changes come at random
(a Poisson process). A transaction holds the item from its first phase to its last; one that comes
meanwhile is refused at once (AWS: Amazon DynamoDB Transactions: How it works, transaction conflict
handling), waits with jitter and tries again, as ``Table.transact`` does, with the same constants.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from installs.store.retries import ATTEMPTS, jitter
from tools.bench.network import percentile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from tools.bench.network import Lognormal


@dataclass(slots=True)
class Contention:
    """The outcome of many changes."""

    changes: int = 0
    conflicts: int = 0
    refused: int = 0
    """Changes whose attempts were used up: the caller gets a 409."""
    ms: list[float] = field(default_factory=list)
    """Milliseconds of the successful changes."""


def simulate(rate: float, seconds: float, write: Lognormal, random: Random) -> Contention:
    """Changes of one item at so many a second."""
    contention = Contention()
    waiting: list[tuple[float, float, int]] = []
    at = 0.0
    while (at := at + random.expovariate(rate) * 1000) < seconds * 1000:
        waiting.append((at, at, 1))
        contention.changes += 1
    held_until = 0.0
    while waiting:
        now, began, attempt = heappop(waiting)
        took = write.draw(random)
        if now >= held_until:
            held_until = now + took
            contention.ms.append(held_until - began)
            continue
        contention.conflicts += 1
        if attempt == ATTEMPTS:
            contention.refused += 1
        else:
            pause = 1000 * jitter(attempt, random.uniform)
            heappush(waiting, (now + took + pause, began, attempt + 1))
    return contention


def table_of(
    rates: Sequence[float], seconds: float, write: Lognormal, random: Random
) -> Iterator[str]:
    """The lines of a table in Markdown."""
    yield "| changes a second | conflicts per change | refused (409) | p50, ms | p99, ms |"
    yield "|---|---|---|---|---|"
    for rate in rates:
        contention = simulate(rate, seconds, write, random)
        yield (
            f"| {rate:g} | {contention.conflicts / contention.changes:.2f} "
            f"| {contention.refused / contention.changes:.2%} "
            f"| {percentile(contention.ms, 0.5):,.0f} | {percentile(contention.ms, 0.99):,.0f} |"
        )
