"""Reads side by side, and those that nobody waits for any more."""

from __future__ import annotations

import threading

import pytest

from installs.store import parallel
from installs.store.parallel import FAN_OUT, begin, drop_unfinished, gather


def test_results_come_in_order() -> None:
    assert gather([lambda n=n: n for n in range(50)]) == [*range(50)]  # type: ignore[misc]


def test_what_hangs_holds_up_no_later_request() -> None:
    """A request's own thread goes on; all threads that it began are held up."""
    stop = threading.Event()

    def hang() -> None:
        stop.wait(60)

    def fail() -> None:
        raise LookupError

    try:
        # given a request that ends while all of its reads hang
        begin(hang)
        begin(hang)
        with pytest.raises(LookupError):
            gather([fail, *[hang] * FAN_OUT])
        drop_unfinished()
        # then the next one is not held up
        assert begin(lambda: 1)() == 1
        assert gather([lambda: 1, lambda: 2]) == [1, 2]
    finally:
        stop.set()


def test_where_nothing_hangs_the_threads_stay() -> None:
    gather([lambda: 1, lambda: 2])
    begin(lambda: 1)()
    pools = parallel._pool(), parallel._others()
    drop_unfinished()
    assert (parallel._pool(), parallel._others()) == pools
