"""Several reads at once, a bounded number of them, on threads that the process keeps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

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
    others = [_pool().submit(task) for task in tasks[1:]]
    try:
        return [tasks[0](), *(other.result() for other in others)]
    finally:
        for other in others:
            other.cancel()


def begin(task: Callable[[], T]) -> Callable[[], T]:
    """Begin a task beside the caller's own work; what is returned waits for its result."""
    return _others().submit(task).result


@cache
def _others() -> ThreadPoolExecutor:
    """Threads of their own: a task that gathers never waits for the place that it holds itself."""
    return ThreadPoolExecutor(2, thread_name_prefix="beside")


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(FAN_OUT, thread_name_prefix="reads")
