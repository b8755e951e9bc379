"""Chaos: clients and the cascade work at once while the table misbehaves, and all agrees after it.

``python -m tests.faults.chaos [REQUESTS] [SHARE] [SEED]`` prints what was told, and how often.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

from functions.cascade.handler import handler as cascade
from functions.repair.handler import handler as repair
from installs import clock
from installs.log import logger
from tests import caches, rows
from tests.faults.mixed import Client, Tally, lines
from tests.faults.proxy import Fault, Faults, Proxy, proxied
from tests.loading import load_file
from tools.importer.table import open_table
from tools.local.dynoxide import CREDENTIALS, REGION, dynamodb_client, running_dynoxide
from tools.local.dynoxide import streams_client as streams
from tools.local.paths import TEMPLATE
from tools.local.stream.checkpoint import Checkpoint
from tools.local.stream.functions import in_process
from tools.local.stream.poller import Poller
from tools.local.stream.settings import MappingSettings
from tools.local.tables import TableDefinition
from tools.operate.verify import Verifier

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Sequence

    from installs.store.table import Table
    from tools.local.stream.destination import DiscardedBatch

CLIENTS: Final = 4
TABLE: Final = "chaos"


class Invocation:
    """Lambda's context, with half a minute left."""

    aws_request_id = "chaos"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation would end."""
        return 30_000


@dataclass
class Outcome:
    """The result of a run."""

    tally: Tally
    faults: Counter[Fault]
    calls: Counter[str]
    batches: int = 0
    """Invocations of the cascade."""
    given_up: int = 0
    """Records that were given up, and left to the repair."""
    repaired: int = 0
    disagreements: list[str] = field(default_factory=list)

    def told(self) -> Iterator[str]:
        """The outcome in lines."""
        for (name, status), number in sorted(self.tally.statuses.items()):
            yield f"{number:6} {name} {status}"
        for fault, number in self.faults.most_common():
            yield f"{number:6} {fault}"
        sent, met = self.calls.total(), self.faults.total()
        yield f"{sent} calls of table and stream; {met} met a fault ({met / max(sent, 1):.0%})"
        yield f"{self.tally.settled} writes were told as unavailable and had been done"
        yield f"the longest answer took {self.tally.longest:.1f} s"
        yield (
            f"{self.batches} batches of the cascade, {self.given_up} records given up, "
            f"{self.repaired} installs repaired"
        )
        yield "\n".join(self.disagreements) or "Everything agrees."


@dataclass(frozen=True)
class World:
    """A proxied table with the clients' rows, and its stream."""

    proxy: Proxy
    engine: str
    table: Table
    checkpoint: Path


@contextmanager
def world(engine: str, directory: Path) -> Iterator[World]:
    """Set a world up on an engine; the functions' environment leads to the proxy."""
    TableDefinition.from_template(TEMPLATE).create(dynamodb_client(engine), TABLE)
    silent = mock.patch.object(logger.registered_handler, "stream", io.StringIO())
    with silent, proxied(engine) as proxy:
        load_file(rows.write(directory / "r.ndjson", lines(CLIENTS)), TABLE, engine)
        environment = {
            **CREDENTIALS,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL_DYNAMODB": proxy.endpoint,
            "TABLE_NAME": TABLE,
            "DEAD_LETTER_BUCKET": "none",
            "ISSUER": "-",
            "AUDIENCE": "-",
            "JWKS": "-",
        }
        with mock.patch.dict(os.environ, environment):
            caches.reset()
            yield World(proxy, engine, open_table(TABLE, engine), directory / "checkpoint.json")
            caches.reset()


def run(world: World, requests: int, faults: Faults, seed: int) -> Outcome:
    """Let clients ask, and the cascade follow; then let all come to rest without faults.

    Raises
    ------
    WrongAnswerError
        A client was told what is not so.
    """
    outcome = Outcome(Tally(), faults.given, faults.calls)

    def give_up(batch: DiscardedBatch) -> None:
        outcome.given_up += len(batch.records)

    call = in_process(cascade, Invocation())

    def invoke(event: Any) -> object:  # noqa: ANN401
        outcome.batches += 1
        return call(event)

    poller = consumer_of(world, world.proxy.endpoint, invoke, give_up)
    poller.drain()
    world.proxy.faults = faults
    done = threading.Event()
    consumer = threading.Thread(target=poller.run, args=(done,))
    consumer.start()
    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            clients = [Client(number, seed, world.table) for number in range(CLIENTS)]
            each = requests // CLIENTS
            for ran in [pool.submit(_ask, client, each) for client in clients]:
                ran.result()
    finally:
        done.set()
        consumer.join()
        world.proxy.faults = Faults()
    for client in clients:
        outcome.tally.add(client.tally)
    poller.drain()
    outcome.repaired, outcome.disagreements = at_rest(world.table)
    return outcome


def _ask(client: Client, times: int) -> None:
    for _ in range(times):
        client.step()


def consumer_of(
    world: World,
    endpoint: str,
    invoke: Any,  # noqa: ANN401
    give_up: Any,  # noqa: ANN401
) -> Poller:
    """Return the poller of the table's stream at an endpoint, with the settings of the template."""
    described = dynamodb_client(world.engine).describe_table(TableName=TABLE)["Table"]
    arn = described["LatestStreamArn"]
    return Poller(
        streams(endpoint, retries={"total_max_attempts": 1}),
        arn,
        invoke,
        MappingSettings.from_template(TEMPLATE),
        checkpoint=Checkpoint(arn, world.checkpoint),
        discard=give_up,
    )


def at_rest(table: Table) -> tuple[int, list[str]]:
    """Run the scheduled repair; return the installs that it finished, and what still disagrees."""
    now, repaired = clock.now, 0
    for minutes in (6, 12, 18, 24):
        later = now() + timedelta(minutes=minutes)
        with mock.patch.object(clock, "now", return_value=later):
            repaired += repair({}, Invocation())["finished"]
    later = now() + timedelta(minutes=30)
    with mock.patch.object(clock, "now", return_value=later):
        found = [f"{one.about}: {one.faults}" for one in Verifier(table, repair=False).run()]
    return repaired, found


def settings(arguments: Sequence[str]) -> tuple[int, float, int]:
    """Return the requests, the share of faults and the seed; what is missing has a default."""
    requests, share, seed = [*arguments, *("10000", "0.1", "1")[len(arguments) :]]
    return int(requests), float(share), int(seed)


def main(arguments: Sequence[str]) -> int:
    """Run chaos on an engine of its own."""
    requests, share, seed = settings(arguments)
    logging.getLogger("tools.local.stream").setLevel(logging.ERROR)  # its refusals are meant
    with (
        tempfile.TemporaryDirectory() as directory,
        running_dynoxide() as (engine, _),
        world(engine, Path(directory)) as made,
    ):
        outcome = run(made, requests, Faults([*Fault], share, seed), seed)
    print(*outcome.told(), sep="\n")
    return int(bool(outcome.disagreements))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
