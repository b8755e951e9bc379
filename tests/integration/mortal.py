"""The cascade's function in a process that dies at a write: TABLE WRITE before|after, an event.

It is killed as a machine that goes down would kill it: nothing is caught, nothing is flushed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import TYPE_CHECKING

from functions.cascade import handler as cascade
from installs.store.table import Table
from tests.integration.consumer import Invocation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.store.expressions import Action


class Mortal(Table):
    """A table whose user is killed before or after a transaction."""

    left = 0
    after = False

    def transact(self, actions: Sequence[Action]) -> None:
        """Write, or die."""
        Mortal.left -= 1
        if Mortal.left == 0 and not self.after:
            os.kill(os.getpid(), signal.SIGKILL)
        super().transact(actions)
        if Mortal.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    Mortal.left, Mortal.after = int(sys.argv[1]), sys.argv[2] == "after"
    cascade.__dict__["Table"] = Mortal
    answer = cascade.handler(json.load(sys.stdin), Invocation())
    sys.exit(answer != {"batchItemFailures": []})
