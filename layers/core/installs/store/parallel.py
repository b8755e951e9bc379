"""Concurrent reads, a bounded number of them, on threads that the process keeps."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FAN_OUT: Final = 16
"""The most reads that a process runs at once."""

T = TypeVar("T")


def gather(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Run tasks concurrently and return their results in order; a task must not gather.

    The first task runs on the caller's thread. If a task fails, tasks that have not begun are
    cancelled.
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
    """Begin a task in the background; calling the returned function waits for its result."""
    return _submit(_others(), task).result


def drop_unfinished() -> None:
    """Abandon the tasks of this thread that are still running, once the response is ready.

    A task that hangs keeps its thread until it ends; the next request gets new threads.
    """
    begun = [task for task in _begun.tasks if not task.cancel() and not task.done()]
    _begun.tasks.clear()
    if begun:
        _pool.cache_clear()
        _others.cache_clear()


class _Begun(threading.local):
    """The tasks that a thread has begun, while they are referenced."""

    def __init__(self) -> None:
        self.tasks: WeakSet[Future[Any]] = WeakSet()


_begun: Final = _Begun()


def _submit(pool: ThreadPoolExecutor, task: Callable[[], T]) -> Future[T]:
    future = pool.submit(task)
    _begun.tasks.add(future)
    return future


@cache
def _others() -> ThreadPoolExecutor:
    """Separate threads, so that a background task that gathers cannot wait for its own thread."""
    return ThreadPoolExecutor(2, thread_name_prefix="beside")


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(FAN_OUT, thread_name_prefix="reads")
