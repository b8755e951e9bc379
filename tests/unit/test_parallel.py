"""Reads side by side, and those that nobody waits for any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from installs.store import parallel
from installs.store.parallel import FAN_OUT, Call, begin, drop_unfinished, gather, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from installs.store.parallel import Read


class Pending:
    """A call that the test's network answers with its number, at the second attempt if it fails."""

    def __init__(self, network: Network, call: Call) -> None:
        self.network = network
        self.number = call.request["n"]
        self.sent = False
        self.since = 0.0
        self.response: Any = None

    def proceed(self) -> bool:
        self.network.log.append(f"{'receive' if self.sent else 'send'} {self.number}")
        self.network.clock += 1
        if not self.sent:
            self.since = self.network.clock
            self.sent = True
            return False
        if self.number in self.network.failing:
            self.network.failing.remove(self.number)
            self.since, self.sent = self.network.clock + 0.5, False
            return False
        if self.number in self.network.refused:
            raise LookupError(self.number)
        self.response = self.number
        return True

    def close(self) -> None:
        self.network.log.append(f"close {self.number}")


class Network:
    def __init__(self, failing: set[int] | None = None, refused: set[int] | None = None) -> None:
        self.failing = failing or set()
        self.refused = refused or set()
        self.log: list[str] = []
        self.clock = 0

    def pending(self, call: Call) -> Pending:
        return Pending(self, call)


def one(number: int) -> Read[int]:
    response: int = yield Call("Query", {"n": number})
    return response


def two(number: int) -> Read[list[int]]:
    return [(yield from one(number)), (yield from one(10 * number))]


def test_values_come_in_order() -> None:
    network = Network()
    assert gather(network, [one(n) for n in range(100)]) == [*range(100)]
    assert gather(network, []) == []
    sent = network.log[:FAN_OUT]
    assert sent == [f"send {n}" for n in range(FAN_OUT)]


def test_what_was_sent_first_is_received_first_and_each_read_goes_on_by_itself() -> None:
    network = Network(failing={1})
    assert gather(network, [two(1), two(2)]) == [[1, 10], [2, 20]]
    assert network.log == [
        "send 1", "send 2",
        "receive 1",  # it fails, and is to be sent again a little later
        "receive 2", "send 20", "send 1", "receive 20", "receive 1", "send 10", "receive 10",
    ]  # fmt: skip


def test_a_read_is_told_of_a_failure_and_may_go_on() -> None:
    def patient(number: int) -> Read[int]:
        try:
            return (yield from one(number))
        except LookupError:
            return -1

    assert gather(Network(refused={1}), [patient(1), one(2)]) == [-1, 2]


def test_a_failure_abandons_the_others() -> None:
    network = Network(refused={2})
    with pytest.raises(LookupError):
        gather(network, [one(1), one(2), one(3)])
    assert network.log[-2:] == ["receive 2", "close 3"]
    assert not parallel._unfinished.gatherings


def test_a_failure_to_send_abandons_what_was_sent() -> None:
    def refuses() -> Read[int]:
        raise LookupError
        yield

    network = Network()
    with pytest.raises(LookupError):
        begin(network, [one(1), refuses()])
    assert network.log == ["send 1", "close 1"]


def test_what_nobody_waits_for_any_more_is_dropped() -> None:
    network = Network()
    begin(network, [one(1), one(2)])
    drop_unfinished()
    assert network.log == ["send 1", "send 2", "close 1", "close 2"]
    # and what has ended is not
    begin(network, [one(3)])()
    drop_unfinished()
    assert network.log[-1] == "receive 3"


def test_a_read_runs_by_itself_with_a_function_that_calls() -> None:
    def refuse(_: Call) -> Any:  # noqa: ANN401
        raise LookupError

    answer: Callable[[Call], Any] = lambda call: call.request["n"]  # noqa: E731
    assert run(answer, two(3)) == [3, 30]
    with pytest.raises(LookupError):
        run(refuse, one(1))
