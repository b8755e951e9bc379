"""The command ``game-day``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import boto3
import typer

from installs_client import Client, Retries
from tools.gameday.drill import LONGEST_SECONDS, Drill, ask
from tools.gameday.faults import FAULTS
from tools.gameday.stack import ProductionStackError, Stack
from tools.help import examples
from tools.options import TOKEN, Profile, Region, TokenFile, token_of
from tools.outcome import Exit, end, exit_on_error, output

if TYPE_CHECKING:
    from collections.abc import Iterable

EXAMPLES = examples(
    "game-day integration-installs-staging",
    "game-day integration-installs-staging --fault table --minutes 5",
)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("game-day", epilog=EXAMPLES)(game_day)


def game_day(
    stack_name: Annotated[str, typer.Argument(metavar="STACK", help="A dev or staging stack.")],
    fault: Annotated[
        list[str] | None,
        typer.Option(help=f"{', '.join(FAULTS)}; may be given again. By default all."),
    ] = None,
    token_file: TokenFile = None,
    minutes: Annotated[
        int | None, typer.Option(min=1, help="Minutes of each fault, not those of its alarms.")
    ] = None,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Break a staging stack on purpose, send requests to it, and restore it.

    Ends with 1 if callers got an unexpected answer, or an alarm did not go off.
    """
    chosen = _chosen(fault or FAULTS)
    token = token_of(token_file)
    if not token:
        end(Exit.USAGE, f"A token is needed: --token-file, or {TOKEN}.")
    console = output()
    with exit_on_error():
        try:
            stack = Stack(boto3.Session(profile_name=profile, region_name=region), stack_name)
        except ProductionStackError as error:
            end(Exit.USAGE, str(error))
        with Client(
            stack.outputs["ApiUrl"],
            token,
            timeout=2 * LONGEST_SECONDS,
            retries=Retries(attempts=1),  # a retry would hide what callers are told
        ) as client:
            if ask(client) != 200:
                end(Exit.REFUSED, "The API does not answer a list: nothing was broken.")
            well = [
                Drill(stack, FAULTS[name], lambda: ask(client), console.print).run(
                    60 * (minutes or FAULTS[name].minutes)
                )
                for name in chosen
            ]
    raise typer.Exit(int(not all(well)))


def _chosen(names: Iterable[str]) -> list[str]:
    unknown = [name for name in names if name not in FAULTS]
    if unknown:
        end(Exit.USAGE, f"--fault: {unknown[0]!r} is not one of {', '.join(FAULTS)}.")
    return list(names)
