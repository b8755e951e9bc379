"""The commands of the benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

Rounds = Annotated[int, typer.Option(help="How often each thing is measured.", min=3)]
Write = Annotated[
    bool, typer.Option("--write", help="Put the figures and the plot into docs/performance.md.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("bench")(bench)
    app.command("bench-start")(bench_start)


def bench(
    rounds: Rounds = 15,
    write: Write = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="With few rows, to see that all of it works.")
    ] = False,
) -> None:
    """Measure every kind of request beside its floor and what could be written in its place."""
    from tools.bench import cases, compare, plot, report

    world = cases.QUICK if quick else cases.FULL
    results = compare.measure(world, rounds, _say)
    tables = compare.tables(world, results)
    _tell("compare", report.heading(f"make bench ROUNDS={rounds}"), tables, write)
    if write:
        plot.write(results)


def bench_start(rounds: Rounds = 15, write: Write = False) -> None:
    """Measure fresh processes: what starts with each function, and with a bare client."""
    from tools.bench import report, start

    found = start.measure(rounds, _say)
    _tell("start", report.heading(f"make bench ROUNDS={rounds}"), start.tables(found), write)


def _tell(section: str, heading: str, lines: Iterable[str], write: bool) -> None:
    from tools.bench import report

    text = "\n".join([heading, "", *lines])
    typer.echo(text)
    if write:
        report.put(section, text)


def _say(what: str) -> None:
    typer.echo(f"{what} ...", err=True)
