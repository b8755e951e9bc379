"""``installs``, or ``python -m tools``: the commands of the parts of this package."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final, NoReturn

import typer

from tools import help as help_
from tools.outcome import Exit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PARTS: Final = {
    "tools.api.commands": ("list", "get", "uninstall", "restore", "purge", "trash"),
    "tools.local.commands": ("run", "token"),
    "tools.importer.commands": ("import", "put"),
    "tools.exporter.commands": ("export", "export-installs"),
    "tools.api_keys.commands": ("keys",),
    "tools.operate.commands": ("redrive", "redrive-rows", "verify", "erase"),
    "tools.operate.history": ("history",),
    "tools.smoke.commands": ("smoke",),
    "tools.gameday.commands": ("game-day",),
    "tools.openapi.commands": ("openapi",),
    "tools.events.commands": ("asyncapi", "events", "replay"),
    "tools.query_reference": ("query-reference",),
    "tools.hostile": ("hostile",),
    "tools.bench.commands": ("bench", "bench-start", "bench-ingest", "bench-latency"),
}
"""The commands by the module that registers them. One command imports one of these: all of them
take a second."""


def app_of(parts: Iterable[str]) -> typer.Typer:
    """The program with the commands of some parts."""
    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="Work with the service: the one on this machine ('make run'), or one on AWS.",
        epilog=help_.EXITS,
    )
    app.callback()(lambda: None)  # or a part of one command would be the program
    for part in parts:
        import_module(part).register(app)
    help_.arrange(app)
    return app


def parts_for(arguments: Sequence[str]) -> Iterable[str]:
    """The part of the command that is asked for; all of them for help, and for what is none."""
    name = arguments[0] if arguments else ""
    return [part for part, commands in PARTS.items() if name in commands] or PARTS


def main(arguments: Sequence[str]) -> NoReturn:
    """Run a command, and exit.

    A file or an output that fails is told in one line: a full disk, an encoding that has no such
    character. A pipe that nobody reads any more ends the command without a word.
    """
    try:
        try:
            app_of(parts_for(arguments))(arguments, prog_name=help_.PROGRAM)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        code = Exit.FILES
    except (OSError, UnicodeError) as error:
        code = Exit.FILES
        print(f"{help_.PROGRAM}: {error}", file=sys.stderr)
    else:
        code = Exit.DONE
    # What is left in the buffer cannot be written either: Python must not try again at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def command() -> NoReturn:
    """Run the command line of this process: the entry point of ``installs``."""
    main(sys.argv[1:])


if __name__ == "__main__":
    command()
