"""Actors that take turns: one runs at a time, from one operation of the table to the next.

Each has a thread of its own, but never do two run at once, and which goes on is decided by whoever
resumes them: so a history is the same each time that it is run.
"""

from __future__ import annotations

from threading import Lock, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class CrashError(BaseException):
    """The process ends here: nothing catches it."""


class Fiber:
    """One actor at a time on a thread that is used again."""

    _idle: list[Fiber] = []  # noqa: RUF012 - shared on purpose: threads that have ended their work

    def __init__(self) -> None:
        self._go = Lock()
        self._go.acquire()
        self._back = Lock()
        self._back.acquire()
        self._work: Callable[[], None] = lambda: None
        self.done = True
        self.error: BaseException | None = None
        Thread(target=self._run, daemon=True).start()

    @classmethod
    def of(cls, work: Callable[[], None]) -> Fiber:
        """A fiber that has not begun yet."""
        fiber = cls._idle.pop() if cls._idle else cls()
        fiber._work, fiber.done, fiber.error = work, False, None
        return fiber

    def resume(self) -> None:
        """Run until the actor pauses or ends; what it raised is raised here."""
        self._go.release()
        self._back.acquire()
        if self.done:
            self._idle.append(self)
            if self.error is not None:
                raise self.error

    def pause(self) -> None:
        """Give the turn back; called by the actor itself."""
        self._back.release()
        self._go.acquire()

    def _run(self) -> None:
        while True:
            self._go.acquire()
            try:
                self._work()
            except BaseException as error:
                self.error = error
            self.done = True
            self._back.release()
