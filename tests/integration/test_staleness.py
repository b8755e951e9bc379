"""Copies of the table that are behind: a list sees a change when it has arrived, and no sooner."""

from __future__ import annotations

from tools.bench.network import Lognormal, Network
from tools.bench.staleness import Lag, measure

STEADY = Network(Lognormal(3, 3), Lognormal(10, 10), caller=20)


def fixed(ms: float) -> Lognormal:
    return Lognormal(ms, ms)


def test_lists_agree_when_the_change_is_in_the_index() -> None:
    # given an index that is a fifth of a second behind, and counters that are read up to date
    lag = Lag(index=fixed(200), follower=fixed(1), met=0)
    for seen in measure(STEADY, lag, trials=3, seed=1).values():
        # then each first list has the new total, and the old rows
        assert (seen.first_rows, seen.first_total) == (3, 0)
        # and every list contradicts itself until one begins after the index has it
        assert seen.contradictions == seen.lists - 3
        assert all(200 <= ms < 260 for ms in seen.ms)


def test_the_total_is_behind_where_its_counter_is_read_from_a_copy_that_is() -> None:
    lag = Lag(index=fixed(1), follower=fixed(200), met=1)
    for seen in measure(STEADY, lag, trials=2, seed=1).values():
        assert (seen.first_rows, seen.first_total) == (0, 2)
        assert all(200 <= ms < 260 for ms in seen.ms)


def test_copies_that_are_hardly_behind_agree_at_once() -> None:
    lag = Lag(index=fixed(1), follower=fixed(1))
    for seen in measure(STEADY, lag, trials=2, seed=1).values():
        assert (seen.lists, seen.contradictions, seen.ms) == (2, 0, [20, 20])
