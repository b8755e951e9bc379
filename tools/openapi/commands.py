"""The command that writes ``openapi.yaml``."""

from __future__ import annotations

import typer

from tools.local.paths import OPENAPI
from tools.openapi.document import text


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("openapi")(write)


def write() -> None:
    """Write openapi.yaml anew, from the models that the service runs on."""
    OPENAPI.write_text(text(), encoding="utf-8")
    typer.echo(OPENAPI)
