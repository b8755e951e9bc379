"""The figures of docs/scale.md: time, cost, lists after a change, changes of one workspace."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from tools.bench import contention, latency, staleness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.bench.network import Network
    from tools.bench.staleness import Lag

RATES: Final = (5, 10, 20, 30, 40, 50, 60, 80)
"""Changes a second of one counter."""
SECONDS: Final = 600
"""Simulated seconds of changes to one counter."""


def report(
    network: Network, lag: Lag, *, large: bool, draws: int, trials: int, seed: int
) -> Iterator[str]:
    """Return all figures as Markdown."""
    plans = latency.measured(large=large)
    yield "### Time"
    yield from latency.plans_table(plans, network, draws, seed)
    yield "\n### Cost"
    yield from latency.cost_table(plans, network, draws, seed)
    yield "\n### Lists after a change"
    yield from staleness.table_of(staleness.measure(network, lag, trials, seed))
    yield "\n### Changes of one counter"
    random = Random(seed)  # noqa: S311 - a simulation, no secret
    yield from contention.table_of(RATES, SECONDS, network.write, random)
