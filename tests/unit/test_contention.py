"""Changes of one counter: what conflicts, by what queueing theory and arithmetic say."""

from __future__ import annotations

from random import Random

import pytest

from installs.store.retries import ATTEMPTS
from tools.bench.contention import simulate
from tools.bench.network import Lognormal

TEN: Lognormal = Lognormal(10, 10)


def seeded() -> Random:
    return Random(1)  # noqa: S311 - a simulation, no secret


def test_with_little_to_do_a_change_conflicts_as_often_as_the_counter_is_held() -> None:
    # given one change a second, each of ten milliseconds: Erlang's loss formula says 1 in 101
    found = simulate(1, 40_000, TEN, seeded())
    assert found.conflicts / found.changes == pytest.approx(1 / 101, rel=0.2)
    assert found.refused == 0
    assert len(found.ms) == found.changes
    assert min(found.ms) == pytest.approx(10)


def test_no_more_is_written_than_the_counter_has_time_for() -> None:
    found = simulate(1_000, 10, TEN, seeded())
    longest = 10 + (max(found.ms) / 1000)
    assert len(found.ms) * 0.010 <= longest
    assert found.refused + len(found.ms) == found.changes
    assert found.conflicts <= ATTEMPTS * found.changes
    assert found.refused > found.changes / 2


def test_more_changes_conflict_more() -> None:
    shares = [
        (found.conflicts / found.changes, found.refused / found.changes)
        for rate in (5, 20, 60)
        for found in [simulate(rate, 200, TEN, seeded())]
    ]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1]
