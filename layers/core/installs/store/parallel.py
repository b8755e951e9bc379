"""Several reads at once, a bounded number of them, on threads that the process keeps."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FAN_OUT: Final = 16
"""How many reads a process has under way at once."""

T = TypeVar("T")


def gather(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """The results of the tasks, in order; a task does not gather in turn.

    The first task runs on the caller's own thread. If one fails, those not begun are dropped.
    """
    if not tasks:
        return []
    others = [_submit(_pool(), task) for task in tasks[1:]]
    try:
        return [tasks[0](), *(other.result() for other in others)]
    finally:
        for other in others:
            other.cancel()


def begin(task: Callable[[], T]) -> Callable[[], T]:
    """Begin a task beside the caller's own work; what is returned waits for its result."""
    return _submit(_others(), task).result


def drop_unfinished() -> None:
    """Let nobody wait for what this thread began and is still under way: its caller is answered.

    What hangs keeps its thread until it ends by itself; the next request gets threads of its own.
    """
    begun = [task for task in _begun.tasks if not task.cancel() and not task.done()]
    _begun.tasks.clear()
    if begun:
        _pool.cache_clear()
        _others.cache_clear()


class _Begun(threading.local):
    """What a thread has begun, as long as anybody holds it."""

    def __init__(self) -> None:
        self.tasks: WeakSet[Future[Any]] = WeakSet()


_begun: Final = _Begun()


def _submit(pool: ThreadPoolExecutor, task: Callable[[], T]) -> Future[T]:
    future = pool.submit(task)
    _begun.tasks.add(future)
    return future


@cache
def _others() -> ThreadPoolExecutor:
    """Threads of their own: a task that gathers never waits for the place that it holds itself."""
    return ThreadPoolExecutor(2, thread_name_prefix="beside")


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(FAN_OUT, thread_name_prefix="reads")
