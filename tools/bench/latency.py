"""Time and cost of each plan on a simulated network.

The handlers run on Dynoxide, whose time does not count: their requests are recorded
(``recording.py``) and timed on a simulated network (``network.py``).
"""

from __future__ import annotations

from random import Random
from statistics import fmean, median
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from installs import access
from installs.store.table import Table
from tools.bench import plans
from tools.bench.cost import Spent, per_million
from tools.bench.engine import TABLE, engine
from tools.bench.measured import later_page, measure, measure_commands
from tools.bench.network import percentile, replay
from tools.bench.recording import Recorder, recorded
from tools.bench.trace import hottest, read, written
from tools.local import dynoxide
from tools.local.paths import TEMPLATE
from tools.local.tables import load_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.bench.measured import Measured
    from tools.bench.network import Moment, Network

ONE_DAY: Final = 86_400


def measured(*, large: bool) -> list[Measured]:
    """Run every plan on an engine."""
    with engine() as client:
        table = Table(TABLE, client)
        plans.write(table, large=large)
        recorder = Recorder(client.meta.endpoint_url, dynoxide.REGION)
        # Roles that are known stay known, however long this machine takes.
        with recorded(recorder), patch.object(access, "CACHE_SECONDS", ONE_DAY):
            reads = [*plans.lists(large=large), plans.get(), plans.get(cold=True)]
            lists = [measure(later_page(plan), recorder) for plan in reads]
            return [*lists, *measure_commands(table, recorder)]


def timed(call: Measured, network: Network, draws: int, seed: int) -> list[Moment]:
    """Simulate a call repeatedly; the same seed gives the same times."""
    random = Random(f"{seed} {call.name}")  # noqa: S311 - a simulation, no secret
    return [replay(call.trace, network, random) for _ in range(draws)]


def plans_table(plans: list[Measured], network: Network, draws: int, seed: int) -> Iterator[str]:
    """Return the time of each call as the lines of a Markdown table."""
    yield (
        "| call | plan | requests | in sequence | examined | read units | write units "
        "| of one partition | p50, ms | p99, ms |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for call in plans:
        times = timed(call, network, draws, seed)
        ms = [moment.ms for moment in times]
        yield (
            f"| {call.name} | {call.plan} | {call.requests:,} "
            f"| {median(moment.requests for moment in times):g} "
            f"| {'' if call.rows is None else f'{call.rows:,}'} "
            f"| {read(call.trace):,g} | {written(call.trace):g} | {hottest(call.trace):,g} "
            f"| {percentile(ms, 0.5):,.0f} | {percentile(ms, 0.99):,.0f} |"
        )


def cost_table(plans: list[Measured], network: Network, draws: int, seed: int) -> Iterator[str]:
    """Return the cost of a million of each call as the lines of a Markdown table."""
    memory = function_memory()
    yield (
        "| a million of | billed, ms | reads | writes | Lambda | API Gateway | logs | sent "
        "| dollars |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for call in plans:
        waiting = fmean(moment.ms for moment in timed(call, network, draws, seed))
        spent = Spent(
            read(call.trace),
            written(call.trace),
            memory[call.function],
            waiting,
            1000 * call.cpu,
            call.answered,
            call.logged,
            through_api=call.function != "CascadeFunction",
        )
        parts = per_million(spent)
        dollars = " | ".join(f"{part:.2f}" for part in parts.values())
        total = sum(parts.values())
        yield f"| {call.name} | {spent.billed:,} | {dollars} | {total:.2f} |"


def function_memory() -> dict[str, int]:
    """Return the memory of each function in the template, in MB, by logical id."""
    resources = load_template(TEMPLATE)["Resources"]
    return {
        name: int(resource["Properties"]["MemorySize"])
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
