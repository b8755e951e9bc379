"""Calls sent to a table that fails, for each call sent to one that is well.

``python -m tests.faults.amplification`` prints the table of docs/performance.md.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from installs.store import retries
from tests import caches
from tests.faults.chaos import world
from tests.faults.proxy import Fault, Faults
from tests.faults.requests import ask
from tools.local.dynoxide import running_dynoxide

if TYPE_CHECKING:
    from tests.faults.chaos import World

REQUESTS: Final = 500
SHARES: Final = (0.0, 0.1, 0.3, 0.5, 0.7, 1.0)


def main() -> int:
    """Print one line for each share of failing calls."""
    with (
        tempfile.TemporaryDirectory() as directory,
        running_dynoxide() as (engine, _),
        world(engine, Path(directory)) as made,
    ):
        print("| calls that fail | calls sent for each | answered 200 | answered 503 |")
        print("|---|---|---|---|")
        quiet, _ = sent(made, 0)
        for share in SHARES:
            calls, statuses = sent(made, share)
            told = f"{statuses[200] / REQUESTS:.0%} | {statuses[503] / REQUESTS:.0%}"
            print(f"| {share:.0%} | {calls / quiet:.2f} | {told} |")
    return 0


def sent(made: World, share: float) -> tuple[int, Counter[int]]:
    """Ask for pages of a list; return the calls of the table, and the statuses."""
    caches.reset()
    faults = made.proxy.faults = Faults([Fault.ERROR], share, seed=1)
    statuses: Counter[int] = Counter()
    for _ in range(REQUESTS):
        statuses[ask("list", "usr_0", limit="3").status] += 1
    return faults.calls.total(), statuses


if __name__ == "__main__":
    retries._PAUSE = 0.001  # type: ignore[misc]  # the number is looked at, and not the time
    sys.exit(main())
