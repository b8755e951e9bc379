"""A large uninstall while the table misbehaves: how long it takes, and how often Lambda is asked.

``python -m tests.faults.large`` prints the table of docs/performance.md.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from functions.cascade.handler import handler as cascade
from tests import rows
from tests.faults.chaos import Invocation, World, consumer_of, world
from tests.faults.proxy import Fault, Faults
from tests.faults.requests import ask
from tests.loading import load_file
from tools.local.dynoxide import running_dynoxide
from tools.local.stream.functions import in_process
from tools.operate.verify import Verifier

MEMBERS: Final = 2_000
ADD_ONS: Final = 200
CASES: Final[tuple[tuple[Fault, float], ...]] = (
    (Fault.THROTTLE, 0.0), (Fault.THROTTLE, 0.1), (Fault.THROTTLE, 0.3),
    (Fault.LOSE, 0.1), (Fault.LOSE, 0.3), (Fault.ERROR, 0.5),
)  # fmt: skip


def main() -> int:
    """Print one line for each case."""
    print("| fault of a call | share | seconds | invocations | of them failed | calls | given up |")
    print("|---|---|---|---|---|---|---|")
    for number, (fault, share) in enumerate(CASES):
        with (
            tempfile.TemporaryDirectory() as directory,
            running_dynoxide() as (engine, _),
            world(engine, Path(directory)) as made,
        ):
            print(f"| {fault} | {share:.0%} | {measured(made, directory, fault, share, number)} |")
    return 0


def measured(made: World, directory: str, fault: Fault, share: float, seed: int) -> str:
    """Drain the stream of one large uninstall; return the cells of a line."""
    large = [
        rows.install("large", workspaceId="wsp_0"),
        *(rows.member(f"m{n}", "large", workspaceId="wsp_0") for n in range(MEMBERS)),
        *(
            rows.install(f"a{n}", workspaceId="wsp_0", parentInstallId="large")
            for n in range(ADD_ONS)
        ),
    ]
    file = rows.write(Path(directory) / "large.ndjson", large)
    load_file(file, made.table.name, made.engine)
    ran = {"invocations": 0, "failed": 0, "given up": 0}
    call = in_process(cascade, Invocation())

    def invoke(event: Any) -> object:  # noqa: ANN401
        ran["invocations"] += 1
        answer: Any = call(event)
        ran["failed"] += bool(answer["batchItemFailures"])
        return answer

    def give_up(batch: Any) -> None:  # noqa: ANN401
        ran["given up"] += len(batch.records)

    poller = consumer_of(made, made.engine, invoke, give_up)
    poller.drain()
    ran.update(invocations=0, failed=0)
    assert ask("uninstall", "usr_0", "large").status == 200
    faults = made.proxy.faults = Faults([fault], share, seed)
    began = time.monotonic()
    poller.drain()
    seconds = time.monotonic() - began
    made.proxy.faults = Faults()
    assert not list(Verifier(made.table, repair=False).run())
    told = (ran["invocations"], ran["failed"], faults.calls.total(), ran["given up"])
    return " | ".join([f"{seconds:.0f}", *(f"{number:,}" for number in told)])


if __name__ == "__main__":
    sys.exit(main())
