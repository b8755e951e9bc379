"""The service beside its floor and its peers, in one run, in turn.

Each round asks every case of everybody, so that what else the machine does falls on all alike.
Medians are told. The engine's own time is part of the wall time; CPU is this process's.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from tools.bench import cases, clients, world
from tools.bench.contestants.events import request
from tools.bench.engine import TABLE, engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from installs.store.table import Usage
    from tools.bench.cases import Case, World

WARM_UP: Final = 2
HEAVY_ROUNDS: Final = 5

FLOOR: Final = "floor"
SERVICE: Final = "this service"


@dataclass(slots=True)
class Times:
    """What one case took of one contestant, in milliseconds."""

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
    """What was measured of a case: times by contestant, and what the service has read."""

    case: Case
    times: dict[str, Times]
    usage: Usage
    rows: int | None
    """Rows that the service returned; none where it is no list."""

    @property
    def best_peer(self) -> Times | None:
        """The times of the peers' best: the least of each, whoever it is of."""
        peers = [one for name, one in self.times.items() if name not in (FLOOR, SERVICE)]
        if not peers:
            return None
        wall = min(peers, key=lambda one: one.median)
        cpu = min(peers, key=lambda one: one.median_cpu)
        return Times(wall.wall, cpu.cpu)


@dataclass(frozen=True, slots=True)
class Measured:
    """A whole run: its world, a result of each case, and of single calls the CPU (``clients``)."""

    of: World
    results: Sequence[Result]
    calls: Mapping[str, tuple[float, float]]


def measure(of: World, rounds: int, progress: Callable[[str], None]) -> Measured:
    """Run the comparison; ``progress`` is told what is being done."""
    with engine() as client:
        from installs.store.table import Table

        progress("Writing the rows")
        table = Table(TABLE, client)
        world.write(table, of.sizes, cases.BIG)
        world.write(table, of.many, cases.MERGED)
        results = _measured(of, rounds, progress)
        progress("Single calls")
        return Measured(of, results, clients.measure())


def contestants() -> dict[str, Any]:
    """The handlers by name; imported late, since they look for the table at once."""
    from tools.bench.contestants import (
        boto3_pydantic,
        powertools_resolver,
        pynamodb_models,
        service,
    )

    every = (service, boto3_pydantic, pynamodb_models, powertools_resolver)
    return {one.NAME: one.handler for one in every}


def _measured(of: World, rounds: int, progress: Callable[[str], None]) -> list[Result]:
    progress("Asking everybody once")
    for handler in contestants().values():
        for user in (cases.BIG, cases.MERGED):
            cases.read(handler(request("GET", user, limit="1")))  # so that all know the roles
    found = [_begun(case) for case in cases.cases(of)]
    for done in range(WARM_UP + rounds):
        progress(f"Round {done + 1} of {WARM_UP + rounds}")
        for result, calls in found:
            if result.case.heavy and done >= WARM_UP + HEAVY_ROUNDS:
                continue
            for name, call in calls.items():
                result.times[name].add(call)
    for result, _ in found:
        for times in result.times.values():
            del times.wall[:WARM_UP], times.cpu[:WARM_UP]
    return [result for result, _ in found]


def _begun(case: Case) -> tuple[Result, dict[str, Callable[[], object]]]:
    """A case asked once of everybody: all have to answer with the same rows."""
    from tools.bench.contestants import service
    from tools.bench.contestants.floor import Floor

    calls: dict[str, Callable[[], object]] = {}
    floor, raw = Floor(), case.raw
    if raw is not None:
        calls[FLOOR] = lambda: floor.ask(raw)
    answers: dict[str, Any] = {}
    for number, (name, handler) in enumerate(contestants().items()):
        if name != SERVICE and not case.peers:
            continue
        event = case.event(handler, number)
        calls[name] = _call(handler, event)
        answers[name] = cases.read(handler(event))
    said = answers[SERVICE]
    rows = said.get("data")
    if rows is not None:
        for name, answer in answers.items():
            if answer["data"] != rows:
                raise RuntimeError(f"{name} has other rows: {case.name}")
        if case.raw is not None:
            read = {row["id"]["S"] for row in orjson.loads(floor.ask(case.raw))}
            if not read >= {row["id"] for row in rows}:
                raise RuntimeError(f"The floor has other rows: {case.name}")
    usage = service.last_read[0]
    return Result(case, {name: Times() for name in calls}, usage, rows and len(rows)), calls


def _call(handler: Callable[[Any], Any], event: Any) -> Callable[[], object]:  # noqa: ANN401
    def call() -> None:
        answer = handler(event)
        if answer["statusCode"] != 200:
            raise RuntimeError(answer["body"])

    return call


def tables(measured: Measured) -> Iterator[str]:
    """What was measured, as lines of Markdown."""
    results = measured.results
    names = list(max(results, key=lambda one: len(one.times)).times)
    for title, times in (("Wall time", "wall"), ("CPU time", "cpu")):
        yield f"{title}, ms: median (quartiles)\n"
        yield f"| case | {' | '.join(names)} |"
        yield f"|---|{'---|' * len(names)}"
        for result in results:
            cells = [_cell(result, name, times) for name in names]
            yield f"| {result.case.name} | {' | '.join(cells)} |"
        yield ""
    yield "The service against the floor and the best peer of each case\n"
    yield "| case | wall, of the floor's | wall, of the best peer's | CPU, of the best peer's |"
    yield "|---|---|---|---|"
    for result in results:
        mine, floor, peer = result.times[SERVICE], result.times.get(FLOOR), result.best_peer
        yield (
            f"| {result.case.name} "
            f"| {_ratio(mine.median, floor.median if floor else None)} "
            f"| {_ratio(mine.median, peer.median if peer else None)} "
            f"| {_ratio(mine.median_cpu, peer.median_cpu if peer else None)} |"
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
        return "no single request" if name == FLOOR else "cannot"
    low, middle, high = statistics.quantiles(getattr(times, kind), n=4)
    return f"{middle:.1f} ({low:.1f}-{high:.1f})"


def _ratio(mine: float, other: float | None) -> str:
    return "" if other is None else f"{mine / other:.2f}"


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
    # Counters are no rows; of a page that is followed by another the engine counts a row too many.
    examined = merged.usage.items - len(of.many) - (merged.usage.calls - 1)
    yield f"- Rows examined per row returned, 20 workspaces: {examined / (merged.rows or 1):.2f}."
