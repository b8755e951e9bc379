"""The command ``history``: what happened to an install, by whom, and when."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Final

import typer

from installs.store import history as entries
from tools.help import examples
from tools.options import require_id
from tools.outcome import Exit, end, output
from tools.systems import Choose, on_table
from tools.tables import grid, tab_separated

if TYPE_CHECKING:
    from installs.store.history import Entry


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    lines = (
        "history ins_crm",
        "history ins_crm --json | jq .actor.id",
        "history ins_crm --stack integration-installs",
    )
    app.command("history", epilog=examples(*lines))(on_table(history))


def history(
    choose: Choose,
    *,
    install_id: Annotated[str, typer.Argument(metavar="ID", help="The install's id.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each entry as JSON, on a line of its own.")
    ] = False,
) -> None:
    """Print the changes of an install, the oldest first: when, what, by whom, and which fields.

    Also of an install that was purged, for as long as its history is kept (HistoryDays).

    Ends with 1 if there is none.
    """
    require_id(install_id)
    console = output()
    found = list(entries.read(choose().table(), install_id))
    if not found:
        end(Exit.REFUSED, f"There is no history of {install_id}.")
    if as_json:
        for entry in found:
            typer.echo(json.dumps(entry.document(), ensure_ascii=False), file=console.file)
    elif console.is_terminal:
        console.print(grid(_COLUMNS, map(_cells, found)))
    else:
        for entry in found:
            typer.echo(tab_separated(_cells(entry)), file=console.file)


_COLUMNS: Final = ("TIME", "CHANGE", "BY", "CAUSE", "DETAILS", "REQUEST")


def _cells(entry: Entry) -> tuple[str, ...]:
    origin = entry.origin
    by = origin.actor_kind.value
    if origin.actor_id is not None:
        by = f"{by} {origin.actor_id}"
    return (
        entry.occurred_at,
        entry.kind.value,
        by,
        origin.cause.value,
        _details(entry),
        origin.request_id or "-",
    )


def _details(entry: Entry) -> str:
    """Describe the changed fields, or the dependents that were written."""
    if entry.counts is None:
        return ", ".join(entry.fields) or "-"
    numbers = (
        (entry.counts.deleted, "deleted"),
        (entry.counts.restored, "restored"),
        (entry.counts.purged, "purged"),
    )
    return ", ".join(f"{number} {verb}" for number, verb in numbers if number) or "-"
