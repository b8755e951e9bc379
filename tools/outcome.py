"""How a command ends: what it prints on which stream, and with which exit code.

What was asked for goes to standard output; everything else, progress and errors, to standard error.
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
    """The service said no, or what was looked at is not as it should be."""
    USAGE = 2
    """What was asked for cannot be: nothing was sent."""
    UNREACHABLE = 3
    """Nothing answers, or something that is not this service, or AWS lets nobody near it."""


def output() -> Console:
    """Standard output; plain where it is no terminal."""
    return Console(highlight=False, markup=False, soft_wrap=True)


def errors() -> Console:
    """Standard error."""
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def progress(*, beside_output: bool = False) -> Progress:
    """A bar on standard error; none where that is no terminal, or what is asked for stands there.

    ``beside_output``: the command prints what was asked for while the bar is under way.
    """
    console = errors()
    hidden = not console.is_terminal or (beside_output and sys.stdout.isatty())
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        redirect_stdout=sys.stdout.isatty(),  # what is printed meanwhile stands above the bar
        disable=hidden,
    )


def end(code: Exit, *told: str) -> NoReturn:
    """Say why on standard error, and end."""
    console = errors()
    for number, line in enumerate(told):
        console.print(line, style="red" if number == 0 else None)
    raise typer.Exit(code)


@contextmanager
def told() -> Iterator[None]:
    """End with what went wrong in a few lines, and the exit code for it."""
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
        LocalSystemError,
        ImportStoppedError,
        BotoCoreError,
        ClientError,
    ) as error:
        end(Exit.UNREACHABLE, str(error))


def lines_of(error: ProblemError) -> Iterator[str]:
    """A problem for people: what is wrong, each with its place, and what the logs know it by."""
    yield from map(str, error.errors) if error.errors else [error.detail]
    known = f"{error.status} {error.code}, request {error.request_id or 'unknown'}"
    yield f"({known})"
