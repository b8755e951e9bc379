"""A small world in a table in memory, with its stream, its clock, and what its actors do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from installs import commands
from installs.access import Principal
from installs.cascade import Work
from installs.clock import timestamp
from installs.deadline import OutOfTimeError
from installs.errors import InstallsError, UnavailableError
from installs.ingest.apply import apply_values
from installs.ingest.decisions import Options
from installs.repair import finish_overdue
from installs.store import items, keys
from installs.stream import reconcile_records
from tests import records
from tests.property.cascade.chronicle import Chronicle
from tests.property.cascade.fibers import CrashError, Fiber
from tests.property.cascade.memory import MemoryTable
from tests.property.cascade.model import GONE, Install, Member, Model
from tests.property.cascade.platform import (
    ENTITIES,
    Platform,
    install_line,
    member_line,
    solution_line,
    solution_member_line,
)
from tests.property.cascade.stream import Stream

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from installs.lifecycle import InstallState
    from installs.store.items import Item
    from installs.store.keys import Key
    from tests.property.cascade.model import DesiredState
    from tests.property.cascade.stream import Record

ROOT: Final = Principal("usr_root")
START: Final = datetime(2026, 11, 1, tzinfo=UTC)
WORKSPACES: Final = ("wsp", "wsp_other")
"""Each has a retention of its own; one solution, or one family of add-ons, may be in both."""
MOST_OPERATIONS: Final = 20_000
"""The most table operations of one history, far above the hundreds that any needs."""


class EndlessError(BaseException):
    """A history goes round in circles: nothing catches it."""


class World:
    """A table, its stream, the actors at work, and the model of the outcome."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.now = START
        self.memory = MemoryTable()
        self.table = self.memory.as_table()
        self.model = Model()
        self.stream = Stream(dice)
        self.lost = False
        self.sweeps = dice.random() < 0.9
        self.actors: dict[Fiber, str] = {}
        self.patient = dice.random() < 0.5
        """True: few actors are interrupted, for long; False: all of them, often."""
        self.frozen = dice.random() < 0.1
        """True: a sandbox may be frozen anywhere, and go on after a month."""
        self.waiting: set[Fiber] = set()
        self.began: dict[Fiber, datetime] = {}
        self.current: Fiber | None = None
        self.trace: list[str] = []
        self.chronicle = Chronicle(self.memory)
        self.requests: list[str] = []
        self.request_of: dict[Fiber, str] = {}
        self.memory.before = self._before
        self.memory.transacting = self.chronicle.begin
        self.memory.written = self._written
        self._operations = 0
        self.building = True
        self.platform = Platform(self)
        self._build()

    # What happens at an operation of the table, and what a write brings.

    def _before(self, kind: str) -> None:
        self._operations += 1
        if self._operations > MOST_OPERATIONS:
            raise EndlessError(f"no end after {len(self.trace)} events: {self.trace[-3:]}")
        fiber = self.current
        if fiber is None:
            return
        roll = self.dice.random()
        if roll < 0.015 and self.actors[fiber] != "client":
            self.trace.append(f"crash of {self.actors[fiber]}")
            raise CrashError
        if roll < 0.03 and kind == "write":
            raise UnavailableError("busy")
        if self.patient:
            if self.dice.random() < 0.08:
                self.waiting.add(fiber)
                fiber.pause()
        elif roll < (0.6 if kind == "write" else 0.25):
            fiber.pause()

    def clock(self) -> datetime:
        """The time that the code under test sees."""
        if self.frozen and self.current is not None and self.dice.random() < 0.02:
            self.move_clock(timedelta(days=31))
        return self.now

    def check_time(self) -> None:
        if self.current is not None and self.dice.random() < 0.02:
            raise OutOfTimeError

    def _written(self, key: Key, before: Item | None, after: Item | None) -> None:
        kind, _, owner = key.pk.partition("#")
        self._tell_chronicle(key, before, after)
        swept = after is None and not self.chronicle.in_transaction
        self.stream.tell(self.now, key, before, after, swept=swept)
        if self.building:
            return
        actor = "dynamodb" if self.current is None else self.actors[self.current]
        if key == keys.install(owner):
            old, new = (None if i is None else items.item_to_install(i) for i in (before, after))
            self.trace.append(f"{actor}: {owner} {_shown(old)} -> {_shown(new)}")
            self._tell_model(actor, owner, old, new)
        elif key == keys.pending_work(owner) and after is None:
            if self.memory.look(keys.install(owner)) is None:
                self.model.cleared(owner)
        elif key.sk.startswith(keys.SOLUTION_INSTALL_PREFIX) and after is None:
            install_id = key.sk.removeprefix(keys.SOLUTION_INSTALL_PREFIX)
            if self.memory.look(keys.install(install_id)) is None:
                self.model.forgotten(install_id, owner, self._is_there)
        elif actor == "ingest":
            self._tell_model_of_row(kind, owner, key, before, after)

    def _tell_chronicle(self, key: Key, before: Item | None, after: Item | None) -> None:
        fiber = self.current
        actor = "ingest" if self.building else "cascade" if fiber is None else self.actors[fiber]
        request_id = None if fiber is None else self.request_of.get(fiber)
        self.chronicle.written(actor, request_id, self.now, key, before, after)

    def _is_there(self, row: Member) -> bool:
        """Return True if a solution, or a member of one, is in the table."""
        group = row.id == row.owner
        key = keys.solution(row.id) if group else keys.solution_member(row.owner, row.id)
        return self.memory.look(key) is not None

    def _tell_model_of_row(
        self, kind: str, owner: str, key: Key, before: Item | None, after: Item | None
    ) -> None:
        """Rows that came in beside installs."""
        if key == keys.solution(owner):
            self.model.solution_came(owner)
            return
        if not key.sk.startswith(keys.MEMBER_PREFIX):
            return
        row_id = key.sk.removeprefix(keys.MEMBER_PREFIX)
        self.trace.append(f"ingest: {key.pk} {row_id} {'goes' if after is None else 'comes'}")
        if after is None:
            went = self.model.member_went if kind == "INSTALL" else self.model.solution_member_went
            went(row_id, owner)
            return
        values = items.decode(after)
        if before is not None:
            assert items.decode(before).get(items.AS_OF, "") <= values.get(items.AS_OF, "")
        own = "deletedAt" in values and items.DELETION_ID not in values
        enabled = values.get(items.ENABLED_BEFORE, values.get("enabled", True))
        came = Member(row_id, owner, values["entityId"], enabled, own)
        (self.model.member_came if kind == "INSTALL" else self.model.solution_member_came)(came)

    def _tell_model(
        self, actor: str, install_id: str, old: InstallState | None, new: InstallState | None
    ) -> None:
        one = self.model.installs[install_id]
        if actor == "client" and old is not None and self.current is not None:
            # Retention may run out between the check and the write, but not before both.
            assert not old.expired(self.began[self.current]), "changed after its retention"
        if new is None:
            assert old is not None
            assert old.deletion is not None, "a live install was deleted for good"
            ended = actor == "client" or old.expired(self.now)
            assert ended or self.model.desired(install_id) == GONE, "nobody purged it"
            one.gone = True
        elif actor == "ingest":
            if old is None or not old.cascaded:
                kept = None if old is None else old.deletion
                taken = new.deletion is not None and new.cascaded
                assert new.deletion == kept or (kept is None and taken), "ingest changed a life"
            if old is not None:
                assert (old.as_of or "") <= (new.as_of or ""), "a stale line was applied"
            self.model.install_came(install_id, new.row.parent_install_id, new.row.solution_id)
        elif actor == "client":
            # It may have been about to go with a parent that was purged.
            with self.model.contest():
                deletion = new.deletion
                one.own = None if deletion is None else (deletion.at, deletion.id, deletion.tier)
                if deletion is None:
                    one.outlives = self._outlived(one)

    def _outlived(self, one: Install) -> DesiredState | None:
        """The last state of a parent that is gone, by the table or by its retention."""
        if one.parent is None:
            return None
        item = self.memory.look(keys.install(one.parent))
        parent = None if item is None else items.item_to_install(item)
        if parent is None or parent.deletion is None:
            return GONE if parent is None else None
        deletion = parent.deletion
        expired = parent.expired(self.now)
        return (deletion.at, deletion.id, deletion.tier) if expired else None

    # Actors: what begins here goes on by turns.

    def next_actor(self) -> Fiber | None:
        """Choose the next actor. The latest to begin is preferred, so that others fall behind."""
        actors = list(self.actors)
        if self.patient and self.dice.random() < 0.93:
            actors = [fiber for fiber in actors if fiber not in self.waiting]
        if not actors:
            return None
        return actors[-1] if self.dice.random() < 0.5 else self.dice.choice(actors)

    def start(self, kind: str, what: str, work: Callable[[], object]) -> Fiber:
        self.trace.append(f"begin {kind}: {what}")

        def act() -> None:
            try:
                work()
            except (InstallsError, CrashError) as error:
                self.trace.append(f"{kind} {what}: {error!r}")

        fiber = Fiber.of(act)
        self.actors[fiber] = kind
        self.began[fiber] = self.now
        return fiber

    def resume(self, fiber: Fiber) -> None:
        self.current = fiber
        self.waiting.discard(fiber)
        fiber.resume()
        self.current = None
        if fiber.done:
            del self.actors[fiber]
            self.request_of.pop(fiber, None)

    def command(self, verb: str, install_id: str) -> None:
        request_id = f"req-{len(self.requests)}"
        act: dict[str, Callable[[], object]] = {
            "uninstall": lambda: commands.uninstall(
                self.table, ROOT, install_id, stack_tier="medium", request_id=request_id
            ),
            "restore": lambda: commands.restore(
                self.table, ROOT, install_id, request_id=request_id
            ),
            "purge": lambda: commands.purge(self.table, ROOT, install_id, request_id=request_id),
        }
        self.requests.append(request_id)
        self.request_of[self.start("client", f"{verb} {install_id}", act[verb])] = request_id

    def half(self, install_id: str) -> str:
        """Return the present state of an install: live, deleted, or gone."""
        item = self.memory.look(keys.install(install_id))
        if item is None:
            return "gone"
        return "deleted" if items.DELETION_ID in item else "live"

    def consume(self, batch: list[Record]) -> None:
        """Deliver a batch as Lambda's mapping does; unprocessed records go back in order."""

        def work() -> None:
            left = batch
            try:
                left = self.handle(batch)
            finally:
                self.stream.put_back(batch, left)

        self.start("consumer", f"{len(batch)} records", work)

    def handle(self, batch: list[Record]) -> list[Record]:
        """Hand records to the consumer; those that it leaves."""

        def dead_letter(record: Record, reason: str) -> None:
            raise AssertionError(f"dead-lettered: {reason}")

        work = Work(self.table, self.check_time)
        outcome = reconcile_records(batch, work, dead_letter)  # type: ignore[arg-type]
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        return batch[numbers.index(outcome.stopped_at) :] if outcome.stopped_at else []

    def repeat(self) -> None:
        """A record from any time comes again, beside everything else."""
        record = self.dice.choice(self.stream.past)
        self.start("consumer", "a record again", lambda: self.handle([record]))

    def repair(self) -> None:
        work = Work(self.table, self.check_time)
        self.start("repair", "overdue", lambda: finish_overdue(work))

    def lose(self) -> None:
        self.trace.append(f"lost: a record of {self.stream.lose()}")
        self.lost = True

    def sweep(self, share: float = 1) -> None:
        """DynamoDB's TTL: in no order, some now and some later."""
        for item in list(self.memory.all()):
            past = int(item.get(items.PURGE_AT, {"N": "99999999999"})["N"]) <= self.now.timestamp()
            if item["sk"]["S"] == keys.INSTALL_SK and past and self.dice.random() < share:
                self.memory.write(keys.install(item["id"]["S"]), None)

    # The beginning.

    def choose_tier(self, workspace_id: str) -> None:
        """A workspace chooses for how long it keeps what it deletes from now on."""
        tier = self.dice.choice(("short", "medium", "long", "none", None))
        row = records.workspace(workspace_id, defaultRetentionTier=tier)
        self.memory.put(items.row_to_item(keys.workspace(workspace_id), row))

    def _build(self) -> None:
        dice = self.dice
        root = records.user("usr_root", role="admin")
        self.memory.put(items.row_to_item(keys.user("usr_root"), root))
        for workspace_id in WORKSPACES:
            self.choose_tier(workspace_id)
        solutions = [f"sol_{n}" for n in range(dice.choice((1, 1, 2)))]
        flat = dice.random() < 0.3
        for n in range(dice.choice((2, 3, 3, 4, 5))):
            above = dice.choice([None, *self.model.installs]) if dice.random() < 0.8 else None
            solution = dice.choice([None, solutions[0], *solutions])
            if flat:
                above, solution = None, solutions[0]
            integration = dice.choice(("itg_x", "itg_y"))
            workspace_id = dice.choice((*WORKSPACES, WORKSPACES[0]))
            if above is not None:
                workspace_id = self.model.installs[above].workspace
            one = Install(f"ins_{n}", workspace_id, integration, above, solution)
            self.model.installs[one.id] = one
            for entity in dice.sample(ENTITIES, dice.choice((0, 1, 2, 4))):
                enabled, own = dice.random() < 0.7, dice.random() < 0.15
                # An id is one row: members of several installs have several.
                member = Member(f"mem_{n}_{entity}", one.id, entity, enabled, own)
                self.model.members.append(member)
        for number, solution_id in enumerate(solutions):
            self.model.groups[solution_id] = Member(solution_id, solution_id, "")
            self.model.solutions[solution_id] = [
                Member(f"som_{number}_{entity}", solution_id, entity, own_trash=dice.random() < 0.1)
                for entity in dice.sample(ENTITIES, 4)
            ]
        lines = [
            *map(solution_line, solutions),
            *map(install_line, self.model.installs.values()),
            *map(member_line, self.model.members),
            *(solution_member_line(one) for some in self.model.solutions.values() for one in some),
        ]
        results = apply_values(self.table, lines, Options(lifecycle_from_file=True))
        assert {one.outcome for one in results} == {"created"}
        self.building = False

    def move_clock(self, by: timedelta) -> None:
        self.now += by
        self.trace.append(f"it is {timestamp(self.now)}")


def _shown(state: InstallState | None) -> str:
    if state is None:
        return "nothing"
    if state.deletion is None:
        return "live"
    return f"{'cascaded' if state.cascaded else 'deleted'} {state.deletion.id[:6]}"
