"""Time until a list shows its caller's own change (read your writes).

Three copies of the table: the leader, which transactions and consistent reads go to; a follower,
where counters may be read from; and one that the indexes are read from. What is written to the
leader reaches each of the others after a lag that is drawn, in order. Time is virtual: each list
sees the copies as they are when it begins, and takes what its trace takes on the network.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Final

from installs.store.connection import Connection
from installs.store.table import Table
from tools.bench import plans, world
from tools.bench.engine import TABLE, create, engine
from tools.bench.measured import call
from tools.bench.network import Lognormal, percentile, replay
from tools.bench.recording import Recorder, recorded
from tools.local import dynoxide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.bench.network import Network
    from tools.bench.plans import Plan

LEADER: Final = TABLE
FOLLOWER: Final = f"{TABLE}-follower"
INDEXES: Final = f"{TABLE}-indexes"

WORKSPACE: Final = "wsp_150"
SIZE: Final = 150
MOST_LISTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Lag:
    """Lag of the copies, in milliseconds.

    An item has three copies and a write is answered when two have it (Elhemali et al., "Amazon
    DynamoDB", USENIX ATC 2022): an eventually consistent read meets the third in one case of three.
    Of an index AWS says "within 1 second" (AWS re:Post). The times are assumptions.
    """

    index: Lognormal = field(default=Lognormal(20, 500))
    follower: Lognormal = field(default=Lognormal(5, 50))
    met: float = 1 / 3
    """The part of eventually consistent reads that the follower answers."""


@dataclass(slots=True)
class _Copy:
    name: str
    pending: deque[tuple[float, dict[str, Any], dict[str, Any] | None]] = field(
        default_factory=deque
    )


class Copies(Recorder):
    """A connection to three copies of one table; ``now`` is the virtual time, in milliseconds."""

    def __init__(self, endpoint: str, region: str, lag: Lag, random: Random) -> None:
        super().__init__(endpoint, region)
        self._lag = lag
        self._random = random
        self._follower, self._indexes = _Copy(FOLLOWER), _Copy(INDEXES)
        self._now = 0.0

    def call(self, operation: str, request: dict[str, Any]) -> Any:  # noqa: ANN401
        """One operation, on the copy that answers it."""
        if operation == "TransactWriteItems":
            answer = super().call(operation, request)
            self._written(request["TransactItems"])
            return answer
        if operation == "BatchGetItem":
            (wanted,) = request["RequestItems"].values()
            copy = self._copy_for(wanted)
            answer = super().call(operation, request | {"RequestItems": {copy: wanted}})
            return answer | {"Responses": {LEADER: answer["Responses"][copy]}}
        return super().call(operation, request | {"TableName": self._copy_for(request)})

    def settle(self) -> None:
        """Let everything that was written arrive."""
        self.until(float("inf"))
        self._now = 0.0

    def until(self, now: float) -> None:
        """Let the time be ``now``, and arrive what has arrived by then."""
        self._now = now
        for copy in (self._follower, self._indexes):
            while copy.pending and copy.pending[0][0] <= now:
                _, key, item = copy.pending.popleft()
                self._put(copy.name, key, item)

    def _copy_for(self, request: dict[str, Any]) -> str:
        if request.get("ConsistentRead"):
            return LEADER
        if "IndexName" in request:
            return INDEXES
        return FOLLOWER if self._random.random() < self._lag.met else LEADER

    def _written(self, actions: list[dict[str, Any]]) -> None:
        changed = [write["Key"] for action in actions for write in action.values()]
        for copy, lag in ((self._follower, self._lag.follower), (self._indexes, self._lag.index)):
            due = self._now + lag.draw(self._random)
            due = max([due, *(last[0] for last in list(copy.pending)[-1:])])
            for key in changed:
                copy.pending.append((due, key, self._item(key)))

    def _item(self, key: dict[str, Any]) -> dict[str, Any] | None:
        request = {"TableName": LEADER, "Key": key, "ConsistentRead": True}
        item: dict[str, Any] | None = Connection.call(self, "GetItem", request).get("Item")
        return item

    def _put(self, table: str, key: dict[str, Any], item: dict[str, Any] | None) -> None:
        if item is None:
            Connection.call(self, "DeleteItem", {"TableName": table, "Key": key})
        else:
            Connection.call(self, "PutItem", {"TableName": table, "Item": item})


@dataclass(slots=True)
class Agreement:
    """Lists of a caller, repeated after each of many changes."""

    lists: int = 0
    first_rows: int = 0
    """First lists whose rows lacked the change."""
    first_total: int = 0
    """First lists whose total lacked the change."""
    contradictions: int = 0
    """Lists with the change in only one of the two."""
    ms: list[float] = field(default_factory=list)
    """From the answer to the change until a list begins that agrees in both."""

    def add(self, attempt: int, *, rows: bool, total: bool) -> None:
        """List once more; return whether rows and total agree with the change."""
        self.lists += 1
        self.contradictions += rows is not total
        if attempt == 1:
            self.first_rows += not rows
            self.first_total += not total


def measure(network: Network, lag: Lag, trials: int, seed: int) -> dict[str, Agreement]:
    """Uninstall and restore one install again and again; what lists said after each."""
    random = Random(seed)  # noqa: S311 - a simulation, no secret
    listing = plans.listing("page of 100", plans.EDITOR, workspace_id=WORKSPACE)
    on = plans.commands(f"ins_{WORKSPACE[4:]}_{SIZE - 10:06}")
    agreements = {name: Agreement() for name in ("uninstall", "restore")}
    with engine() as client:
        for name in (LEADER, FOLLOWER, INDEXES):
            if name != LEADER:
                create(client, name)
            table = Table(name, client)
            world.write(table, {WORKSPACE: SIZE}, plans.EDITOR, "admin")
        copies = Copies(client.meta.endpoint_url, dynoxide.REGION, lag, random)
        with recorded(copies):
            for _ in range(trials):
                for name, agreement in agreements.items():
                    live = name == "restore"
                    _follow(on[name], listing, copies, network, random, agreement, live=live)
    return agreements


def _follow(
    change: Plan,
    listing: Plan,
    copies: Copies,
    network: Network,
    random: Random,
    seen: Agreement,
    *,
    live: bool,
) -> None:
    """Change, then list until the list agrees that the install is live, or is not."""
    copies.settle()
    call(change)
    copies.trace()
    changed = change.event["pathParameters"]["id"]
    now = network.caller
    for attempt in range(1, MOST_LISTS):
        copies.until(now)
        page = json.loads(call(listing)["body"])
        rows = any(row["id"] == changed for row in page["data"]) is live
        total = page["pageInfo"]["total"] == SIZE - (not live)
        seen.add(attempt, rows=rows, total=total)
        if rows and total:
            seen.ms.append(now)
            return
        now += replay(copies.trace(), network, random).ms + network.caller
    raise RuntimeError("the copies never agree")


def table_of(agreements: dict[str, Agreement]) -> Iterator[str]:
    """The lines of a table in Markdown."""
    yield (
        "| after | first list: rows behind | first list: total behind | lists that contradict"
        " themselves | lists until it agrees | p50, ms | p90, ms | p99, ms |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for name, result in agreements.items():
        trials = len(result.ms)
        times = " | ".join(f"{percentile(result.ms, part):,.0f}" for part in (0.5, 0.9, 0.99))
        yield (
            f"| {name} | {result.first_rows / trials:.0%} | {result.first_total / trials:.0%} "
            f"| {result.contradictions / result.lists:.0%} | {result.lists / trials:.1f} "
            f"| {times} |"
        )
