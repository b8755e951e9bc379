"""The stream of a history's table: what waits for the cascade, and all that there ever was."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Final

from installs.store import items, keys

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable
    from datetime import datetime

    from installs.store.items import Item
    from installs.store.keys import Key

Record = dict[str, Any]

BY_TTL: Final = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
"""The identity in the record of an item that TTL deleted (AWS: DynamoDB Streams and TTL)."""


class Stream:
    """The records of each partition in order; nobody else has those of a batch under way."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._queues: dict[str, list[Record]] = {}
        self._in_flight: set[str] = set()
        self._numbers = count(1)
        self.past: list[Record] = []
        """The records of all times that are for the cascade."""
        self.all: list[Record] = []
        """All records of installs and of what is beside them, whoever they are for."""

    @property
    def waiting(self) -> bool:
        return any(self._queues.values())

    def tell(
        self, at: datetime, key: Key, before: Item | None, after: Item | None, *, swept: bool
    ) -> None:
        """Hear of a write; ``swept``: DynamoDB's TTL deleted the item."""
        of_solution = (
            key.pk.startswith("SOLUTION#") and key.sk == keys.PENDING_SK and after is not None
        )
        if not (of_solution or key.pk.startswith("INSTALL#")):
            return
        number = next(self._numbers)
        change = {
            "Keys": items.encode_key(key),
            "SequenceNumber": str(number),
            "ApproximateCreationDateTime": at.timestamp(),
            **({"OldImage": before} if before else {}),
            **({"NewImage": after} if after else {}),
        }
        name = "INSERT" if before is None else "REMOVE" if after is None else "MODIFY"
        record = {"eventID": f"event-{number}", "eventName": name, "dynamodb": change}
        if swept:
            record["userIdentity"] = BY_TTL
        self.all.append(record)
        if of_solution or key.sk == keys.INSTALL_SK:
            self._queues.setdefault(key.pk, []).append(record)
            self.past.append(record)

    def take(self) -> list[Record]:
        """Records of any partitions, those of each in their order."""
        batch: list[Record] = []
        for _ in range(self._dice.choice((1, 1, 2, 3, 5, 10))):
            own = set(map(_partition, batch))
            ready = [
                name
                for name, queue in self._queues.items()
                if queue and (name not in self._in_flight or name in own)
            ]
            if not ready:
                break
            batch.append(self._queues[self._dice.choice(ready)].pop(0))
            self._in_flight.add(_partition(batch[-1]))
        return batch

    def put_back(self, batch: Iterable[Record], left: list[Record]) -> None:
        """End a batch; the records that are left come again, in order."""
        for record in reversed(left):
            self._queues[_partition(record)].insert(0, record)
        self._in_flight -= set(map(_partition, batch))

    def lose(self) -> str:
        """Lose the last record of a partition; return which partition."""
        queue = self._dice.choice([queue for queue in self._queues.values() if queue])
        return _partition(queue.pop())


def _partition(record: Record) -> str:
    pk: str = record["dynamodb"]["Keys"]["pk"]["S"]
    return pk
