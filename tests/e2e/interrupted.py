"""A command of the operator's that is interrupted, as by Ctrl-C, after its first transaction."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

from installs.store.table import Table
from tools.__main__ import command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.store.expressions import Action

_transact = Table.transact


def _transact_once(self: Table, actions: Sequence[Action]) -> None:
    _transact(self, actions)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(1)  # for the thread that takes the signal


if __name__ == "__main__":
    # Whoever runs the tests in the background may have it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    Table.transact = _transact_once  # type: ignore[method-assign]
    command()
