"""Simulated time of a trace on a network; independent of this machine's clock.

Each request takes a time drawn from a lognormal distribution, and some for its size. AWS promises
"single-digit millisecond" for single items and no percentile ("Understanding Amazon DynamoDB
latency", AWS Database Blog), and says of an index that a write is there "within 1 second" (AWS
re:Post, missing items in a global secondary index). The defaults are assumptions in that spirit:
every one is an option of ``python -m tools bench-latency``.

Left out: our own CPU, API Gateway, the authorizer, TLS handshakes, retries, throttling and cold
starts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final, NamedTuple

from installs.store.parallel import FAN_OUT
from tools.bench.trace import Await, Begin, Call, Fork

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from tools.bench.trace import Trace

_Z99: Final = 2.3263478740408408
"""Standard deviations of a normal distribution from its mean to its 99th percentile."""


@dataclass(frozen=True, slots=True)
class Lognormal:
    """A time in milliseconds, by its median and its 99th percentile."""

    p50: float
    p99: float

    def __post_init__(self) -> None:
        if not 0 < self.p50 <= self.p99:
            raise ValueError(f"0 < p50 <= p99 does not hold of {self.p50} and {self.p99}")

    def draw(self, random: Random) -> float:
        """One time."""
        return self.p50 * math.exp(random.gauss(0, math.log(self.p99 / self.p50) / _Z99))


@dataclass(frozen=True, slots=True)
class Network:
    """Latencies of requests, in milliseconds; ``per_mb_*`` for each MB of 1,024 KB."""

    read: Lognormal = field(default=Lognormal(3, 15))
    """A read of a few KB, there and back."""
    write: Lognormal = field(default=Lognormal(10, 40))
    """A transaction: two phases, and three copies of each item."""
    per_mb_examined: float = 40
    per_mb_answered: float = 25
    fan_out: int = FAN_OUT
    """The most branches of a fork that are under way at once."""
    caller: float = 20
    """From an answer of a function until the same caller's next request is at a function."""

    def of(self, call: Call, random: Random) -> float:
        """Draw the latency of one request."""
        base = (self.write if call.writes else self.read).draw(random)
        size = self.per_mb_examined * call.examined + self.per_mb_answered * call.answered
        return base + size / 1024


class Moment(NamedTuple):
    """A point on the critical path: when, and after how many requests in sequence."""

    ms: float
    requests: int


def replay(trace: Trace, network: Network, random: Random) -> Moment:
    """Return the end of a trace that begins at zero, on newly drawn times."""
    return _Replay(network, random).run(trace, Moment(0, 0))


class _Replay:
    def __init__(self, network: Network, random: Random) -> None:
        self._network = network
        self._random = random
        self._begun: dict[int, Moment] = {}

    def run(self, trace: Trace, at: Moment) -> Moment:
        for step in trace:
            if isinstance(step, Call):
                at = Moment(at.ms + self._network.of(step, self._random), at.requests + 1)
            elif isinstance(step, Fork):
                at = self._fork(step.branches, at)
            elif isinstance(step, Begin):
                self._begun[step.number] = self.run(step.branch, at)
            elif isinstance(step, Await):
                at = max(at, self._begun[step.number])
        return at

    def _fork(self, branches: Sequence[Trace], at: Moment) -> Moment:
        # The time at which each place of the fork is free for the next branch.
        free = [at] * min(self._network.fan_out, len(branches))
        ends = []
        for branch in branches:
            ends.append(self.run(branch, heappop(free)))
            heappush(free, ends[-1])
        return max(ends)


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which that part of all lie, the nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]
