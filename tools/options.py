"""Options that choose the system of a command: the local one, or one in AWS."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import boto3
import typer
from botocore.exceptions import BotoCoreError

from installs.ids import is_id
from tools.importer.table import open_table
from tools.local.errors import LocalSystemError
from tools.local.state import StateDirectory
from tools.outcome import Exit, end

if TYPE_CHECKING:
    from installs.store.table import Table

TOKEN: Final = "INSTALLS_TOKEN"  # noqa: S105 - the name of a variable

_PANEL: Final = "System"

TableName = Annotated[
    str | None,
    typer.Option(
        "--table",
        metavar="NAME",
        help="A table in AWS (a stack's TableName); else the local system's.",
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
        help=f"A file that holds the token or API key; else {TOKEN} has it.",
        exists=True,
        dir_okay=False,
    ),
]


def token_of(token_file: Path | None) -> str:
    """Return the token in the file, or else in the variable; empty if there is none."""
    return (token_file.read_text("utf-8") if token_file else os.environ.get(TOKEN, "")).strip()


def require_id(text: str) -> None:
    """End the command if the text is not a valid id."""
    if not is_id(text):
        end(Exit.USAGE, f"{text!r} is not a valid id")


@dataclass(frozen=True, slots=True)
class Address:
    """Address of a table: an engine on this machine, or (without an endpoint) AWS."""

    name: str
    endpoint_url: str | None = None
    session: boto3.Session | None = None

    @classmethod
    def chosen(
        cls, table: str | None, state: Path, profile: str | None = None, region: str | None = None
    ) -> Address:
        """Return the address that the options name.

        Raises
        ------
        LocalSystemError
            The local system does not run, or there is no such AWS profile.
        """
        if table is None:
            running = StateDirectory(state).running()
            return cls(running.table_name, running.dynamodb_endpoint)
        try:
            return cls(table, session=boto3.Session(profile_name=profile, region_name=region))
        except BotoCoreError as error:
            raise LocalSystemError(str(error)) from error

    def open(self) -> Table:
        """Open the table."""
        return open_table(self.name, self.endpoint_url, self.session)
