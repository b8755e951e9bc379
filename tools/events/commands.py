"""The command that writes the schemas and the document of the events."""

from __future__ import annotations

import typer

from tools.events import asyncapi, schemas


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("asyncapi")(write)


def write() -> None:
    """Write asyncapi.yaml and events/schemas anew, from the code that publishes events."""
    schemas.FOLDER.mkdir(exist_ok=True)
    for name, text in schemas.files().items():
        (schemas.FOLDER / name).write_text(text, encoding="utf-8")
    asyncapi.ASYNCAPI.write_text(asyncapi.text(), encoding="utf-8")
    typer.echo(asyncapi.ASYNCAPI)
