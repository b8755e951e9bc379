"""``python -m tools``: the commands of the parts of this package."""

from __future__ import annotations

import typer

from tools.bench import commands as bench
from tools.local import commands

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Run the service on this machine, and work with what runs.",
)
commands.register(app)
bench.register(app)

if __name__ == "__main__":
    app(prog_name="python -m tools")
