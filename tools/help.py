"""Help of the commands: examples under each, and groups."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import typer

COMMAND: Final = "installs"
PROGRAM: Final = COMMAND if Path(sys.argv[0]).name == COMMAND else "python -m tools"
"""The program as it was started."""

GROUPS: Final = {
    "Installs, by the API": ("list", "get", "uninstall", "restore", "purge", "trash"),
    "Rows, keys and the cascade": (
        "import", "put", "export", "export-installs", "keys", "history", "verify", "redrive",
        "redrive-rows", "replay", "erase", "smoke", "game-day",
    ),
    "The service on this machine": ("run", "token", "events"),
    "The project's own": (
        "openapi", "asyncapi", "query-reference", "hostile", "bench", "bench-start", "bench-ingest",
        "bench-latency",
    ),
}  # fmt: skip
"""Order and headings of the commands; others come last."""


EXITS: Final = (
    "[bold]Exit codes[/bold]\n"
    "  0  done\n"
    "  1  the service refused, or a check found a fault\n"
    "  2  invalid usage: nothing was sent\n"
    "  3  no answer, or another service answers\n"
    "  4  a file or the output cannot be read or written\n"
    "  130  Ctrl-C"
)


def examples(*lines: str) -> str:
    """Return the end of a command's help; each line is given without the program's name."""
    return "\n".join(["[bold]Examples[/bold]", *(f"  {PROGRAM} {line}" for line in lines)])


def arrange(app: typer.Typer) -> None:
    """Put the commands of ``app`` into their groups."""
    order = {name: group for group, names in GROUPS.items() for name in names}
    for command in app.registered_commands:
        command.rich_help_panel = order.get(command.name or "", command.rich_help_panel)
    for group in app.registered_groups:
        group.rich_help_panel = order.get(group.name or "", group.rich_help_panel)
    positions = {name: position for position, name in enumerate(order)}
    app.registered_commands.sort(
        key=lambda command: positions.get(command.name or "", len(positions))
    )
