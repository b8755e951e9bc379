"""A small world in a table in memory, with its stream, its clock, and what its actors do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from installs import cascade, commands, model
from installs.access import Principal
from installs.cascade import Work
from installs.deadline import OutOfTimeError
from installs.errors import InstallsError, UnavailableError
from installs.lifecycle import InstallState, timestamp
from installs.repair import finish_overdue
from installs.store import installs, items, keys
from installs.stream import consume
from tests import records
from tests.property.cascade.fibers import CrashError, Fiber
from tests.property.cascade.memory import MemoryTable
from tests.property.cascade.model import Install, Member, Model
from tools.importer.afterwards import Hung, enqueue_where_changed
from tools.importer.installs import write_installs

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from installs.store.items import Item
    from installs.store.keys import Key

ROOT: Final = Principal("usr_root")
START: Final = datetime(2026, 11, 1, tzinfo=UTC)
OLD: Final = "2026-10-01T00:00:00.000Z"
WORKSPACES: Final = ("wsp", "wsp_other")
"""Each has a retention of its own; one solution, or one family of add-ons, may be in both."""
ENTITIES: Final = tuple(f"ent_{n}" for n in range(5))
MOST_OPERATIONS: Final = 20_000
"""The most table operations of one history, far above the hundreds that any needs."""
Record = dict[str, Any]


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
        self.queues: dict[str, list[Record]] = {}
        self.in_flight: set[str] = set()
        self.past_records: list[Record] = []
        self.lost = False
        self.sweeps = dice.random() < 0.9
        self.inserted = False
        self.actors: dict[Fiber, str] = {}
        self.patient = dice.random() < 0.5
        """True: few actors are interrupted, for long; False: all of them, often."""
        self.waiting: set[Fiber] = set()
        self.began: dict[Fiber, datetime] = {}
        self.current: Fiber | None = None
        self.trace: list[str] = []
        self.memory.before = self._before
        self.memory.written = self._written
        self._operations = 0
        self._numbers = iter(range(1, 1_000_000))
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

    def _check_time(self) -> None:
        if self.current is not None and self.dice.random() < 0.02:
            raise OutOfTimeError

    def _written(self, key: Key, before: Item | None, after: Item | None) -> None:
        if key.sk != keys.INSTALL_SK:
            return
        install_id = key.pk.removeprefix("INSTALL#")
        old, new = (None if i is None else items.item_to_install(i) for i in (before, after))
        actor = "dynamodb" if self.current is None else self.actors[self.current]
        self.trace.append(f"{actor}: {install_id} {_shown(old)} -> {_shown(new)}")
        self._tell_model(actor, install_id, old, new)
        if old is None or not (new is None or old.deletion or new.deletion):
            return
        number = next(self._numbers)
        change = {
            "Keys": items.encode_key(key),
            "SequenceNumber": str(number),
            "ApproximateCreationDateTime": self.now.timestamp(),
            **({"OldImage": before} if before else {}),
            **({"NewImage": after} if after else {}),
        }
        record = {"eventID": f"event-{number}", "dynamodb": change}
        self.queues.setdefault(install_id, []).append(record)
        self.past_records.append(record)

    def _tell_model(
        self, actor: str, install_id: str, old: InstallState | None, new: InstallState | None
    ) -> None:
        one = self.model.installs[install_id]
        if actor == "client" and old is not None and self.current is not None:
            # Retention may run out between the check and the write, but not before both.
            assert not old.expired(self.began[self.current]), "changed after its retention"
        if new is None:
            assert old is not None
            assert old.deletion is not None or actor != "client"
            one.gone = one.gone or actor == "client" or old.expired(self.now)
        elif actor == "client" and new.deletion is None:
            one.own = None
        elif actor == "client":
            assert new.deletion is not None
            one.own = (new.deletion.at, new.deletion.id, new.deletion.tier)

    # Actors: what begins here goes on by turns.

    def next_actor(self) -> Fiber | None:
        """Choose the next actor. The latest to begin is preferred, so that others fall behind."""
        actors = list(self.actors)
        if self.patient and self.dice.random() < 0.93:
            actors = [fiber for fiber in actors if fiber not in self.waiting]
        if not actors:
            return None
        return actors[-1] if self.dice.random() < 0.5 else self.dice.choice(actors)

    def start(self, kind: str, what: str, work: Callable[[], object]) -> None:
        self.trace.append(f"begin {kind}: {what}")

        def act() -> None:
            try:
                work()
            except (InstallsError, CrashError) as error:
                self.trace.append(f"{kind} {what}: {error!r}")

        fiber = Fiber.of(act)
        self.actors[fiber] = kind
        self.began[fiber] = self.now

    def resume(self, fiber: Fiber) -> None:
        self.current = fiber
        self.waiting.discard(fiber)
        fiber.resume()
        self.current = None
        if fiber.done:
            del self.actors[fiber]

    def command(self, verb: str, install_id: str) -> None:
        act: dict[str, Callable[[], object]] = {
            "uninstall": lambda: commands.uninstall(
                self.table, ROOT, install_id, stack_tier="medium"
            ),
            "restore": lambda: commands.restore(self.table, ROOT, install_id),
            "purge": lambda: commands.purge(self.table, ROOT, install_id),
        }
        self.start("client", f"{verb} {install_id}", act[verb])

    def half(self, install_id: str) -> str:
        """Return the present state of an install: live, deleted, or gone."""
        item = self.memory.look(keys.install(install_id))
        if item is None:
            return "gone"
        return "deleted" if items.DELETION_ID in item else "live"

    def take_batch(self) -> list[Record]:
        """Records of any installs, those of each in their order; nobody else has these installs."""
        batch: list[Record] = []
        for _ in range(self.dice.choice((1, 1, 2, 3, 5, 10))):
            ready = [name for name, queue in self.queues.items() if queue]
            ready = [name for name in ready if name not in self.in_flight or self._has(batch, name)]
            if not ready:
                break
            batch.append(self.queues[self.dice.choice(ready)].pop(0))
            self.in_flight.add(_install_of(batch[-1]))
        return batch

    @staticmethod
    def _has(batch: list[Record], install_id: str) -> bool:
        return any(_install_of(record) == install_id for record in batch)

    def consume(self, batch: list[Record]) -> None:
        """Deliver a batch as Lambda's mapping does; unprocessed records go back in order."""

        def work() -> None:
            left = batch
            try:
                left = self.handle(batch)
            finally:
                for record in reversed(left):
                    self.queues[_install_of(record)].insert(0, record)
                self.in_flight -= {_install_of(record) for record in batch}

        self.start("consumer", f"{len(batch)} records", work)

    def handle(self, batch: list[Record]) -> list[Record]:
        """Hand records to the consumer; those that it leaves."""

        def dead_letter(record: Record, reason: str) -> None:
            raise AssertionError(f"dead-lettered: {reason}")

        work = Work(self.table, self._check_time)
        outcome = consume(batch, lambda seen: cascade.reconcile(work, seen), dead_letter)  # type: ignore[arg-type]
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        return batch[numbers.index(outcome.stopped_at) :] if outcome.stopped_at else []

    def repeat(self) -> None:
        """A record from any time comes again, beside everything else."""
        record = self.dice.choice(self.past_records)
        self.start("consumer", "a record again", lambda: self.handle([record]))

    def repair(self) -> None:
        work = Work(self.table, self._check_time)
        self.start("repair", "overdue", lambda: finish_overdue(work))

    def lose(self) -> None:
        queue = self.dice.choice([queue for queue in self.queues.values() if queue])
        self.trace.append(f"lost: a record of {_install_of(queue.pop())}")
        self.lost = True

    def sweep(self, share: float = 1) -> None:
        """DynamoDB's TTL: in no order, some now and some later."""
        for item in list(self.memory.all()):
            past = int(item.get(items.PURGE_AT, {"N": "99999999999"})["N"]) <= self.now.timestamp()
            if item["sk"]["S"] == keys.INSTALL_SK and past and self.dice.random() < share:
                self.memory.write(keys.install(item["id"]["S"]), None)

    def _dawdle(self) -> None:
        """An importer has other rows to write before it comes to look at what it wrote."""
        self.inserted = True
        for _ in range(self.dice.choice((0, 2, 15))):
            if self.current is not None:
                self.current.pause()

    def insert_member(self, install_id: str) -> None:
        number = next(self._numbers)

        def work() -> None:
            state = installs.get(self.table, install_id)
            if state is None:
                return
            one = Member(f"mem_late_{number}", install_id, f"ent_late_{number}")
            self.model.members.append(one)
            self.memory.put(self._member(one))
            self._dawdle()
            known = {install_id: state.owner_refs}
            calmly(lambda: enqueue_where_changed(self.table, [Hung(install_id, None)], known))

        self.start("client", f"insert a member of {install_id}", work)

    def insert_add_on(self, parent_id: str) -> None:
        install_id = f"late_{next(self._numbers)}"

        def work() -> None:
            parent = installs.get(self.table, parent_id)
            if parent is None:
                return
            one = Install(install_id, parent.row.workspace_id, "itg_x", parent_id, None)
            self.model.installs[install_id] = one
            state = InstallState(_row(one))
            calmly(lambda: write_installs(self.table, [state], lambda *_: None))
            self._dawdle()
            known = {parent_id: parent.owner_refs}
            calmly(lambda: enqueue_where_changed(self.table, [Hung(parent_id, None)], known))

        self.start("importer", f"insert {install_id} below {parent_id}", work)

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
        states = []
        flat = dice.random() < 0.3
        for n in range(dice.choice((2, 3, 3, 4, 5))):
            above = dice.choice([None, *self.model.installs]) if dice.random() < 0.8 else None
            solution = dice.choice([None, solutions[0], *solutions])
            if flat:
                above, solution = None, solutions[0]
            integration = dice.choice(("itg_x", "itg_y"))
            workspace_id = dice.choice((*WORKSPACES, WORKSPACES[0]))
            one = Install(f"ins_{n}", workspace_id, integration, above, solution)
            self.model.installs[one.id] = one
            states.append(InstallState(_row(one)))
            for entity in dice.sample(ENTITIES, dice.choice((0, 1, 2, 4))):
                enabled, own = dice.random() < 0.7, dice.random() < 0.15
                member = Member(f"mem_{entity}", one.id, entity, enabled, own)
                self.model.members.append(member)
                self.memory.put(self._member(member))
        self.memory.written = lambda *_: None
        write_installs(self.table, states, lambda *_: None)
        self.memory.written = self._written
        for solution_id in solutions:
            group = records.solution(solution_id, workspaceId="wsp")
            self.memory.put(items.row_to_item(keys.solution(solution_id), group))
            some = [
                Member(f"som_{entity}", solution_id, entity, own_trash=dice.random() < 0.1)
                for entity in dice.sample(ENTITIES, 4)
            ]
            self.model.solutions[solution_id] = some
            for member in some:
                deleted = OLD if member.own_trash else None
                one_row = records.solution_member(
                    member.id, solution_id, member.entity, deletedAt=deleted
                )
                self.memory.put(
                    items.row_to_item(keys.solution_member(solution_id, member.id), one_row)
                )

    @staticmethod
    def _member(one: Member) -> Item:
        row = records.member(
            one.id, one.owner, workspaceId="wsp", entityId=one.entity, enabled=one.enabled,
            deletedAt=OLD if one.own_trash else None,
        )  # fmt: skip
        return items.row_to_item(keys.member(one.owner, one.id), row)

    def move_clock(self, by: timedelta) -> None:
        self.now += by
        self.trace.append(f"it is {timestamp(self.now)}")


def calmly(work: Callable[[], object]) -> None:
    """Retry until it succeeds, as an importer does."""
    while True:
        try:
            work()
        except (UnavailableError, CrashError):
            continue
        return


def _row(one: Install) -> model.Install:
    return records.install(
        one.id, integrationId=one.integration, workspaceId=one.workspace,
        parentInstallId=one.parent, solutionId=one.solution,
    )  # fmt: skip


def _install_of(record: Record) -> str:
    pk: str = record["dynamodb"]["Keys"]["pk"]["S"]
    return pk.removeprefix("INSTALL#")


def _shown(state: InstallState | None) -> str:
    if state is None:
        return "nothing"
    if state.deletion is None:
        return "live"
    return f"{'cascaded' if state.cascaded else 'deleted'} {state.deletion.id[:6]}"
