"""The commands of the pages, run on the local system: what a page shows is what comes.

What is only checked, and why, says tests/docs/blocks.py.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import pytest

from tests.docs.blocks import PAGES, to_run
from tools.local.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.docs.blocks import Block, Step
    from tools.local.state import RunningStack

PATIENCE: Final = 30
"""Seconds that a command which only reads may take to show what the page does: cascades run on."""

RUN: Final = {page: to_run(page) for page in PAGES}

VARYING: Final = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "<time>"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<request>"),
    (r'(Cursor":)"[\w-]+"', r"\1<cursor>"),
    (r"\b(sec|pub|tok)_[\w-]{30,}", r"\1_<secret>"),
    (r"\bkey_\w+", "<key>"),
    (r"\d+ ms|\d+\.\d s", "<span>"),
]
"""Parts of an output that differ in each run."""


class Shell:
    """A reader's shell: what one command sets, the next one has."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],  # noqa: S607 - the reader's own
            cwd=directory,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "COLUMNS": "100",
                "LOCAL_STATE": str(directory / ".local"),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )

    def run(self, command: str) -> str:
        """Return the output of a command."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        end = uuid4().hex
        self._process.stdin.write(f"{command}\necho; echo {end}\n")
        self._process.stdin.flush()
        lines = list(iter(self._process.stdout.readline, f"{end}\n"))
        return "".join(lines).strip("\n")

    def close(self) -> None:
        with self._process:  # closes its pipes, and waits
            pass


@pytest.fixture
def shell(demo: RunningStack) -> Iterator[Shell]:
    missing = [name for name in ("bash", "curl", "jq") if shutil.which(name) is None]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"pages use {', '.join(missing)}")
    assert not missing
    directory = Path.cwd()
    if not (directory / ".venv").exists():
        (directory / ".venv").symlink_to(ROOT / ".venv")
    shell = Shell(directory)
    yield shell
    shell.close()


def plain(text: str) -> str:
    """A text without what is another in each run, and without the breaks of a narrow screen."""
    for pattern, instead in VARYING:
        text = re.sub(pattern, instead, text)
    return text.strip()


def showed(shell: Shell, step: Step) -> str:
    """Return the final output of a command; a reading one is run again until it fits."""
    told = plain(shell.run(step.command))
    until = time.monotonic() + PATIENCE
    reads = not re.search(r"-X |keys (create|revoke)|--write|tools (put|erase)", step.command)
    while reads and step.shown is not None and told != plain(step.shown):
        if time.monotonic() > until:
            break
        time.sleep(0.2)
        told = plain(shell.run(step.command))
    return told


@pytest.mark.parametrize("page", [page for page in PAGES if RUN[page]], ids=lambda one: one.name)
def test_a_page_shows_what_comes(page: Path, shell: Shell) -> None:
    for block in RUN[page]:
        for step in block.steps:
            told = showed(shell, step)
            if step.shown is None:
                assert not re.search("error|not found|Traceback|No local", told, re.IGNORECASE), (
                    f"{block}: {step.command}\n{told}"
                )
            else:
                assert told == plain(step.shown), f"{block}: {step.command}"


def test_the_smoke_test_finds_all_well(demo: RunningStack, shell: Shell) -> None:
    told = shell.run(
        f"INSTALLS_TOKEN={demo.tokens['usr_ada']} .venv/bin/python -m tools smoke"
        f" --base-url {demo.base_url} --write ins_crm; echo ends with $?"
    )

    assert "FAIL" not in told
    assert told.endswith("All checks passed.\nends with 0")


def test_pages_are_run() -> None:
    run: list[Block] = [block for found in RUN.values() for block in found]

    assert sum(len(block.steps) for block in run) > 20
    assert {"README.md", "faq.md"} <= {block.page.name for block in run}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are told by /proc")
def test_the_system_ends_when_an_engine_does(demo: RunningStack) -> None:
    """The last of this file: nothing serves after it."""
    children = Path(f"/proc/{demo.pid}/task/{demo.pid}/children").read_text().split()
    commands = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
    (engine,) = (pid for pid, command in commands.items() if b"dynoxide\0" in command)

    os.kill(engine, signal.SIGKILL)

    told, deadline = "", time.monotonic() + PATIENCE
    while "A process ended unexpectedly" not in told and time.monotonic() < deadline:
        time.sleep(0.1)
        told = Path("run.log").read_text()
    assert "A process ended unexpectedly" in told
