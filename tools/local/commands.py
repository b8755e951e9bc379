"""Commands of the local system."""

from __future__ import annotations

import re
import signal
import sys
import time
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer
from rich.console import Console

from installs.ids import is_id
from tools.local import deploy
from tools.local.errors import LocalSystemError
from tools.local.paths import DEFAULT_STATE
from tools.local.state import StateDirectory
from tools.local.system import local_system
from tools.outcome import Exit, end
from tools.tokens import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from tools.local.system import LocalSystem

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MAX_NAMED: Final = 12
"""Number of users whose tokens are printed at the start."""

State = Annotated[
    Path, typer.Option("--state", help="The directory of the system's files.", envvar="LOCAL_STATE")
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("run")(run)
    app.command("token")(token)


def run(
    port: Annotated[int, typer.Option(min=1, max=65534, help="The port of the API.")] = 8000,
    pages_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="The port of the pages; by default the one after it."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Rows (NDJSON) to import instead of the demo's; - is standard input.",
            allow_dash=True,
        ),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the rows of the last run.")] = False,
    origin: Annotated[
        str | None,
        typer.Option(
            metavar="ORIGIN",
            help="Web origins that may call the API beside the pages' own, as a,b; '*' for all.",
        ),
    ] = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Run the whole service on this machine, until Ctrl-C."""
    if origin is not None and not re.fullmatch(deploy.origin_pattern(), origin):
        end(
            Exit.USAGE,
            f"--origin: {origin!r} is not '*' or web origins such as http://localhost:5173.",
        )
    directory = StateDirectory(state)
    if str(data) == "-":
        data = directory.stdin
        data.write_bytes(sys.stdin.buffer.read())
    elif data is not None and not data.is_file():
        end(Exit.USAGE, f"--data: {data} does not exist, or is not a file.")
    console = _console()
    for number in _SIGNALS:
        signal.signal(number, _end)
    try:
        with ExitStack() as stack:
            with console.status("Starting") as status:
                steps = _steps(console, status.update)
                system = stack.enter_context(
                    local_system(
                        directory,
                        port=port,
                        pages_port=pages_port or port + 1,
                        data=data,
                        keep_rows=keep,
                        origin=origin,
                        progress=steps,
                    )
                )
            for line in introduction(system):
                console.print(line)
            while system.healthy():
                time.sleep(0.5)
            raise LocalSystemError(f"A process ended unexpectedly: see {state / 'logs'}.")
    except LocalSystemError as error:
        _fail(console, error)
    except KeyboardInterrupt:
        console.print("Stopped.")


def token(
    user: Annotated[str, typer.Argument(metavar="USER", help="The user's id.")],
    state: State = DEFAULT_STATE,
) -> None:
    """Print a token for any user of the local system."""
    if not is_id(user):
        end(Exit.USAGE, f"{user!r} is not a valid user id: 1-128 characters of A-Z a-z 0-9 _ -")
    typer.echo(SigningKey.of_machine(StateDirectory(state).signing_key).token(user))


def introduction(system: LocalSystem) -> Iterator[str]:
    """Return the text of the start: addresses, and lines to paste."""
    stack = system.stack
    installs = f"{stack.base_url}/api/integration-installs"
    yield f"\nConsole   {stack.pages_url}/console/"
    yield f"Reference {stack.pages_url}/reference/"
    yield f"Docs      {stack.pages_url}/docs/"
    yield f"Base URL  {stack.base_url}"
    yield "Tokens    (12 hours; of any user: make -s token USER=...)"
    for user, text in islice(stack.tokens.items(), MAX_NAMED):
        yield f"  {user}  {text}"
    if not stack.tokens:
        yield "  none: there is no user among the rows"
    if len(stack.tokens) > MAX_NAMED:
        yield f"  and {len(stack.tokens) - MAX_NAMED} more users"
    if system.sample is not None:
        user, install = system.sample
        header = '-H "Authorization: Bearer $TOKEN"'
        yield f"\nAs {user}:\n\nTOKEN={stack.tokens[user]}\nINSTALLS={installs}"
        yield f'curl -s {header} "$INSTALLS?limit=2"'
        yield f"curl -s {header} $INSTALLS/{install}"
        yield f"curl -s -X DELETE {header} $INSTALLS/{install}"
        yield f"curl -s -X POST {header} $INSTALLS/{install}/restore"
    yield "\nRunning; Ctrl-C stops it."


def _steps(console: Console, update: Callable[[str], None]) -> Callable[[str], None]:
    """Print each step as it begins, with the seconds since the start, and show it as under way."""
    began = time.monotonic()

    def step(text: str) -> None:
        console.print(f"{time.monotonic() - began:5.1f} s  {text}")
        update(text)

    return step


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    """Unwind whatever is under way, and let no second signal break into that."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True, markup=False)


def _fail(console: Console, error: LocalSystemError) -> NoReturn:
    console.print(str(error), style="red")
    raise typer.Exit(1) from error
