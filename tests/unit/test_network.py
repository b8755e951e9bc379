"""The made-up network: times as they were asked for, and the critical path of a trace."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.bench.network import Lognormal, Network, percentile, replay
from tools.bench.trace import Await, Begin, Call, Fork, Trace, calls, hottest, read, written

READ = Call("Query", read=1.5, partition="byWorkspace a")
WRITE = Call("TransactWriteItems", written=31)
STEADY = Network(Lognormal(3, 3), Lognormal(10, 10), per_mb_examined=40, per_mb_answered=24)


def seeded() -> Random:
    return Random(1)  # noqa: S311 - a simulation, no secret


def steady(fan_out: int) -> Network:
    return Network(STEADY.read, STEADY.write, 40, 24, fan_out)


def test_times_have_the_median_and_the_percentile_that_were_asked_for() -> None:
    random = seeded()
    times = [Lognormal(3, 15).draw(random) for _ in range(40_000)]
    assert percentile(times, 0.5) == pytest.approx(3, rel=0.03)
    assert percentile(times, 0.99) == pytest.approx(15, rel=0.06)


@pytest.mark.parametrize(("p50", "p99"), [(0, 1), (-1, 1), (2, 1)])
def test_a_distribution_that_cannot_be_is_refused(p50: float, p99: float) -> None:
    with pytest.raises(ValueError, match="p50"):
        Lognormal(p50, p99)


def test_percentiles_are_values_of_the_sample() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert [percentile(values, part) for part in (0, 0.2, 0.5, 0.99, 1)] == [1, 1, 3, 5, 5]


def test_calls_in_sequence_add_up_and_size_takes_time() -> None:
    large = Call("Query", examined=512, answered=256)
    assert replay([READ, WRITE, large], STEADY, seeded()) == (3 + 10 + 3 + 20 + 6, 3)


def test_branches_run_side_by_side_as_far_as_there_are_places() -> None:
    trace = [Fork(((READ,), (READ,), (READ,), (READ,), (READ,)))]
    assert replay(trace, steady(5), seeded()) == (3, 1)
    assert replay(trace, steady(2), seeded()) == (9, 3)


def test_what_was_begun_beside_has_places_of_its_own() -> None:
    beside = Begin(1, (Fork(((READ,), (READ,))),))
    fork = Fork(((READ,), (READ,)))
    assert replay([beside, fork, Await(1)], steady(2), seeded()) == (3, 1)
    assert replay([beside, fork, Await(1)], steady(1), seeded()) == (6, 2)


def test_what_was_begun_is_waited_for() -> None:
    assert replay([Begin(1, (WRITE,)), READ, Await(1)], STEADY, seeded()) == (10, 1)
    assert replay([Begin(1, (READ,)), WRITE, Await(1)], STEADY, seeded()) == (10, 1)
    assert replay([Begin(1, (WRITE,)), READ], STEADY, seeded()) == (3, 1)


def test_units_are_summed_over_all_branches_and_by_partition() -> None:
    other = Call("Query", read=2, partition="byWorkspace b")
    trace: Trace = [Begin(1, (READ, WRITE)), Fork(((READ,), (other, Call("BatchGetItem", read=9)))),
             Await(1)]  # fmt: skip
    assert (read(trace), written(trace), hottest(trace)) == (14, 31, 3)
    assert hottest([WRITE]) == 0


def branches(inner: st.SearchStrategy[Trace]) -> st.SearchStrategy[Trace]:
    fork = st.lists(inner, min_size=1, max_size=5).map(lambda some: Fork(tuple(some)))
    return st.lists(st.one_of(st.sampled_from([READ, WRITE]), fork), max_size=4)


FLAT: st.SearchStrategy[Trace] = st.lists(st.sampled_from([READ, WRITE]), max_size=3)


def longest(trace: Trace) -> float:
    """An oracle for as many places as anybody may want."""
    ms = 0.0
    for step in trace:
        if isinstance(step, Fork):
            ms += max(map(longest, step.branches))
        elif isinstance(step, Call):
            ms += 10 if step.writes else 3
    return ms


@given(branches(FLAT), st.integers(1, 30))
def test_a_trace_takes_no_less_than_its_longest_path_and_no_more_than_all_of_it(
    trace: Trace, fan_out: int
) -> None:
    every = list(calls(trace))
    took = replay(trace, steady(fan_out), seeded())
    assert longest(trace) <= took.ms <= sum(10 if call.writes else 3 for call in every)
    assert took.requests <= len(every)
    assert replay(trace, steady(100), seeded()).ms == longest(trace)
