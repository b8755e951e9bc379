"""Options that several commands have."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from installs.ids import is_id
from tools.outcome import Exit, end

TOKEN: Final = "INSTALLS_TOKEN"  # noqa: S105 - the name of a variable

_PANEL: Final = "System"

StackName = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="NAME",
        help="A stack on AWS, whose outputs tell the rest; else the local system.",
        rich_help_panel=_PANEL,
    ),
]
TableName = Annotated[
    str | None,
    typer.Option(
        "--table",
        metavar="NAME",
        help="A table on AWS, where its stack cannot be read (output TableName).",
        rich_help_panel=_PANEL,
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="The AWS profile; else the environment's.", rich_help_panel=_PANEL
    ),
]
Region = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="The AWS region; else the profile's.", rich_help_panel=_PANEL
    ),
]
State = Annotated[
    Path,
    typer.Option(
        "--state",
        metavar="DIR",
        help="The directory of the local system's files.",
        envvar="LOCAL_STATE",
        show_default=".local",
        rich_help_panel=_PANEL,
    ),
]


TokenFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help=f"A file that holds the token or API key, - for standard input; else {TOKEN} has it.",
        allow_dash=True,
    ),
]


def token_of(token_file: Path | None) -> str:
    """Return the token in the file, or else in the variable; empty if there is none."""
    if token_file is None:
        return os.environ.get(TOKEN, "").strip()
    return text_of(token_file, "--token-file").strip()


def text_of(file: Path, option: str) -> str:
    """Return the text of a file, or of standard input for ``-``; end the command if it has none."""
    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        end(Exit.USAGE, f"{option}: {file} cannot be read: {error}")


def require_id(text: str) -> None:
    """End the command if the text is not a valid id."""
    if not is_id(text):
        end(Exit.USAGE, f"{text!r} is not a valid id")
