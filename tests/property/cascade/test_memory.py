"""The table in memory does what a DynamoDB engine does, so that its histories mean something."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

from installs.store import items, keys
from installs.store.expressions import Check, Delete, Equals, Exists, Missing, Update
from installs.store.keys import Key
from installs.store.table import ConditionFailedError, Range, Table
from tests.property.cascade.memory import MemoryTable
from tests.upgrade.importer_0_1_0.table import Put

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from installs.store.expressions import Action, Condition

PLACES: Final = [Key(f"P#{n % 3}", f"S#{n}") for n in range(9)]
NAMES: Final = ("a", "b", "c")


def an_action(dice: random.Random, place: Key) -> Any:  # noqa: ANN401 - any action, Put too
    name, other = dice.sample(NAMES, 2)
    some: list[Condition] = [
        Exists(), Missing(), Exists(name), Missing(name), Equals(name, dice.choice((1, "x", True))),
    ]  # fmt: skip
    conditions = dice.sample(some, dice.choice((0, 0, 1, 2)))
    due = {keys.BY_PENDING.partition: "0", keys.BY_PENDING.sort: f"{dice.randrange(3)}#{place.sk}"}
    match dice.randrange(5):
        case 0:
            return Delete(place, conditions)
        case 1:
            return Check(place, conditions or [Missing("z")])
        case 2:
            put = items.encode_key(place) | {name: items.encode("x")}
            return Put(put | {key: items.encode(value) for key, value in due.items()}, conditions)
        case 3:
            return Update(place, conditions, add={"number": dice.choice((1, -2))})
        case _:
            value = dice.choice((1, "x", True))
            return Update(place, conditions, set={name: value, **due}, remove=[other])


def outcome(table: Table, actions: list[Action]) -> tuple[int, ...] | None:
    try:
        table.transact(actions)
    except ConditionFailedError as error:
        return error.failed
    return None


def test_it_answers_as_the_engine_does(table_name: str, dynamodb: DynamoDBClient) -> None:
    dice = random.Random(11)  # noqa: S311 - no secret
    real, memory = Table(table_name, dynamodb), MemoryTable()
    refused = 0
    for _ in range(400):
        # given some actions, each on a place of its own
        actions = [an_action(dice, place) for place in dice.sample(PLACES, dice.randint(1, 4))]
        # when both tables get them, then both say the same
        said = outcome(real, actions)
        assert outcome(memory.as_table(), actions) == said, actions
        refused += said is not None
        # and both hold the same
        for partition in ("P#0", "P#1", "P#2"):
            wanted = Range(partition, "S#")
            found = list(real.query(wanted, consistent=True))
            assert list(memory.query(wanted, consistent=True)) == found
        due = [*real.query(Range("0", "", keys.BY_PENDING))]
        mine = [*memory.query(Range("0", "", keys.BY_PENDING))]
        sort = keys.BY_PENDING.sort
        assert [one[sort] for one in mine] == [one[sort] for one in due]
    assert memory.get_many(PLACES) == real.get_many(PLACES)
    assert 50 < refused < 350
