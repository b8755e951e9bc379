"""The command line against the real template: from an import to a purge, and an export."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from tests import rows
from tests.commands import documented, is_as_shown, run
from tools.local.paths import ROOT
from tools.outcome import Exit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Stack

PAGE: Final = (ROOT / "docs" / "cli.md").read_text()
FAMILY: Final = {"ins_cli", "ins_cli_addon", "ins_cli_addon_addon"}


def test_rows_come_in_live_and_go(stack: Stack, tmp_path: Path) -> None:
    def done(command: str) -> list[str]:
        ended = run(command, stack.state)
        assert ended.code == Exit.DONE, ended.both
        return ended.out.splitlines()

    def ids(command: str) -> set[str]:
        return {line.split("\t")[0] for line in done(command)}

    file = rows.write(tmp_path / "cli.ndjson", rows.family("cli"))
    done(f"import {file}")
    assert ids("list --all --as usr_vera") >= FAMILY

    assert done("uninstall ins_cli --as usr_ed") == ["ins_cli is in the trash"]
    assert stack.eventually(lambda: ids("trash --all") >= FAMILY)
    assert run("restore ins_cli_addon", stack.state).code == Exit.REFUSED
    assert done("restore ins_cli") == ["ins_cli is restored"]
    assert stack.eventually(lambda: not ids("trash --all") & FAMILY)

    done("uninstall ins_cli")
    assert run("purge --yes ins_cli --as usr_ed", stack.state).code == Exit.REFUSED
    assert done("purge --yes ins_cli") == ["ins_cli is deleted for good"]
    assert run("get ins_cli", stack.state).code == Exit.REFUSED
    assert stack.eventually(lambda: not ids("list --include-deleted true --all") & FAMILY)


def test_a_backup_goes_in_again_and_changes_nothing(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "backup.ndjson"
    assert run(f"export {file}", stack.state).code == Exit.DONE
    again = run(f"import {file}", stack.state)

    number = len(file.read_text().splitlines())
    assert again.err == f"{number} rows: {number} unchanged\n"


def test_what_the_page_says_of_the_whole_system(stack: Stack) -> None:
    commands = list(documented(PAGE, "stack"))
    assert commands
    for command, shown in commands:
        done = run(command, stack.state)
        assert is_as_shown(done.both, shown), f"{command}\n{done.both}"


def test_as_a_program_of_its_own(stack: Stack) -> None:
    command = [sys.executable, "-m", "tools", "list", "--id", "ins_roles", "--json"]
    done = subprocess.run(  # noqa: S603 - our own program
        [*command, "--state", stack.state], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout)["id"] == "ins_roles"
    assert done.stderr == "1 of 1\n"
