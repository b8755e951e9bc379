"""Child processes that never outlive the program that started them."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """Ask Linux for SIGTERM at the parent's death, however that comes, SIGKILL included."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """A program in a process group of its own, with its output in a log file.

    The group gets no Ctrl-C from the terminal: it ends when ``stop`` says so, after everything
    that depends on it.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path | None = None,
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Start ``command`` with ``environment``, by default this process's own."""
        self._log: IO[bytes] | None = log.open("ab") if log else None
        output = self._log or subprocess.DEVNULL
        self._process = subprocess.Popen(  # noqa: S603 - the commands are this package's own
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
            env=dict(os.environ if environment is None else environment),
            start_new_session=True,
            preexec_fn=_die_with_parent,  # one system call: it takes no lock
        )

    @property
    def pid(self) -> int:
        """The process's id, which is its group's too."""
        return self._process.pid

    def running(self) -> bool:
        """Return True if the program is running."""
        return self._process.poll() is None

    def wait(self) -> int:
        """The exit status, once the program has ended."""
        return self._process.wait()

    def stop(self, grace_seconds: float = 5) -> None:
        """End the whole group: politely, then for certain. Safe to repeat."""
        if self.running():
            self._signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(grace_seconds)
        self._signal(signal.SIGKILL)
        self._process.wait()
        if self._log:
            self._log.close()

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
