"""Puts and batches of items, and attempts with pauses between them."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from installs.store.expressions import Placeholders
from installs.store.items import encode_key
from tools.importer.errors import ImportStoppedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from installs.store.expressions import Condition
    from installs.store.items import Item
    from installs.store.keys import Key
    from installs.store.table import Table

WRITE_LIMIT: Final = 25
"""Requests in one BatchWriteItem (AWS: BatchWriteItem)."""

T = TypeVar("T")

ATTEMPTS: Final = 10
_PAUSE: Final = 0.025
_LONGEST: Final = 2.0


def attempts() -> Iterator[int]:
    """Count attempts, with a longer pause with full jitter before each but the first."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, min(_LONGEST, _PAUSE * 2**attempt)))  # noqa: S311 - jitter
        yield attempt


@dataclass(frozen=True, slots=True)
class Put:
    """Writes one item whole."""

    item: Item
    conditions: Sequence[Condition] = ()

    def encode(self, table: str) -> dict[str, Any]:
        """The action as ``TransactWriteItems`` takes it."""
        p = Placeholders()
        condition = " AND ".join(condition.encode(p) for condition in self.conditions)
        optional = {"ConditionExpression": condition} if condition else {}
        return {"Put": {"TableName": table, "Item": self.item, **optional, **p.attributes()}}


def write_batch(table: Table, puts: Sequence[Item], deletes: Sequence[Key] = ()) -> None:
    """Put and delete up to 25 items in all, whatever was there before."""
    pending: list[Any] = [{"PutRequest": {"Item": item}} for item in puts]
    pending += [{"DeleteRequest": {"Key": encode_key(key)}} for key in deletes]
    for _ in attempts():
        answer = table.client.batch_write_item(RequestItems={table.name: pending})
        pending = answer.get("UnprocessedItems", {}).get(table.name, [])
        if not pending:
            return
    raise ImportStoppedError("The table is busy, and leaves rows unwritten; import again.")


def in_runs(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The values in runs of at most ``size``."""
    return (values[start : start + size] for start in range(0, len(values), size))
