"""The service, its baseline and an alternative, measured in one run, in turn.

Each round runs every case with every handler, so that other load on the machine affects all
equally. Medians are reported. Wall time includes the engine's; CPU is this process's alone.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from tools.bench import cases, clients, world
from tools.bench.compared.events import request
from tools.bench.engine import TABLE, engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from installs.store.usage import Usage
    from tools.bench.cases import Case, World

WARM_UP: Final = 2
HEAVY_ROUNDS: Final = 5

BASELINE: Final = "baseline"
SERVICE: Final = "this service"
ALTERNATIVE: Final = "boto3, pydantic"


@dataclass(slots=True)
class Times:
    """Times of one case with one handler, in milliseconds."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def add(self, call: Callable[[], object]) -> None:
        """Time a call."""
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        self.cpu.append(1000 * (time.process_time() - cpu))
        self.wall.append(1000 * (time.perf_counter() - wall))

    @property
    def median(self) -> float:
        """The median of the wall time."""
        return statistics.median(self.wall)

    @property
    def median_cpu(self) -> float:
        """The median of the CPU time."""
        return statistics.median(self.cpu)


@dataclass(slots=True)
class Result:
    """Times of a case by handler, and the service's reads."""

    case: Case
    times: dict[str, Times]
    usage: Usage
    rows: int | None
    """Rows that the service returned; None if the case is not a list."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A whole run: its world, a result of each case, and the CPU of single calls (``clients``)."""

    of: World
    results: Sequence[Result]
    calls: Mapping[str, tuple[float, float]]


def measure(of: World, rounds: int, progress: Callable[[str], None]) -> Measured:
    """Run the comparison; report each step to ``progress``."""
    with engine() as client:
        from installs.store.table import Table

        progress("Writing the rows")
        table = Table(TABLE, client)
        world.write(table, of.sizes, cases.BIG)
        world.write(table, of.many, cases.MERGED)
        results = _measured(of, rounds, progress)
        progress("Single calls")
        return Measured(of, results, clients.measure())


def handlers() -> dict[str, Any]:
    """Return the handlers by name; imported late, since they open the table at once."""
    from tools.bench.compared import boto3_pydantic, service

    return {SERVICE: service.handler, ALTERNATIVE: boto3_pydantic.handler}


def _measured(of: World, rounds: int, progress: Callable[[str], None]) -> list[Result]:
    progress("First requests")
    for handler in handlers().values():
        for user in (cases.BIG, cases.MERGED):
            cases.read(handler(request("GET", user, limit="1")))  # roles are cached
    results = [_begun(case) for case in cases.cases(of)]
    for done in range(WARM_UP + rounds):
        progress(f"Round {done + 1} of {WARM_UP + rounds}")
        for result, calls in results:
            if result.case.heavy and done >= WARM_UP + HEAVY_ROUNDS:
                continue
            for name, call in calls.items():
                result.times[name].add(call)
    for result, _ in results:
        for times in result.times.values():
            del times.wall[:WARM_UP], times.cpu[:WARM_UP]
    return [result for result, _ in results]


def _begun(case: Case) -> tuple[Result, dict[str, Callable[[], object]]]:
    """Prepare a case, and check that every handler answers with the same rows."""
    from tools.bench.compared import service
    from tools.bench.compared.baseline import Baseline

    calls: dict[str, Callable[[], object]] = {}
    baseline, raw = Baseline(), case.raw
    if raw is not None:
        calls[BASELINE] = lambda: baseline.rows_of(raw)
    answers: dict[str, Any] = {}
    for number, (name, handler) in enumerate(handlers().items()):
        if name == ALTERNATIVE and not case.alternative:
            continue
        event = case.event(handler, number)
        calls[name] = _call(handler, event)
        answers[name] = cases.read(handler(event))
    rows = answers[SERVICE].get("data")
    if rows is not None:
        for name, answer in answers.items():
            if answer["data"] != rows:
                raise RuntimeError(f"{name} has other rows: {case.name}")
        if raw is not None:
            read = {row["id"]["S"] for row in orjson.loads(baseline.rows_of(raw))}
            if not read >= {row["id"] for row in rows}:
                raise RuntimeError(f"The baseline has other rows: {case.name}")
    usage = service.last_read[0]
    return Result(case, {name: Times() for name in calls}, usage, rows and len(rows)), calls


def _call(handler: Callable[[Any], Any], event: Any) -> Callable[[], object]:  # noqa: ANN401
    def call() -> None:
        answer = handler(event)
        if answer["statusCode"] != 200:
            raise RuntimeError(answer["body"])

    return call


def tables(measured: Measured) -> Iterator[str]:
    """Return the results as lines of Markdown."""
    results = measured.results
    names = list(max(results, key=lambda result: len(result.times)).times)
    for title, times in (("Wall time", "wall"), ("CPU time", "cpu")):
        yield f"{title}, ms: median (quartiles)\n"
        yield f"| case | {' | '.join(names)} |"
        yield f"|---|{'---|' * len(names)}"
        for result in results:
            cells = [_cell(result, name, times) for name in names]
            yield f"| {result.case.name} | {' | '.join(cells)} |"
        yield ""
    yield "The service against the baseline and the alternative\n"
    yield "| case | wall / baseline | wall / alternative | CPU / alternative |"
    yield "|---|---|---|---|"
    for result in results:
        service = result.times[SERVICE]
        baseline, other = result.times.get(BASELINE), result.times.get(ALTERNATIVE)
        yield (
            f"| {result.case.name} "
            f"| {_ratio(service.median, baseline.median if baseline else None)} "
            f"| {_ratio(service.median, other.median if other else None)} "
            f"| {_ratio(service.median_cpu, other.median_cpu if other else None)} |"
        )
    yield ""
    yield "What the service reads\n"
    yield "| case | requests | examined | returned | capacity units |"
    yield "|---|---|---|---|---|"
    for result in results:
        usage = result.usage
        yield (
            f"| {result.case.name} | {usage.calls} | {usage.items:,} "
            f"| {'' if result.rows is None else result.rows} | {usage.capacity:g} |"
        )
    yield ""
    yield from clients.table(measured.calls)
    yield from _growth(measured.of, results)


def _cell(result: Result, name: str, kind: str) -> str:
    times = result.times.get(name)
    if times is None:
        return "no single request" if name == BASELINE else "not supported"
    low, middle, high = statistics.quantiles(getattr(times, kind), n=4)
    return f"{middle:.1f} ({low:.1f}-{high:.1f})"


def _ratio(service: float, other: float | None) -> str:
    return "" if other is None else f"{service / other:.2f}"


def _growth(of: World, results: Sequence[Result]) -> Iterator[str]:
    small, _, large = (f"{size:,}" for size in of.sizes.values())
    times = {result.case.name: result.times[SERVICE] for result in results}
    for kind in ("first", "later"):
        most, least = (
            times[f"{kind} page of 100, {size} installs"].median for size in (large, small)
        )
        yield (
            f"- {kind.capitalize()} page at {large} installs against {small}, wall: "
            f"{most / least:.2f}."
        )
    foreign = next(result for result in results if "no index carries" in result.case.name)
    each = 1000 * foreign.times[SERVICE].median_cpu / of.sizes[cases.MIDDLE]
    yield f"- CPU per row that no index carries: {each:.1f} microseconds."
    merged = next(result for result in results if "20 workspaces" in result.case.name)
    # Without the counters, and the row too many that the engine counts for each further page.
    examined = merged.usage.items - len(of.many) - (merged.usage.calls - 1)
    yield f"- Rows examined per row returned, 20 workspaces: {examined / (merged.rows or 1):.2f}."
