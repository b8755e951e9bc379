"""The commands of the events: their documents, the log of the local bus, and the replay."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Final

import typer

from installs.clock import timestamp
from installs.store.bus import Bus
from tools.events import asyncapi, schemas, show
from tools.events.replay import Replay
from tools.local.paths import DEFAULT_STATE
from tools.local.state import StateDirectory
from tools.options import Profile, Region, StackName, State, TableName, require_id
from tools.outcome import Exit, end, exit_on_error, output
from tools.systems import TABLE, chosen

BUS: Final = "EventBusName"
"""The output that names the bus."""

Install = Annotated[
    str | None, typer.Option("--install", metavar="ID", help="Only events of this install.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("asyncapi")(write)
    app.command("events")(events)
    app.command("replay")(replay)


def write() -> None:
    """Write asyncapi.yaml and events/schemas anew, from the code that publishes events."""
    schemas.FOLDER.mkdir(exist_ok=True)
    for name, text in schemas.files().items():
        (schemas.FOLDER / name).write_text(text, encoding="utf-8")
    asyncapi.ASYNCAPI.write_text(asyncapi.text(), encoding="utf-8")
    typer.echo(asyncapi.ASYNCAPI)


def events(
    follow: Annotated[bool, typer.Option("--follow", help="Wait for more, until Ctrl-C.")] = False,
    install: Install = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print each event whole.")] = False,
    state: State = DEFAULT_STATE,
) -> None:
    """Print the events that the local system has published."""
    with exit_on_error():
        StateDirectory(state).running()
    for line in show.lines(StateDirectory(state).events, follow=follow):
        if show.of_install(line, install):
            typer.echo(line if as_json else show.summary(json.loads(line)))


def replay(
    since: Annotated[
        str, typer.Option(metavar="TIME", help="RFC 3339, such as 2026-11-24T08:00:00Z.")
    ],
    install: Install = None,
    stack: StackName = None,
    bus: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="On AWS, with --table: the bus (output EventBusName)."),
    ] = None,
    table: TableName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Publish the events from a time on again, from the history.

    Each has its former id and revision, and the install as it is now. Without --install the whole
    table is read.

    Ends with 1 if the bus refuses an event for good.
    """
    if install is not None:
        require_id(install)
    start = _moment(since)
    console = output()
    named = {TABLE: ("--table", table), BUS: ("--bus", bus)}
    with exit_on_error():
        system = chosen(named, stack=stack, profile=profile, region=region, state=state)
        work = Replay(system.table(), Bus(system.output(BUS), system.events()))
        refused = list(work.run(start, install))
    for line in refused:
        console.print(f"refused: {line}")
    console.print(f"{work.sent} events were sent again.")
    raise typer.Exit(int(bool(refused)))


def _moment(text: str) -> str:
    """Return a time as rows have it, so that it can be compared with theirs."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        end(Exit.USAGE, f"--since: {text!r} is not a time with a zone: 2026-11-24T08:00:00Z")
    return timestamp(moment)
