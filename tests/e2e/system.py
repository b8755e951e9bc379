"""A local stack under test: its commands, rows into its table, and deaths of its functions."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests import rows
from tests.loading import load_file
from tools.local.paths import ROOT

if TYPE_CHECKING:
    from tests.e2e.conftest import Stack


def tools(
    stack: Stack, *arguments: str | Path, given: str | None = None, module: str = "tools"
) -> subprocess.CompletedProcess[str]:
    """Run a command of the operator's; ``given`` is its standard input."""
    return subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", module, *map(str, arguments), "--state", str(stack.state)],
        cwd=ROOT,
        text=True,
        input=given,
        capture_output=True,
        check=False,
    )


def load(stack: Stack, path: Path, lines: list[rows.Row]) -> None:
    """Load rows into the stack's table, as a backup is."""
    running = stack.running
    file = rows.write(path / "rows.ndjson", lines)
    load_file(file, running.table_name, running.dynamodb_endpoint)


def kill(stack: Stack, function: str) -> int:
    """Kill the processes in which a deployed function runs; how many there were."""
    killed = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            line = (entry / "cmdline").read_bytes().decode(errors="replace")
            if str(stack.state) in line and function in line:
                os.kill(int(entry.name), signal.SIGKILL)
                killed += 1
        except OSError:
            continue
    return killed
