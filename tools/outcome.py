"""End of a command: its streams and exit codes.

The result goes to standard output; progress and errors go to standard error.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from installs.errors import InstallsError as ServiceError
from installs_client import InstallsError as ClientSideError
from installs_client import InvalidRequestError, ProblemError, UnexpectedAnswerError
from tools.importer.errors import ImportRefusedError, ImportStoppedError
from tools.local.errors import LocalSystemError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Exit(IntEnum):
    """The exit codes of the commands; Ctrl-C is 130, as shells have it."""

    DONE = 0
    REFUSED = 1
    """The service refused, or a check found a fault."""
    USAGE = 2
    """The request is invalid: nothing was sent."""
    UNREACHABLE = 3
    """No answer, another service answers, or AWS denies access."""
    FILES = 4
    """A file, or the output, cannot be read or written."""


def output() -> Console:
    """Return standard output; plain if it is not a terminal."""
    return Console(highlight=False, markup=False, soft_wrap=True)


def errors() -> Console:
    """Return standard error."""
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def progress(*, beside_output: bool = False) -> Progress:
    """Return a bar on standard error; hidden if it is not a terminal or shows the result.

    ``beside_output``: the command prints its result while the bar is shown.
    """
    console = errors()
    hidden = not console.is_terminal or (beside_output and sys.stdout.isatty())
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        redirect_stdout=sys.stdout.isatty(),  # the result is printed above the bar
        disable=hidden,
    )


def end(code: Exit, *lines: str) -> NoReturn:
    """Print the reason on standard error, and end."""
    console = errors()
    for number, line in enumerate(lines):
        console.print(line, style="red" if number == 0 else None)
    raise typer.Exit(code)


@contextmanager
def exit_on_error() -> Iterator[None]:
    """End with a short message and the exit code of an error."""
    try:
        yield
    except ProblemError as error:
        end(Exit.REFUSED, *lines_of(error))
    except InvalidRequestError as error:
        end(Exit.USAGE, str(error))
    except UnexpectedAnswerError as error:
        end(Exit.UNREACHABLE, str(error))
    except ImportRefusedError as error:
        end(Exit.REFUSED, *str(error).splitlines())
    except (
        ClientSideError,
        ServiceError,
        LocalSystemError,
        ImportStoppedError,
        BotoCoreError,
        ClientError,
    ) as error:
        end(Exit.UNREACHABLE, str(error))


def lines_of(error: ProblemError) -> Iterator[str]:
    """Describe a problem for people: each fault with its place, and the request id."""
    yield from map(str, error.errors) if error.errors else [error.detail]
    known = f"{error.status} {error.code}, request {error.request_id or 'unknown'}"
    yield f"({known})"
