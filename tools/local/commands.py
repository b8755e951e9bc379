"""The commands of the local system."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape

from tools.local.errors import LocalSystemError
from tools.local.paths import DEFAULT_STATE
from tools.local.state import StateDirectory
from tools.tokens import SigningKey

if TYPE_CHECKING:
    from types import FrameType

    from tools.local.system import LocalSystem

CURL_EXAMPLES: Final = 2

StateOption = Annotated[
    Path, typer.Option("--state", help="Where the system keeps its files.", envvar="LOCAL_STATE")
]


def register(app: typer.Typer) -> None:
    """Add this module's commands to ``app``."""
    app.command()(run)
    app.command()(token)


def run(
    port: Annotated[int, typer.Option(help="The port of the API.")] = 8000,
    data: Annotated[
        Path | None,
        typer.Option(help="Rows to import (NDJSON) in place of the demo's.", exists=True),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the rows of the last run.")] = False,
    state: StateOption = DEFAULT_STATE,
) -> None:
    """Run the whole service on this machine, until Ctrl-C."""
    from tools.local.system import local_system

    console = Console(highlight=False, soft_wrap=True)
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        # The first signal unwinds whatever is under way; another must not break into that.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        ended.set()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    try:
        with console.status("Starting") as status:

            def progress(text: str) -> None:
                console.print(f"[dim]{text}[/]")
                status.update(text)

            system_context = local_system(
                StateDirectory(state), port=port, data=data, keep_rows=keep, progress=progress
            )
            system = system_context.__enter__()
        with _leaving(system_context):
            _introduce(console, system)
            while system.healthy():
                ended.wait(1)
            raise LocalSystemError(f"ministack ended by itself; see {state}/logs/ministack.log.")
    except LocalSystemError as error:
        console.print(f"[red]{escape(str(error))}[/]")
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        console.print("Ended.")


def token(
    user: Annotated[str, typer.Argument(help="The user's id.")],
    state: StateOption = DEFAULT_STATE,
) -> None:
    """Print a token for a user of the local system."""
    print(SigningKey.of_machine(StateDirectory(state).signing_key).token(user))


def _introduce(console: Console, system: LocalSystem) -> None:
    """Print where the API is, and lines to paste."""
    stack = system.stack
    url = f"{stack.base_url}/api/integration-installs"
    console.print(f"\n[bold]Ready.[/] Base URL: [bold]{stack.base_url}[/]\n")
    for user, text in stack.tokens.items():
        console.print(f"[bold]{user}[/]  {text}", markup=True)
