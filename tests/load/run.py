"""Load above what there is room for: how quick answers are, who is refused, and how soon.

``python -m tests.load.run [SECONDS]`` prints the tables of docs/adr/0035. The second one is of a
gateway that lets half of the lists through that were answered at the most.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests import rows
from tests.load.service import Bucket, Service, serving
from tests.loading import load_file
from tests.runtime.functions import HERE
from tools.local.dynoxide import dynamodb_client, running_dynoxide
from tools.local.paths import ENVIRONMENTS, TEMPLATE
from tools.local.ports import HOST
from tools.local.tables import TableDefinition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOCUST: Final = ENVIRONMENTS / "load" / "bin" / "locust"
USERS: Final = Path(__file__).with_name("users.py")
TABLE: Final = "load"
INSTALLS: Final = 1_000
ENVIRONMENTS_AT_ONCE: Final = 4
"""The room of the account: twice the processors of a small machine, since a call also waits."""
CLIENTS: Final = (8, 32, 128)
QUIET: Final = ("Lister", "Reader", "Writer")
"""Clients that are asked alone, for the times of a service without load."""
OPERATIONS: Final = ("list", "get", "write")


@dataclass
class Seen:
    """Answers to one operation, by status: milliseconds, and how many took so long."""

    times: dict[int, dict[int, int]] = field(default_factory=dict)

    def count(self, *, shed: bool) -> int:
        """The answers that were refusals, or that were none."""
        return sum(sum(times.values()) for times in self._of(shed))

    def percentile(self, share: float, *, shed: bool) -> int:
        """The time within which this share of the answers came, in ms."""
        merged: defaultdict[int, int] = defaultdict(int)
        for times in self._of(shed):
            for time, number in times.items():
                merged[time] += number
        left = share * sum(merged.values())
        for time in sorted(merged):
            left -= merged[time]
            if left <= 0:
                return time
        return 0

    def _of(self, shed: bool) -> list[dict[int, int]]:
        return [times for status, times in self.times.items() if (status in (429, 503)) is shed]


def main(arguments: Sequence[str]) -> int:
    """Print a table with the room of Lambda alone, and one with a limit for lists."""
    seconds = float([*arguments, "20"][0])
    with tempfile.TemporaryDirectory() as name, running_dynoxide() as (engine, _):
        directory = Path(name)
        TableDefinition.from_template(TEMPLATE).create(dynamodb_client(engine), TABLE)
        installs = [rows.install(f"ins_{number}") for number in range(INSTALLS)]
        load_file(rows.write(directory / "rows.ndjson", [*rows.base(), *installs]), TABLE, engine)
        service = Service("usr_ada", ENVIRONMENTS_AT_ONCE)
        values = {"InstallsTable": TABLE}
        with serving(service, HERE, values, engine, directory, ENVIRONMENTS_AT_ONCE):
            print(f"{ENVIRONMENTS_AT_ONCE} environments, no limit of the gateway's:\n\n{HEADING}")
            quiet = [asked(service.port, 1, seconds, kind) for kind in QUIET]
            alone = {one: seen[one] for one, seen in zip(OPERATIONS, quiet, strict=True)}
            print(*lines(1, seconds, alone), sep="\n", flush=True)
            most = max(stage(service, clients, seconds) for clients in CLIENTS)
            limit = max(1, round(most / 2))
            service.rates = {"list_installs": Bucket(limit, burst=limit)}
            print(f"\nThe same, and the gateway takes {limit} lists a second:\n\n{HEADING}")
            for clients in CLIENTS:
                stage(service, clients, seconds)
    return 0


def stage(service: Service, clients: int, seconds: float) -> float:
    """Print a line for each operation of so many clients; return the lists answered a second."""
    seen = asked(service.port, clients, seconds)
    print(*lines(clients, seconds, seen), sep="\n", flush=True)
    return seen["list"].count(shed=False) / seconds


HEADING: Final = (
    "| clients | operation | answered a second | p50, ms | p99, ms | refused | p99 then, ms |\n"
    "|---|---|---|---|---|---|---|"
)


def asked(port: int, clients: int, seconds: float, *kinds: str) -> Mapping[str, Seen]:
    """Let clients of some kinds or of all ask for some seconds; return what they saw."""
    done = subprocess.run(  # noqa: S603 - the program is this file's own
        [
            LOCUST, "-f", USERS, "--headless", "--json", "--only-summary", "--skip-log-setup",
            "--host", f"http://{HOST}:{port}", "-u", str(clients), "-r", str(clients),
            "-t", f"{seconds:g}s", *kinds,
        ],
        env={**os.environ, "LOAD_INSTALLS": str(INSTALLS)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    stats: list[dict[str, Any]] = json.loads(done.stdout[done.stdout.index("[") :])
    seen = {operation: Seen() for operation in OPERATIONS}
    for entry in stats:
        operation, status = entry["name"].split()
        times = {int(float(time)): number for time, number in entry["response_times"].items()}
        seen[operation].times[int(status)] = times
    return seen


def lines(clients: int, seconds: float, seen: Mapping[str, Seen]) -> list[str]:
    """Return a line for each operation."""
    told = []
    for operation, one in seen.items():
        answered, refused = one.count(shed=False), one.count(shed=True)
        share = refused / max(answered + refused, 1)
        cells: list[object] = [clients, operation, f"{answered / seconds:.0f}"]
        cells += [one.percentile(part, shed=False) for part in (0.5, 0.99)]
        cells += [f"{share:.0%}", one.percentile(0.99, shed=True) if refused else ""]
        told.append(f"| {' | '.join(map(str, cells))} |")
    return told


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
