"""The command ``export``: rows into a file that ``import`` takes."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from installs_client import Client  # noqa: TC001 - read with the command's signature
from tools.api.connection import calls_api
from tools.exporter.rows import TableExport, line_of_install
from tools.help import examples
from tools.outcome import Exit, end, errors, progress
from tools.systems import Choose, on_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

File = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", help="The target; - or nothing is standard output."),
]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that is there.")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    lines = ("export rows.ndjson", "export rows.ndjson --stack integration-installs --profile prod")
    app.command("export", epilog=examples(*lines))(on_table(export))
    lines = ("export-installs installs.ndjson --workspace-id wsp_acme", "export-installs | wc -l")
    app.command("export-installs", epilog=examples(*lines))(calls_api(export_installs))


def export(
    choose: Choose,
    *,
    file: File = None,
    force: Force = False,
) -> None:
    """Write every row of a table as lines that import takes again.

    Users, roles and API keys (their hashes) are among them: the file is for its owner's eyes.
    """
    table = choose().table()
    about = table.client.describe_table(TableName=table.name)["Table"].get("ItemCount")
    work = TableExport(table)
    with _writer(file, force=force) as write, progress(beside_output=_to_output(file)) as bar:
        # ItemCount is hours old on AWS: the bar grows with what is found.
        task = bar.add_task("Exporting", total=about or None)
        for line in work.lines(
            lambda done: bar.update(task, completed=done, total=max(about or 0, done))
        ):
            write(line)
    errors().print(f"{work.rows} rows")


def export_installs(
    client: Client,
    *,
    file: File = None,
    force: Force = False,
    workspace_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Of this workspace; else of all that you see.")
    ] = None,
) -> None:
    """Write the installs that the API shows you, the deleted too, as lines that import takes.

    Only installs: the API does not show their dependents.
    """
    total = client.list(limit=1, workspace_id=workspace_id, include_deleted="true").info.total
    number = 0
    with _writer(file, force=force) as write, progress(beside_output=_to_output(file)) as bar:
        task = bar.add_task("Exporting", total=total)
        for number, install in enumerate(
            client.rows(workspace_id=workspace_id, include_deleted="true"), start=1
        ):
            write(line_of_install(install))
            bar.update(task, completed=number)
    errors().print(f"{number} installs")


def _to_output(file: Path | None) -> bool:
    return file is None or str(file) == "-"


@contextmanager
def _writer(file: Path | None, *, force: bool) -> Iterator[Callable[[str], object]]:
    """Writes lines; a file is there when all of them are written, and only then."""
    if file is None or _to_output(file):
        yield lambda line: sys.stdout.buffer.write(f"{line}\n".encode())
        sys.stdout.flush()
        return
    if file.exists() and not force:
        end(Exit.USAGE, f"{file} is there already: --force writes over it.")
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as error:
        end(Exit.USAGE, f"{file} cannot be written: {error.strerror}")
    path = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as opened:
            yield lambda line: opened.write(f"{line}\n")
        path.replace(file)
    finally:
        path.unlink(missing_ok=True)
