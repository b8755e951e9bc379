"""The help of the commands: complete, in groups, and with examples that hold."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

import pytest
import typer

from tests.commands import APP, run
from tools.__main__ import PARTS, app_of, parts_for
from tools.help import GROUPS, PROGRAM

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES: Final = [
    line.strip().removeprefix(f"{PROGRAM} ")
    for command in APP.registered_commands
    for line in str(command.epilog or "").splitlines()
    if line.strip().startswith(PROGRAM)
]


def test_every_command_stands_in_a_group_and_says_what_it_does(tmp_path: Path) -> None:
    shown = run("--help", tmp_path, terminal=120).out
    places = [shown.index(f"─ {group} ─") for group in GROUPS]
    assert places == sorted(places)
    for names in GROUPS.values():
        for name in names:
            assert f"│ {name} " in shown
            assert run(f"{name} --help", tmp_path).code == 0
    assert "Exit codes" in shown


@pytest.mark.parametrize("part", PARTS)
def test_a_part_registers_the_commands_by_which_it_is_found(part: str) -> None:
    commands = typer.main.get_command(app_of([part])).commands  # type: ignore[attr-defined]
    assert set(commands) == set(PARTS[part])
    assert all(list(parts_for([name])) == [part] for name in commands)


@pytest.mark.parametrize("arguments", [[], ["--help"], ["lst"]])
def test_where_no_command_is_asked_for_all_are_there(arguments: list[str]) -> None:
    assert set(parts_for(arguments)) == set(PARTS)


def test_there_are_examples() -> None:
    assert {line.split()[0] for line in EXAMPLES} >= {
        "list", "get", "trash", "uninstall", "restore", "purge", "import", "export",
        "export-installs",
    }  # fmt: skip


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_is_one_that_the_command_takes(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("key.txt", "rows.ndjson"):
        (tmp_path / name).touch()
    name, *given = shlex.split(line.partition(" | ")[0].partition(" > ")[0])
    group = typer.main.get_command(APP)
    command = group.commands[name]  # type: ignore[attr-defined]
    with command.make_context(name, given) as context:
        assert context.args == []
