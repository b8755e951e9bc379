"""Commands of the benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tools.outcome import Exit, end

if TYPE_CHECKING:
    from collections.abc import Iterable

Rounds = Annotated[int, typer.Option(help="Measurements of each case.", min=3)]
Write = Annotated[bool, typer.Option("--write", help="Write the figures into docs/performance.md.")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("bench")(bench)
    app.command("bench-start")(bench_start)
    app.command("bench-ingest")(bench_ingest)
    app.command("bench-latency")(bench_latency)


def bench(
    rounds: Rounds = 15,
    write: Write = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Use few rows, to try the benchmark.")
    ] = False,
) -> None:
    """Measure every kind of request beside a baseline and an alternative."""
    from tools.bench import cases, compare, report

    world = cases.QUICK if quick else cases.FULL
    measured = compare.measure(world, rounds, _progress)
    heading = report.heading(f"make bench ROUNDS={rounds}")
    _report("compare", heading, compare.tables(measured), write)


def bench_start(rounds: Rounds = 15, write: Write = False) -> None:
    """Measure cold starts: a fresh process of each function, and of a bare client."""
    from tools.bench import report, start

    measured = start.measure(rounds, _progress)
    _report("start", report.heading(f"make bench ROUNDS={rounds}"), start.tables(measured), write)


def bench_ingest(
    rows: Annotated[int, typer.Option(help="Rows of the import.", min=100)] = 100_000,
    rounds: Rounds = 15,
    write: Write = False,
) -> None:
    """Measure rows that come in: an import, write units, the function, the queue."""
    from tools.bench import ingest, report

    heading = report.heading(f"make bench-ingest ROWS={rows} ROUNDS={rounds}")
    _report("ingest", heading, ingest.report(rows, rounds, _progress), write)


def bench_latency(
    *,
    read_p50: Annotated[float, typer.Option(help="A read of a few KB, median, ms.")] = 3,
    read_p99: Annotated[float, typer.Option(help="Its 99th percentile, ms.")] = 15,
    write_p50: Annotated[float, typer.Option(help="A transaction, median, ms.")] = 10,
    write_p99: Annotated[float, typer.Option(help="Its 99th percentile, ms.")] = 40,
    per_mb_examined: Annotated[
        float, typer.Option(help="For each MB that DynamoDB examines, ms.")
    ] = 40,
    per_mb_answered: Annotated[
        float, typer.Option(help="For each MB that DynamoDB sends, ms.")
    ] = 25,
    fan_out: Annotated[int, typer.Option(help="Concurrent reads.", min=1)] = 32,
    index_p50: Annotated[float, typer.Option(help="Replication lag of an index, median, ms.")] = 20,
    index_p99: Annotated[float, typer.Option(help="Its 99th percentile, ms.")] = 500,
    large: Annotated[bool, typer.Option(help="Add a workspace of 100,000 installs.")] = False,
    draws: Annotated[int, typer.Option(help="Simulations of each call.", min=100)] = 1_000,
    trials: Annotated[int, typer.Option(help="Changes that are followed.", min=10)] = 100,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = 1,
) -> None:
    """Simulate the time of each call on a network, and compute its cost; in Markdown."""
    from tools.bench import scale
    from tools.bench.network import Lognormal, Network
    from tools.bench.staleness import Lag

    try:
        reads, writes, lags = (
            Lognormal(read_p50, read_p99),
            Lognormal(write_p50, write_p99),
            Lognormal(index_p50, index_p99),
        )
    except ValueError as error:
        end(Exit.USAGE, str(error))
    network = Network(reads, writes, per_mb_examined, per_mb_answered, fan_out)
    lag = Lag(lags)
    lines = scale.report(network, lag, large=large, draws=draws, trials=trials, seed=seed)
    for line in lines:
        typer.echo(line)


def _report(section: str, heading: str, lines: Iterable[str], write: bool) -> None:
    from tools.bench import report

    text = "\n".join([heading, "", *lines])
    typer.echo(text)
    if write:
        report.put(section, text)


def _progress(step: str) -> None:
    typer.echo(f"{step} ...", err=True)
