"""Cold starts: fresh processes, in turn, of each function and of a bare boto3 client.

A round starts every program once. The functions get the events of ``events/`` on the demo's rows,
which are written anew before each round. What Lambda adds to a start (a sandbox, the code's
download) is the same for all and not measured here.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from tools import demo
from tools.bench.engine import TABLE, engine
from tools.importer.run import import_file
from tools.local.paths import ROOT
from tools.tokens import AUDIENCE, ISSUER, SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

FUNCTIONS: Final = {
    "list_installs": "plain", "get_install": "get", "uninstall_install": "uninstall",
    "restore_install": "restore", "purge_install": "purge", "cascade": "uninstall",
    "repair": "schedule", "authorizer": "token", "ingest": "rows",
}  # fmt: skip
"""Each function, and the event that is its first request; but of the publisher, which no caller
waits for, and whose start is boto3's."""

BARE: Final = "bare interpreter"
CLIENT: Final = "bare boto3 client, one Query"

_CLIENT: Final = f"""
import boto3
boto3.client("dynamodb").query(
    TableName="{TABLE}",
    KeyConditionExpression="pk = :p",
    ExpressionAttributeValues={{":p": {{"S": "USER#usr_ada"}}}},
)
"""
_INIT: Final = "from functions.{name}.handler import handler"
_FIRST: Final = """
import json, os, sys
from functions.{name}.handler import handler
class Context:
    aws_request_id = "bench"
    def get_remaining_time_in_millis(self): return 60_000
answer = handler(json.loads(os.environ["EVENT"]), Context())
sys.exit(answer.get("statusCode", 200) >= 500)
"""


@dataclass(slots=True)
class Program:
    """One program, and the milliseconds of its processes."""

    code: str
    event: str = "{}"
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Run the program once."""
        cpu, wall = _children(), time.perf_counter()
        subprocess.run(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-c", self.code],
            check=True, cwd=ROOT, env=_environment(self.event), stdout=subprocess.DEVNULL,
        )  # fmt: skip
        self.wall.append(1000 * (time.perf_counter() - wall))
        self.cpu.append(1000 * (_children() - cpu))


@dataclass(frozen=True, slots=True)
class Starts:
    """Results: programs by name, and the milliseconds of each import of the list."""

    programs: Mapping[str, Program]
    imports: Mapping[str, Sequence[float]]


def measure(rounds: int, progress: Callable[[str], None]) -> Starts:
    """Run every program a number of times."""
    key = SigningKey.generate()
    os.environ |= {"ISSUER": ISSUER, "AUDIENCE": AUDIENCE, "JWKS": key.key_set()}
    os.environ |= {"DEAD_LETTER_BUCKET": "none", "POWERTOOLS_METRICS_NAMESPACE": "bench"}
    programs = {BARE: Program("pass"), CLIENT: Program(_CLIENT)}
    for name, event in FUNCTIONS.items():
        programs[f"{name}: init"] = Program(_INIT.format(name=name))
        text = (ROOT / "events" / name / f"{event}.json").read_text()
        if name == "authorizer":
            token = key.token("usr_ada")
            text = json.dumps(json.loads(text) | {"authorizationToken": f"Bearer {token}"})
        programs[f"{name}: init and first request"] = Program(_FIRST.format(name=name), text)
    with engine(), TemporaryDirectory() as folder:
        # Bytecode of its own, as the layers have it, whatever this machine keeps or forbids.
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        rows = Path(folder) / "demo.ndjson"
        demo.write(rows)
        for done in range(rounds + 1):
            progress(f"Round {done + 1} of {rounds + 1}")
            import_file(rows, TABLE, os.environ["AWS_ENDPOINT_URL_DYNAMODB"], lambda *_: None)
            for program in programs.values():
                program.run()
        import_times = imports("list_installs")
    for program in programs.values():
        del program.wall[0], program.cpu[0]  # it compiled what is imported
    return Starts(programs, import_times)


def tables(measured: Starts) -> Iterator[str]:
    """Return the results as lines of Markdown."""
    programs, import_times = measured.programs, measured.imports
    bare = statistics.median(programs[CLIENT].wall)
    yield "| fresh process | wall, ms (quartiles) | CPU, ms | of the bare client's wall |"
    yield "|---|---|---|---|"
    for name, program in programs.items():
        low, middle, high = statistics.quantiles(program.wall, n=4)
        cpu = statistics.median(program.cpu)
        yield f"| {name} | {middle:.0f} ({low:.0f}-{high:.0f}) | {cpu:.0f} | {middle / bare:.2f} |"
    yield ""
    yield "What the list's imports are made of, of each package its own modules\n"
    yield "| package | modules | ms | share |"
    yield "|---|---|---|---|"
    whole = sum(sum(each) for each in import_times.values())
    for package, each in sorted(import_times.items(), key=lambda entry: -sum(entry[1])):
        share = sum(each) / whole
        if share >= 0.01:
            yield f"| {package} | {len(each)} | {sum(each):.0f} | {share:.0%} |"


def imports(name: str) -> Mapping[str, Sequence[float]]:
    """Milliseconds of each module that a function imports, by package (``-X importtime``)."""
    ran = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-X", "importtime", "-c", _INIT.format(name=name)],
        check=True, cwd=ROOT, env=_environment("{}"), capture_output=True, text=True,
    )  # fmt: skip
    times: dict[str, list[float]] = defaultdict(list)
    for line in ran.stderr.splitlines():
        parts = line.removeprefix("import time:").split("|")
        if len(parts) == 3 and parts[0].strip().isdigit():
            top = parts[2].strip().partition(".")[0]
            package = "standard library" if top in sys.stdlib_module_names else top
            times[package].append(int(parts[0]) / 1000)
    return times


def _environment(event: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'core'}", "EVENT": event}


def _children() -> float:
    times = os.times()
    return times.children_user + times.children_system
