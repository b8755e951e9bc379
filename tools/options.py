"""Options that choose the system of a command: the local one, or one in AWS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import boto3
import typer
from botocore.exceptions import BotoCoreError

from tools.importer.table import open_table
from tools.local.errors import LocalSystemError
from tools.local.state import StateDirectory

if TYPE_CHECKING:
    from installs.store.table import Table

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
