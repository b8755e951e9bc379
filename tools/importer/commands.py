"""The commands ``import`` and ``put``: rows of a file, into a table or through the function."""

from __future__ import annotations

import json
import zlib
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from installs.ingest.decisions import Options
from installs.ingest.results import Outcome
from installs.store.counters import counter_keys
from installs.store.items import LIVE, decode
from tools.help import examples
from tools.importer.put import Put
from tools.importer.reading import file_lines
from tools.importer.run import import_file
from tools.local.paths import DEFAULT_STATE
from tools.options import Profile, Region, StackName, State  # noqa: TC001 - typer reads them
from tools.outcome import Exit, end, errors, exit_on_error, output, progress
from tools.systems import TABLE, Choose, chosen, on_table
from tools.tables import tab_separated

if TYPE_CHECKING:
    from installs.store.table import Table
    from tools.importer.run import ImportReport


File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="Rows, one JSON object per line, perhaps by gzip; - is standard input.",
        allow_dash=True,
    ),
]
INGEST: Final = "IngestFunctionName"
"""The output that names the function."""

RecreatePurged = Annotated[
    bool, typer.Option("--recreate-purged", help="Take installs that were purged.")
]


class Lifecycle(StrEnum):
    """The source of the lifecycle of installs: the service, or the file."""

    KEEP = "keep"
    FROM_FILE = "from-file"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    lines = (
        "import rows.ndjson",
        "export - | gzip > rows.gz && import rows.gz --lifecycle from-file",
        "import rows.ndjson --stack integration-installs --profile prod",
    )
    app.command("import", epilog=examples(*lines))(on_table(import_rows))
    lines = (
        "put rows.ndjson",
        "put - --json",
        "put rows.ndjson --stack integration-installs --profile prod",
    )
    app.command("put", epilog=examples(*lines))(put)


def import_rows(
    choose: Choose,
    *,
    file: File,
    lifecycle: Annotated[
        Lifecycle,
        typer.Option(
            help="keep: no row uninstalls, restores or resurrects an install. from-file: to "
            "restore a backup, or for a first load: deletedAt and retentionTier are the file's, "
            "and purged installs come in again."
        ),
    ] = Lifecycle.KEEP,
    recreate_purged: RecreatePurged = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask before a file's lifecycle overrules.")
    ] = False,
) -> None:
    """Add the rows of a file to a table; nothing is written if a line is wrong.

    It may be stopped at any time, and repeated. CONTRACT.md, section 10, says what a line holds.

    Ends with 1 where a row was rejected.
    """
    if str(file) != "-" and not file.is_file():
        end(Exit.USAGE, f"{file} does not exist, or is not a file.")
    options = Options(recreate_purged, lifecycle_from_file=lifecycle is Lifecycle.FROM_FILE)
    system = choose()
    if options.lifecycle_from_file and not yes:
        _ask(system.table())
    with progress() as bar:
        task = bar.add_task("Importing", total=None)
        try:
            report = import_file(
                None if str(file) == "-" else file,
                system.output(TABLE),
                system.tables_endpoint,
                lambda done, total: bar.update(task, completed=done, total=total),
                system.session,
                options,
            )
        except KeyboardInterrupt:
            errors().print(
                "Stopped: whole rows are written, others not. Import the file again to go on.",
                style="red",
            )
            raise
    _tell(report)


def put(
    file: File,
    recreate_purged: RecreatePurged = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="A JSON object for each row, as the function answers.")
    ] = False,
    stack: StackName = None,
    function: Annotated[
        str | None,
        typer.Option(help="On AWS: the function (output IngestFunctionName)."),
    ] = None,
    profile: Profile = None,
    region: Region = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Send the rows of a file through the function, in order, and print the result of each.

    A row that is rejected does not stop the others.

    Ends with 1 where a row was not applied.
    """
    failed = 0
    named = {INGEST: ("--function", function)}
    with exit_on_error():
        system = chosen(named, stack=stack, profile=profile, region=region, state=state)
        work = Put(system.functions(), system.output(INGEST), recreate_purged)
        lines = file_lines(None if str(file) == "-" else file)
        try:
            for number, result in work.results(lines):
                failed += result["result"] in (Outcome.REJECTED, Outcome.DEFERRED)
                typer.echo(_line(number, result, as_json=as_json))
        except (OSError, EOFError, zlib.error) as error:
            end(Exit.USAGE, f"{file} cannot be read: {error}")
    if failed:
        end(Exit.REFUSED, f"{failed} rows were not applied.")


def _line(number: int, result: dict[str, Any], *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"line": number, **result}, ensure_ascii=False)
    cells = [result["result"], result["type"], result["id"]]
    cells += [result[name] for name in ("code", "pointer", "detail") if result.get(name)]
    return tab_separated(part or "-" for part in (number, *cells))


def _ask(table: Table) -> None:
    """Ask before the lifecycle of installs that are live is overruled."""
    counters = table.get_many(counter_keys((None, None))).values()
    live = sum(decode(counter).get(LIVE, 0) for counter in counters)
    if not live:
        return
    errors().print(
        f"{table.name} has {live} live installs. Those that the file deletes become deleted.",
        style="yellow",
    )
    try:
        typer.confirm("Go on?", abort=True, err=True)
    except typer.Abort:
        end(Exit.USAGE, "Nothing was written. Without a terminal, pass --yes.")


def _tell(report: ImportReport) -> None:
    counts = ", ".join(f"{number} {outcome.value}" for outcome, number in report.outcomes.items())
    errors().print(f"{report.rows} rows: {counts}" if counts else "0 rows")
    for line in report.rejected.lines():
        output().print(line.strip())
    if report.rejected.count:
        raise typer.Exit(Exit.REFUSED)
