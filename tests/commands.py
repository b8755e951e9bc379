"""The command line, run in this process as a terminal or a pipe would have it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from typer.testing import CliRunner

from tools.__main__ import PARTS, app_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APP: Final = app_of(PARTS)
"""The program with all of its commands."""

PROMPT: Final = "$ python -m tools "
PAGE_BLOCK: Final = re.compile(r"```console ?(\w*)\n(.*?)```", re.DOTALL)

_CONTROL: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


@dataclass(frozen=True)
class Done:
    """A command's output without colours, and its exit code."""

    code: int
    out: str
    err: str
    both: str


def run(
    command: str | list[str],
    state: Path,
    *,
    terminal: int | None = None,
    answers: str | None = None,
    **environment: str | None,
) -> Done:
    """Run a command against the system of a state directory; ``terminal`` is its width."""
    given = shlex.split(command) if isinstance(command, str) else command
    plain = {"INSTALLS_TOKEN": None, "INSTALLS_BASE_URL": None, "FORCE_COLOR": None}
    width = {"COLUMNS": str(terminal or 80)}
    forced = {} if terminal is None else {"FORCE_COLOR": "1"}
    done = CliRunner(
        env={"LOCAL_STATE": str(state), "TERM": "xterm", **plain, **width, **forced, **environment}
    ).invoke(APP, given, input=answers)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(
        done.exit_code,
        *(_CONTROL.sub("", text) for text in (done.stdout, done.stderr, done.output)),
    )


def documented(text: str, kind: str) -> Iterator[tuple[str, str]]:
    """The commands of a page's blocks of a kind, each with what it prints."""
    for block in PAGE_BLOCK.finditer(text):
        if block[1] != kind:
            continue
        for one in block[2].split(PROMPT)[1:]:
            command, _, shown = one.partition("\n")
            yield command, shown


def is_as_shown(printed: str, shown: str) -> bool:
    """Return True if the output is the one that a page shows; ``...`` matches anything."""
    wanted = r".*".join(map(re.escape, _trimmed(shown).split("...")))
    return re.fullmatch(wanted, _trimmed(printed), re.DOTALL) is not None


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
