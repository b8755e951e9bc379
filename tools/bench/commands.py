"""The commands of the benchmarks."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("bench-lists")(bench_lists)


def bench_lists(
    rounds: Annotated[int, typer.Option(help="How often each query is measured.", min=3)] = 25,
) -> None:
    """Measure the list on a DynamoDB engine of this machine; print a table in Markdown."""
    from tools.bench import lists

    for line in lists.measure(rounds):
        typer.echo(line)
