"""The cascade on a real engine: whatever happens, what hangs agrees (CONTRACT.md section 7)."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any, Final

import pytest

from installs import cascade, commands
from installs.access import Principal
from installs.cascade import Work
from installs.errors import ConflictError, InstallsError
from installs.lifecycle import InstallState
from installs.store import installs, items, keys
from installs.store.table import Table
from tests import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from installs.store.expressions import Action
    from installs.store.keys import Key

AT: Final = "2026-11-01T10:00:00.000Z"
ROOT: Final = Principal("usr_root")
Row = dict[str, Any]

PARENTS: Final = {"a": None, "b": None, "a_mail": "a", "a_mail_sign": "a_mail", "c": None}
SOLUTIONS: Final = {"a": "sales", "b": "sales", "a_mail": "sales", "c": "alone"}
MEMBERS: Final = {
    "a": ["one", "two", "both"], "b": ["three", "both"], "a_mail": ["four"],
    "a_mail_sign": ["five"], "c": ["six"],
}  # fmt: skip
"""The entities that each install brought in. What ends in a name below was changed by hand."""
DISABLED: Final = {("a", "two")}
DELETED: Final = {("b", "both")}
IN_SOLUTION: Final = {"sales": ["one", "three", "both", "four", "loose"], "alone": ["six"]}


class CrashError(Exception):
    """The process ends here."""


class Disturbed(Table):
    """A table before whose every write something may happen."""

    before_write: Callable[[], None] = staticmethod(lambda: None)

    def transact(self, actions: Sequence[Action]) -> None:
        type(self).before_write()
        super().transact(actions)


class World:
    """Five installs with all that hangs from them, in a workspace of their own, and a stream."""

    _numbers = itertools.count()

    def __init__(self, name: str, client: DynamoDBClient) -> None:
        self.table = Table(name, client)
        self.disturbed = Disturbed(name, client)
        self.n = next(self._numbers)
        self.workspace = f"wsp_{self.n}"
        self.records: list[InstallState] = []
        self._put(self._items())
        self.known = self.states()

    def id(self, name: str) -> str:
        return f"{name}_{self.n}"

    def states(self) -> dict[str, InstallState]:
        found = installs.get_many(self.table, map(self.id, PARENTS))
        return {name: found[self.id(name)] for name in PARENTS if self.id(name) in found}

    def do(self, verb: str, name: str) -> None:
        """Do what a caller or DynamoDB does; ignore refusals."""
        try:
            match verb:
                case "uninstall":
                    commands.uninstall(self.table, ROOT, self.id(name), stack_tier="medium")
                case "restore":
                    commands.restore(self.table, ROOT, self.id(name))
                case "purge":
                    commands.purge(self.table, ROOT, self.id(name))
                case "expire" if (state := self.states().get(name)) and not state.live:
                    key: Any = items.encode_key(keys.install(self.id(name)))
                    self.table.client.delete_item(TableName=self.table.name, Key=key)
        except InstallsError:
            pass
        self.look()

    def look(self) -> None:
        """Put a record of each install that changed into the stream."""
        now = self.states()
        for name, before in self.known.items():
            after = now.get(name)
            if after != before:
                self.records.append(after or before)
        self.known = now

    def handle(self, seen: InstallState, table: Table | None = None) -> None:
        try:
            cascade.reconcile(Work(table or self.table), seen.owner_refs)
        finally:
            self.look()

    def handle_one(self, dice: random.Random) -> None:
        """Any record of the stream; it stays there where it was disturbed, and at times anyway."""
        if not self.records:
            return
        record = self.records.pop(dice.randrange(len(self.records)))
        again = dice.random() < 0.2
        try:
            self.handle(record, self.disturbed)
        except (CrashError, ConflictError):
            again = True
        if again:
            self.records.append(record)

    def drain(self) -> None:
        for _ in range(200):
            if not self.records:
                return
            self.handle(self.records.pop(0))
        pytest.fail("the cascade never comes to rest")

    def row(self, key: Key) -> Row | None:
        item = self.table.get(key)
        return None if item is None else items.decode(item)

    def member(self, name: str, entity: str) -> Row | None:
        return self.row(keys.member(self.id(name), f"mem_{entity}"))

    def solution(self, name: str) -> Row | None:
        return self.row(keys.solution(self.id(name)))

    def solution_member(self, name: str, entity: str) -> Row | None:
        return self.row(keys.solution_member(self.id(name), f"som_{entity}"))

    def check(self) -> None:
        """Check dependents against a plain model, and counters against a recount."""
        states = self.states()
        live = {name for name, state in states.items() if state.live}
        for name, parent in PARENTS.items():
            add_on, above = states.get(name), states.get(parent or "")
            if parent is None or add_on is None or (add_on.deletion and not add_on.cascaded):
                continue
            assert above is not None
            assert (above.deletion, add_on.cascaded) == (add_on.deletion, not above.live)
        for name, entities in MEMBERS.items():
            for entity in entities:
                self._check_member(states.get(name), name, entity)
        for solution, entities in IN_SOLUTION.items():
            group = {name for name, its in SOLUTIONS.items() if its == solution}
            assert state_of(self.solution(solution)) == wanted(group, live, states), solution
            for entity in entities:
                owners = {
                    name for name in group
                    if entity in MEMBERS[name] and (name, entity) not in DELETED
                }  # fmt: skip
                found = state_of(self.solution_member(solution, entity))
                assert found == wanted(owners or group, live, states), entity
        for integration in (None, "itg_x"):
            count = self.row(keys.live_count(self.workspace, integration))
            assert count is not None
            assert count["live"] == len(live)
        assert self._pointers() == self._pointers_wanted(states)

    def _check_member(self, state: InstallState | None, name: str, entity: str) -> None:
        row = self.member(name, entity)
        if (name, entity) in DELETED:
            assert row is not None
            assert (row["deletedAt"], row["enabled"]) == (AT, True)
            assert items.DELETION_ID not in row
        elif state is None:
            assert row is None
        elif state.deletion is None:
            assert row is not None
            assert row["enabled"] is ((name, entity) not in DISABLED)
            assert not {"deletedAt", "retentionTier", "deletionId", "enabledBefore"} & row.keys()
        else:
            assert row is not None
            assert (row["deletedAt"], row["deletionId"], row["retentionTier"], row["enabled"]) == (
                state.deletion.at, state.deletion.id, state.deletion.tier, False,
            )  # fmt: skip

    def _pointers(self) -> set[str]:
        return {name for name, parent in PARENTS.items() if any(map(self.row, self._keys(name)))}

    def _pointers_wanted(self, states: Iterable[str]) -> set[str]:
        return {name for name in states if PARENTS[name] or name in SOLUTIONS}

    def _keys(self, name: str) -> list[Key]:
        parent, solution = PARENTS[name], SOLUTIONS.get(name)
        found = [] if parent is None else [keys.add_on(self.id(parent), self.id(name))]
        if solution is not None:
            found.append(keys.solution_install(self.id(solution), self.id(name)))
        return found

    def _items(self) -> Iterable[items.Item]:
        root = records.user("usr_root", role="admin")
        yield items.row_to_item(keys.user("usr_root"), root)
        for integration in (None, "itg_x"):
            count = {"live": {"N": str(len(PARENTS))}}
            yield items.encode_key(keys.live_count(self.workspace, integration)) | count
        for name, parent in PARENTS.items():
            solution = SOLUTIONS.get(name)
            row = records.install(
                self.id(name), integrationId="itg_x", workspaceId=self.workspace,
                parentInstallId=parent and self.id(parent),
                solutionId=solution and self.id(solution),
            )  # fmt: skip
            yield items.install_to_item(InstallState(row))
            yield from map(items.encode_key, self._keys(name))
            for entity in MEMBERS[name]:
                deleted = AT if (name, entity) in DELETED else None
                member = records.member(
                    f"mem_{entity}", row.id, workspaceId=self.workspace, entityId=f"ent_{entity}",
                    enabled=(name, entity) not in DISABLED, deletedAt=deleted,
                )  # fmt: skip
                yield items.row_to_item(keys.member(row.id, member.id), member)
        for name, entities in IN_SOLUTION.items():
            solution_id = self.id(name)
            group = records.solution(solution_id, workspaceId=self.workspace)
            yield items.row_to_item(keys.solution(solution_id), group)
            for entity in entities:
                one = records.solution_member(f"som_{entity}", solution_id, f"ent_{entity}")
                yield items.row_to_item(keys.solution_member(solution_id, one.id), one)

    def _put(self, rows: Iterable[items.Item]) -> None:
        puts: list[Any] = [{"PutRequest": {"Item": item}} for item in rows]
        for start in range(0, len(puts), 25):
            request = {self.table.name: puts[start : start + 25]}
            self.table.client.batch_write_item(RequestItems=request)


def state_of(row: Row | None) -> str:
    if row is None:
        return "gone"
    return "deleted" if "deletedAt" in row else "live"


def wanted(owners: set[str], live: set[str], there: Iterable[str]) -> str:
    if owners & live:
        return "live"
    return "deleted" if owners & set(there) else "gone"


@pytest.fixture
def make(table_name: str, dynamodb: DynamoDBClient) -> Callable[[], World]:
    return lambda: World(table_name, dynamodb)


def test_shared_solutions_in_all_orders(make: Callable[[], World]) -> None:
    # given two installs of one solution, and what happens to each of them
    ends = [("uninstall", "restore"), ("uninstall", "purge")]
    for first, second in itertools.combinations_with_replacement(ends, 2):
        steps = [*((verb, "a") for verb in first), *((verb, "b") for verb in second)]
        for number, order in enumerate(itertools.combinations(range(4), 2)):
            world = make()
            a, b = iter(steps[:2]), iter(steps[2:])
            # when it happens in this order, and the consumer follows each step, or comes last
            for place in range(4):
                world.do(*next(a if place in order else b))
                if number % 2:
                    world.drain()
                    world.check()
            # then what hangs agrees in the end
            world.drain()
            world.check()


def test_an_add_on_uninstalled_by_hand_stays_in_its_own_trash(make: Callable[[], World]) -> None:
    for last in ("restore", "purge", "expire"):
        # given an add-on that was uninstalled by hand, and then its parent
        world = make()
        world.do("uninstall", "a_mail")
        world.drain()
        own = world.states()["a_mail"]
        world.do("uninstall", "a")
        world.drain()
        # when the parent comes back, or goes for good
        world.do(last, "a")
        world.drain()
        # then the add-on is as it was
        assert world.states()["a_mail"] == own
        world.check()


def test_records_may_come_twice_and_in_any_order(make: Callable[[], World]) -> None:
    dice = random.Random(7)  # noqa: S311 - no secret
    for _ in range(6):
        world = make()
        for verb in ("uninstall", "restore", "uninstall", "purge"):
            world.do(verb, "a")
        repeated = world.records * 2
        while repeated or world.records:
            repeated += world.records
            world.records.clear()
            world.handle(repeated.pop(dice.randrange(len(repeated))))
        world.check()


@pytest.mark.parametrize("last", ["restore", "purge", "expire"])
def test_a_crash_after_every_write(make: Callable[[], World], last: str) -> None:
    for writes in range(12):
        world = make()
        left = [writes]

        def crash(left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise CrashError

        for verb in ("uninstall", last):
            # when the consumer crashes after so many writes
            world.do(verb, "a")
            left[0] = writes
            Disturbed.before_write = staticmethod(crash)
            while world.records:
                try:
                    world.handle(world.records[0], world.disturbed)
                except CrashError:
                    break
                world.records.pop(0)
        # then another run of the same records finishes the work
        world.drain()
        world.check()


def test_random_histories(make: Callable[[], World]) -> None:
    dice = random.Random(20261123)  # noqa: S311 - no secret
    verbs = ["uninstall"] * 4 + ["restore"] * 3 + ["purge", "expire"]
    for _ in range(8):
        world = make()

        def act(world: World = world) -> None:
            world.do(dice.choice(verbs), dice.choice(list(PARENTS)))

        def disturb(world: World = world, act: Callable[[], None] = act) -> None:
            what = dice.random()
            if what < 0.08:
                raise CrashError
            if what < 0.25:
                act()
            if 0.15 < what < 0.35:
                # another consumer overtakes this one, so that its own write comes last
                world.drain()

        Disturbed.before_write = staticmethod(disturb)
        for _ in range(dice.randint(2, 7)):
            act()
            # when some of the stream is handled, late, with crashes and others' writes between
            for _ in range(dice.randint(0, 3)):
                world.handle_one(dice)
        # then it comes to rest, and all agrees
        world.drain()
        world.check()


def test_many_large_members_fit_into_the_transactions(make: Callable[[], World]) -> None:
    # given more than DynamoDB takes in one transaction, by size
    world = make()
    install_id = world.id("c")
    for n in range(30):
        member = records.member(
            f"mem_big_{n}", install_id, workspaceId=world.workspace,
            permissions={"a": "x" * 200_000},
        )  # fmt: skip
        item: Any = items.row_to_item(keys.member(install_id, member.id), member)
        world.table.client.put_item(TableName=world.table.name, Item=item)
    for verb, enabled in (("uninstall", False), ("restore", True)):
        world.do(verb, "c")
        world.drain()
        rows = [world.member("c", f"big_{n}") for n in range(30)]
        assert all(row is not None and row["enabled"] is enabled for row in rows)
    world.check()
