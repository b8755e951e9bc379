"""Concurrent reads without threads: requests are sent first, then responses are received.

A *read* is a generator that yields calls and is sent their responses, so that it can make several
calls one after the other; its value is what it returns::

    def count(request):
        response = yield Call("Query", request)
        return response["Count"]

    gather(connection, [count(first), count(second)])
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FAN_OUT: Final = 32
"""The most calls of a gathering that are under way at once."""

T = TypeVar("T")


class Call(NamedTuple):
    """An operation of DynamoDB's API, and the members of its request."""

    operation: str
    request: dict[str, Any]


Read: TypeAlias = Generator[Call, Any, T]


class PendingCall(Protocol):
    """A call, from its first attempt until its response."""

    since: float
    """The time (``clock.steady``) at which it was sent, or is to be sent again."""
    response: Any
    """DynamoDB's JSON, once it is there."""

    def proceed(self) -> bool:
        """Send the call, or receive its response; return True once that is there."""

    def close(self) -> None:
        """Abandon the call."""


class Caller(Protocol):
    """A connection that makes calls."""

    def pending(self, call: Call) -> PendingCall:
        """Return a call that is not sent yet."""


def gather(caller: Caller, reads: Sequence[Read[T]]) -> list[T]:
    """Return the values of reads, in their order. If one fails, the others are abandoned."""
    return begin(caller, reads)()


def begin(caller: Caller, reads: Sequence[Read[T]]) -> Callable[[], list[T]]:
    """Send the first calls of reads; calling the returned function waits for their values."""
    gathering = _Gathering(caller, reads)
    gathering.start()
    return gathering.values


def run(call: Callable[[Call], Any], read: Read[T]) -> T:
    """Return the value of one read, whose calls are made by a function."""
    resume: Callable[[], Call] = partial(next, read)
    while True:
        try:
            wanted = resume()
        except StopIteration as ended:
            value: T = ended.value
            return value
        try:
            resume = partial(read.send, call(wanted))
        except Exception as error:
            resume = partial(read.throw, error)


def drop_unfinished() -> None:
    """Abandon the reads of this thread that nothing waits for, once the response is ready."""
    for gathering in list(_unfinished.gatherings):
        gathering.close()


class _Unfinished(threading.local):
    """The gatherings of a thread that are under way."""

    def __init__(self) -> None:
        self.gatherings: set[_Gathering[Any]] = set()


_unfinished: Final = _Unfinished()


@dataclass(frozen=True, slots=True, eq=False)
class _Active(Generic[T]):
    """A read that waits for the response to a call."""

    index: int
    """The index of its value in the result."""
    read: Read[T]
    call: PendingCall


class _Gathering(Generic[T]):
    """Reads under way: the calls that they wait for, and the values of those that have ended."""

    def __init__(self, caller: Caller, reads: Sequence[Read[T]]) -> None:
        self._caller = caller
        self._waiting = deque(enumerate(reads))
        self._active: list[_Active[T]] = []
        self._values: dict[int, T] = {}

    def start(self) -> None:
        """Send the first calls of as many reads as may be under way."""
        _unfinished.gatherings.add(self)
        try:
            while self._waiting and len(self._active) < FAN_OUT:
                index, read = self._waiting.popleft()
                self._resume(index, read, partial(next, read))
        except BaseException:
            self.close()
            raise

    def values(self) -> list[T]:
        """Wait until every read has ended."""
        try:
            while self._active:
                oldest = min(self._active, key=lambda active: active.call.since)
                self._active.remove(oldest)
                self._proceed(oldest)
                self.start()
        finally:
            self.close()
        return [value for _, value in sorted(self._values.items())]

    def close(self) -> None:
        """Abandon the calls under way."""
        for active in self._active:
            active.call.close()
        self._active.clear()
        _unfinished.gatherings.discard(self)

    def _resume(self, index: int, read: Read[T], resume: Callable[[], Call]) -> None:
        try:
            call = resume()
        except StopIteration as ended:
            self._values[index] = ended.value
        else:
            self._proceed(_Active(index, read, self._caller.pending(call)))

    def _proceed(self, active: _Active[T]) -> None:
        read = active.read
        try:
            done = active.call.proceed()
        except Exception as error:
            self._resume(active.index, read, partial(read.throw, error))
            return
        if done:
            self._resume(active.index, read, partial(read.send, active.call.response))
        else:
            self._active.append(active)
