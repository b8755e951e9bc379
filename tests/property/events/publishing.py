"""The publisher over the stream of a history, with everything that may happen to it.

The records of ``tests.property.cascade`` are delivered in batches of any size, some of them twice.
The bus refuses entries at random, some of them for good, and the function crashes anywhere. What
became dead letters is redriven at the end. A consumer then has, for each install, the event of the
greatest revision, and one settled event for each work that has ended, with the exact counts.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final, cast

from installs.events.details import DETAIL_TYPES
from installs.events.publisher import Publisher
from installs.events.records import RecordedChange, read_record
from installs.rows import row_to_json
from installs.store import items, keys
from installs.store.bus import Bus
from installs.store.history import ChangeKind
from tools.local.paths import TEMPLATE
from tools.local.stream.settings import PUBLISH, MappingSettings

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from mypy_boto3_events import EventBridgeClient

    from tests.property.cascade.stream import Record
    from tests.property.cascade.world import World

Detail = dict[str, Any]
Told = tuple[str, Detail]
"""An event: its type and its detail."""

SETTINGS: Final = MappingSettings.from_template(TEMPLATE, PUBLISH)
PURGED: Final = DETAIL_TYPES[ChangeKind.PURGED]
SETTLED: Final = DETAIL_TYPES[ChangeKind.SETTLED]


class CrashError(BaseException):
    """The function ends in the middle of a call."""


class FaultyEvents:
    """EventBridge on a bad day; ``calm`` ends it."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.calm = False
        self.taken: list[Told] = []
        self.poison: set[str] = set()

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        results: list[dict[str, str]] = []
        for entry in Entries:
            roll = 1.0 if self.calm else self.dice.random()
            detail = json.loads(entry["Detail"])
            if roll < 0.01:
                raise CrashError
            if detail["eventId"] in self.poison and not self.calm:
                results.append({"ErrorCode": "MalformedDetail"})
            elif roll < 0.4:
                results.append({"ErrorCode": "InternalFailure"})
            elif roll < 0.43:
                self.poison.add(detail["eventId"])
                results.append({"ErrorCode": "MalformedDetail"})
            else:
                self.taken.append((entry["DetailType"], detail))
                results.append({"EventId": "x"})
        return {"Entries": results}


def records_of(world: World) -> list[Record]:
    """Return the records that the publisher's mapping lets through, in the stream's order."""
    return [record for record in world.stream.all if SETTINGS.wants(record)]


def publish(world: World, dice: random.Random) -> FaultyEvents:
    """Deliver all records of a history until nothing is left."""
    events = FaultyEvents(dice)
    buried: list[Record] = []

    def bury(record: Any, _: str) -> None:  # noqa: ANN401 - a record
        if dice.random() < 0.1:
            raise ConnectionError
        buried.append(record)

    def deliver(batch: list[Record]) -> list[Record]:
        """Return what the mapping delivers again."""
        bus = Bus("bus", cast("EventBridgeClient", events))
        try:
            outcome = Publisher(world.table, bus, bury).publish(batch)
        except CrashError:
            return batch
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        stopped = outcome.stopped_at
        return [] if stopped is None else batch[numbers.index(stopped) :]

    waiting = records_of(world)
    while waiting:
        size = dice.choice((1, 2, 5, 20, 100))
        batch, waiting = waiting[:size], waiting[size:]
        waiting = deliver(batch) + waiting
        if dice.random() < 0.1:
            deliver(list(batch))  # the answer was lost: all of it once more
    events.calm = True
    while buried:
        letters, buried[:] = list(buried), []
        for record in letters:
            if deliver([record]):
                buried.append(record)
    return events


def violations(world: World, events: FaultyEvents) -> list[str]:
    """Return the differences between a consumer's copy and the table; none if all is well.

    The consumer drops an event whose id it has had.
    """
    found = []
    first: dict[str, Told] = {}
    for event in events.taken:
        first.setdefault(event[1]["eventId"], event)
    told: defaultdict[str, list[Told]] = defaultdict(list)
    for kind, detail in first.values():
        told[detail["installId"]].append((kind, detail))
    written: defaultdict[str, list[int]] = defaultdict(list)
    for record in records_of(world):
        change = read_record(record)
        if isinstance(change, RecordedChange):
            written[change.row.id].append(change.revision)
    for install_id, revisions in written.items():
        of_install = told[install_id]
        changes = [one for one in of_install if one[0] != SETTLED]
        differences = [
            *_of_order(of_install, events.poison),
            *_of_changes(world, install_id, revisions, changes),
            *_of_settled(world, install_id, of_install),
        ]
        found += [f"{install_id}: {text}" for text in differences]
    return found


def _of_order(told: list[Told], poison: set[str]) -> Iterator[str]:
    """Check the order of the events, each at its first time.

    Changes come by their revisions, and so do settled events. One of these comes after the change
    of its revision, maybe after later changes, which entail nothing.
    """
    changes: list[int] = []
    settled: list[int] = []
    for kind, detail in told:
        if detail["eventId"] not in poison:
            revision = detail["revision"]
            (settled if kind == SETTLED else changes).append(revision)
            if kind == SETTLED and max(changes, default=0) < revision and not poison:
                yield f"{revision} is settled after {changes}"
    for revisions in (changes, settled):
        if revisions != sorted(revisions):
            yield f"out of order: {revisions}"


def _of_changes(
    world: World, install_id: str, revisions: list[int], told: list[Told]
) -> Iterator[str]:
    if len(told) != len(revisions):
        yield f"{len(revisions)} changes, {len(told)} events"
    item = world.memory.look(keys.install(install_id))
    state = None if item is None else items.item_to_install(item)
    kind, last = max(told, key=lambda one: one[1]["revision"], default=("", {"install": None}))
    copy = None if kind == PURGED else last["install"]
    row = None if state is None else row_to_json(state.row)
    if row is not None:
        row["variables"] = json.loads(state.row.variables if state else "null")
    if copy != row:
        yield f"the consumer has {copy}, the table {row}"
    if state is not None and last.get("revision") != state.revision:
        yield f"revision {last.get('revision')}, not {state.revision}"


def _of_settled(world: World, install_id: str, told: list[Told]) -> Iterator[str]:
    """Each work that ended has its event, of the revision of a change, with what was written."""
    settled = [(detail["revision"], detail["counts"]) for kind, detail in told if kind == SETTLED]
    wanted = world.chronicle.settled[install_id]
    if sorted(revision for revision, _ in settled) != sorted(wanted):
        yield f"settled are {settled}, and must be {wanted}"
    for revision, counts in settled:
        if +Counter(counts) != +wanted.get(revision, Counter()):
            yield f"{revision} settles {counts}, and the cascade wrote {wanted.get(revision)}"
    changed = {detail["revision"] for kind, detail in told if kind != SETTLED}
    if strange := {revision for revision, _ in settled} - changed:
        yield f"no change has the revisions {strange} of settled events"
