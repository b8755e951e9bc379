"""Recording of a handler's requests to the table, and of their dependencies.

It replaces the store's connection: concurrent requests run one after another, so that a recording
is reproducible, and are recorded as the branches of a fork.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar
from unittest.mock import patch

import orjson

from installs.store import keys, reader, table
from installs.store.connection import Connection
from installs.store.parallel import run
from tools.bench.trace import Await, Begin, Call, Fork, Step, Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from installs.store.parallel import Read

T = TypeVar("T")

_KB: Final = 1024
_WRITE: Final = "TransactWriteItems"


class Recorder(Connection):
    """A connection that traces its requests."""

    def __init__(self, endpoint: str, region: str) -> None:
        super().__init__(endpoint, region)
        self._steps: list[Step] = []
        self._begun = 0

    def within(self, *_: object) -> Recorder:
        """The recorder itself: a recording is of one request after the other."""
        return self

    def trace(self) -> Trace:
        """Return and clear the recording."""
        steps, self._steps = self._steps, []
        return tuple(steps)

    def call(self, operation: str, request: dict[str, Any]) -> Any:  # noqa: ANN401
        """Send and record one operation."""
        if operation == _WRITE:
            request = request | {"ReturnConsumedCapacity": "TOTAL"}
        answer = super().call(operation, request)
        units = _units(answer)
        consistent = request.get("ConsistentRead") or any(
            key_request.get("ConsistentRead")
            for key_request in request.get("RequestItems", {}).values()
        )
        writes = operation == _WRITE
        self._steps.append(
            Call(
                operation,
                examined=0 if writes else units * (4 if consistent else 8),
                answered=len(orjson.dumps(answer)) / _KB,
                read=0 if writes else units,
                written=units if writes else 0,
                partition=_partition(operation, request),
            )
        )
        return answer

    def gather(self, _caller: object, reads: Sequence[Read[T]]) -> list[T]:
        """Record ``store.parallel.gather`` as a fork."""
        values, fork = self._fork(reads)
        self._steps += fork
        return values

    def begin(self, _caller: object, reads: Sequence[Read[T]]) -> Callable[[], list[T]]:
        """Record ``store.parallel.begin``."""
        self._begun += 1
        number = self._begun
        values, fork = self._fork(reads)
        self._steps.append(Begin(number, fork))

        def wait() -> list[T]:
            self._steps.append(Await(number))
            return values

        return wait

    def _fork(self, reads: Sequence[Read[T]]) -> tuple[list[T], tuple[Fork, ...]]:
        """Make the calls of reads one after the other; return the values and the recording."""
        outer = self._steps
        branches: list[Trace] = []
        values = []
        try:
            for read in reads:
                self._steps = []
                values.append(run(lambda call: self.call(*call), read))
                branches.append(tuple(self._steps))
        finally:
            self._steps = outer
        return values, (Fork(tuple(branches)),) if branches else ()


@contextmanager
def recorded(recorder: Recorder) -> Iterator[None]:
    """Route the handlers' requests through the recorder."""
    with (
        patch.object(table, "Connection", lambda *_: recorder),
        patch.object(reader, "gather", recorder.gather),
        patch.object(reader, "begin", recorder.begin),
    ):
        table.client.cache_clear()
        try:
            yield
        finally:
            table.client.cache_clear()


def _units(answer: Any) -> float:  # noqa: ANN401 - the service's own JSON
    consumed = answer.get("ConsumedCapacity", [])
    parts = consumed if isinstance(consumed, list) else [consumed]
    return float(sum(part["CapacityUnits"] for part in parts))


def _partition(operation: str, request: dict[str, Any]) -> str | None:
    """Return the partition key of a query or a read of one item, and its index."""
    if operation == "GetItem":
        return str(request["Key"][keys.PK]["S"])
    if operation != "Query":
        return None
    # The partition's value is the first that the store puts into a key condition.
    value = next(iter(request["ExpressionAttributeValues"].values()))
    return f"{request.get('IndexName', 'table')} {value['S']}"
