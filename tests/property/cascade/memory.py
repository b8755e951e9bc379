"""A table in memory that reads and writes as DynamoDB does, so that histories are cheap.

Transactions are all or nothing, with conditions on what was there before; a query reads a page at a
time, so that it may see what was written since its first page. ``test_memory`` holds it against a
real engine.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, cast

from installs.store import items, keys
from installs.store.expressions import Check, Delete, Equals, Exists, Update
from installs.store.keys import Key
from installs.store.table import ConditionFailedError
from tests.upgrade.importer_0_1_0.table import Put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from installs.store.expressions import Action, Condition
    from installs.store.items import Item
    from installs.store.table import Range, Table

PAGE: Final = 3
"""Items in a page of a query: few, so that even small worlds have several."""


class MemoryTable:
    """Stands in for ``Table``. ``before`` is called before each operation. ``transacting`` gets
    the keys of a transaction before it is written, and none after it; ``written`` gets each item
    that has changed, as it was and as it is."""

    def __init__(self) -> None:
        self.name = "memory"
        self.partitions: dict[str, dict[str, Item]] = {}
        self.before: Callable[[str], None] = lambda _: None
        self.transacting: Callable[[Sequence[Key]], None] = lambda _: None
        self.written: Callable[[Key, Item | None, Item | None], None] = lambda *_: None

    def as_table(self) -> Table:
        return cast("Table", self)

    def look(self, key: Key) -> Item | None:
        """An item, without anything happening meanwhile."""
        return self.partitions.get(key.pk, {}).get(key.sk)

    def put(self, item: Item) -> None:
        """Put an item whole, whatever was there; tells nobody."""
        self.partitions.setdefault(item["pk"]["S"], {})[item["sk"]["S"]] = item

    def all(self) -> Iterator[Item]:
        for partition in self.partitions.values():
            yield from partition.values()

    def get(self, key: Key) -> Item | None:
        self.before("read")
        return self.look(key)

    def get_many(self, wanted: Iterable[Key], *, consistent: bool = True) -> dict[Key, Item]:
        self.before("read")
        found = ((key, self.look(key)) for key in wanted)
        return {key: item for key, item in found if item is not None}

    def query(self, wanted: Range, *, consistent: bool = False) -> Iterator[Item]:
        last = "" if wanted.after is None else wanted.after.sk
        while True:
            self.before("read")
            rows = self._in_range(wanted)
            page = sorted((row for row in rows if row[0] > last), key=itemgetter(0))[:PAGE]
            yield from (item for _, item in page)
            if len(page) < PAGE:
                return
            last = page[-1][0]

    def _in_range(self, wanted: Range) -> list[tuple[str, Any]]:
        if wanted.index is None:
            partition = self.partitions.get(wanted.partition, {})
            return [
                (sort, item) for sort, item in partition.items() if sort.startswith(wanted.prefix)
            ]
        index = wanted.index
        return [
            (item[index.sort]["S"], item)
            for item in self.all()
            if item.get(index.partition) == {"S": wanted.partition}
            and item[index.sort]["S"].startswith(wanted.prefix)
        ]

    def transact(self, actions: Sequence[Action | Put]) -> None:
        self.before("write")
        assert 0 < len(actions) <= 100
        places = [_key(action) for action in actions]
        assert len(set(places)) == len(places), "an item twice in a transaction"
        found = [self.look(place) for place in places]
        failed = [
            number
            for number, (action, item) in enumerate(zip(actions, found, strict=True))
            if not all(_holds(condition, item) for condition in action.conditions)
        ]
        if failed:
            raise ConditionFailedError(failed)
        self.transacting(places)
        for action, place, item in zip(actions, places, found, strict=True):
            self.write(place, _after(action, item))
        self.transacting(())

    def write(self, place: Key, after: Item | None) -> None:
        """Write one item, or delete it with ``None``, and tell of it."""
        partition = self.partitions.setdefault(place.pk, {})
        before = partition.get(place.sk)
        if after is None:
            partition.pop(place.sk, None)
        else:
            partition[place.sk] = after
        if before != after:
            self.written(place, before, after)


def _key(action: Action | Put) -> Key:
    if isinstance(action, Put):
        return Key(action.item[keys.PK]["S"], action.item[keys.SK]["S"])
    return action.key


def _holds(condition: Condition, item: Item | None) -> bool:
    there = item is not None and condition.attribute in item
    if isinstance(condition, Exists):
        return there
    if isinstance(condition, Equals):
        return item is not None and item.get(condition.attribute) == items.encode(condition.value)
    return not there


def _after(action: Action | Put, item: Item | None) -> Item | None:
    match action:
        case Put():
            return action.item
        case Delete():
            return None
        case Check():
            return item
        case Update():
            after = dict(item or items.encode_key(action.key))
            after |= {name: items.encode(value) for name, value in action.set.items()}
            for name in action.remove:
                after.pop(name, None)
            for name, value in action.add.items():
                number = int(after.get(name, {"N": "0"})["N"]) + value
                after[name] = {"N": str(number)}
            return after
