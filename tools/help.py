"""How ``--help`` teaches: examples under each command, and the commands in groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import typer

PROGRAM: Final = "python -m tools"

GROUPS: Final = {
    "Installs, by the API": ("list", "get", "uninstall", "restore", "purge", "trash"),
    "Rows, keys and the cascade": (
        "import", "export", "export-installs", "keys", "verify", "redrive", "smoke",
    ),
    "The service on this machine": ("run", "token"),
    "The project's own": (
        "openapi", "query-reference", "hostile", "bench", "bench-start", "bench-latency",
    ),
}  # fmt: skip
"""In what order and under what heading the commands are shown; others come last."""


EXITS: Final = (
    "[bold]Exit codes[/bold]\n"
    "  0  done\n"
    "  1  the service said no, or what was looked at is not as it should be\n"
    "  2  wrong usage: nothing was sent\n"
    "  3  nothing answers, or something that is not this service\n"
    "  130  Ctrl-C"
)


def examples(*lines: str) -> str:
    """The end of a command's help: lines to paste, each without the program's name."""
    return "\n".join(["[bold]Examples[/bold]", *(f"  {PROGRAM} {line}" for line in lines)])


def arrange(app: typer.Typer) -> None:
    """Put the commands of ``app`` into their groups."""
    order = {name: group for group, names in GROUPS.items() for name in names}
    for command in app.registered_commands:
        command.rich_help_panel = order.get(command.name or "", command.rich_help_panel)
    for group in app.registered_groups:
        group.rich_help_panel = order.get(group.name or "", group.rich_help_panel)
    places = {name: place for place, name in enumerate(order)}
    app.registered_commands.sort(key=lambda one: places.get(one.name or "", len(places)))
