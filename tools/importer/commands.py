"""The command ``import``: rows of a file into a table."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it
from typing import Annotated

import typer

from tools.help import examples
from tools.importer.run import import_file
from tools.local.paths import DEFAULT_STATE
from tools.options import Address, Profile, Region, State, Where
from tools.outcome import errors, progress, told


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    lines = ("import rows.ndjson", "import rows.ndjson --table TABLE --profile prod")
    app.command("import", epilog=examples(*lines))(import_rows)


def import_rows(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Rows, one JSON object per line.", exists=True, dir_okay=False
        ),
    ],
    table: Where = None,
    profile: Profile = None,
    region: Region = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Add the rows of a file to a table; nothing is written if a line is wrong.

    It may be repeated. CONTRACT.md, section 10, says what a line holds.
    """
    with told():
        address = Address.chosen(table, state, profile, region)
        with progress() as bar:
            task = bar.add_task("Importing", total=None)
            try:
                report = import_file(
                    file,
                    address.name,
                    address.endpoint_url,
                    lambda done, total: bar.update(task, completed=done, total=total),
                    address.session,
                )
            except KeyboardInterrupt:
                errors().print("Some rows may be written: import the file again.", style="red")
                raise
    errors().print(
        f"{report.rows} rows; installs that are new or changed: {report.installs_changed}"
    )
