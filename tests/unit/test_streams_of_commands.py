"""Commands whose output cannot be written: one line and an exit code, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tools import __main__
from tools.outcome import Exit

if TYPE_CHECKING:
    from typing import IO

ROOT: Final = Path(__file__).parents[2]


def run(*arguments: str | bytes, output: IO[bytes], **environment: str) -> tuple[int, str]:
    """Run a command; its exit code, and what it wrote to standard error."""
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "tools", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=output,
        stderr=subprocess.PIPE,
        check=False,
    )
    return done.returncode, done.stderr.decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_full_disk_is_told_in_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        code, told = run("openapi", "--help", output=full)

    assert code == Exit.FILES
    assert told == "python -m tools: [Errno 28] No space left on device\n"


def test_an_encoding_without_a_character_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    # given a command that prints a name
    monkeypatch.setattr(__main__, "app_of", lambda _: lambda *_args, **_options: print("Zoë"))
    with (tmp_path / "out").open("w", encoding="ascii") as file:
        monkeypatch.setattr(sys, "stdout", file)
        with pytest.raises(SystemExit) as raised:
            __main__.main(["list"])

    assert raised.value.code == Exit.FILES
    (line,) = capsys.readouterr().err.splitlines()
    assert "codec can't encode character" in line


def test_a_closed_pipe_ends_a_command_without_a_word() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        code, told = run("openapi", "--help", output=pipe)

    assert code not in (Exit.DONE, -13)
    assert told == ""


def test_an_argument_that_is_no_text_is_refused_in_words(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as file:
        code, told = run("import", os.fsencode(tmp_path) + b"/\xff", output=file)

    assert code == Exit.USAGE
    assert "does not exist" in told
    assert "Traceback" not in told
