"""``python -m tools``: the commands of the parts of this package."""

from __future__ import annotations

import typer

from tools import help as help_
from tools import hostile, query_reference
from tools.api import commands as api
from tools.api_keys import commands as keys
from tools.bench import commands as bench
from tools.exporter import commands as exporter
from tools.importer import commands as importer
from tools.local import commands
from tools.openapi import commands as openapi
from tools.operate import commands as operate
from tools.smoke import commands as smoke

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Work with the service: the one on this machine ('make run'), or one on AWS.",
    epilog=help_.EXITS,
)
api.register(app)
commands.register(app)
importer.register(app)
exporter.register(app)
openapi.register(app)
hostile.register(app)
bench.register(app)
query_reference.register(app)
app.add_typer(keys.app, name="keys")
operate.register(app)
smoke.register(app)
help_.arrange(app)

if __name__ == "__main__":
    app(prog_name="python -m tools")
