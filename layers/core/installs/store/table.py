"""The table: its reads and its transactions. All calls of DynamoDB are here."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.exceptions import ClientError

from installs import config, randomness
from installs.deadline import NO_DEADLINE, Deadline
from installs.errors import (
    ConflictError,
    InstallsError,
    UnavailableError,
)
from installs.store import keys
from installs.store.connection import CONFLICT, THROTTLES, Connection
from installs.store.expressions import Action, Placeholders
from installs.store.items import Item, encode_key
from installs.store.keys import Index, Key
from installs.store.parallel import Call, run
from installs.store.retries import ATTEMPTS, CallFailedError, jitter
from installs.store.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from installs.store.parallel import Read

TRANSACTION_LIMIT: Final = 100
"""Actions in one transaction (AWS: TransactWriteItems)."""

LARGEST_TRANSACTION: Final = 3_000_000
"""Bytes of the items in one transaction, with room below 4 MB (AWS: TransactWriteItems)."""

BATCH_LIMIT: Final = 100
"""Keys in one BatchGetItem (AWS: BatchGetItem)."""

_METHODS: Final = {"Query": "query", "BatchGetItem": "batch_get_item"}
_IN_DOUBT: Final = "TransactionInProgressException"


class ConditionFailedError(Exception):
    """A condition of a transaction failed, so nothing was written.

    ``failed`` has the indexes of the actions whose conditions failed. ``maybe_written``: an earlier
    attempt, whose response was lost, may have written it.
    """

    def __init__(self, failed: Sequence[int], *, maybe_written: bool = False) -> None:
        super().__init__(f"conditions of the actions {list(failed)} failed")
        self.failed = tuple(failed)
        self.maybe_written = maybe_written


@dataclass(frozen=True, slots=True)
class Range:
    """The items of one partition whose sort key begins with a prefix, in the sort key's order.

    ``after``: only the items after this key, which need not exist; not for an index. ``page``: the
    most items of one request, if few are wanted.
    """

    partition: str
    prefix: str = ""
    index: Index | None = None
    after: Key | None = None
    forward: bool = True
    page: int | None = None


@cache
def client() -> DynamoDBClient:
    """Return the process's connection to DynamoDB, opened on first use.

    It has the operations of boto3's client that read and write a table, and no others.
    """
    return cast("DynamoDBClient", Connection(config.dynamodb_endpoint(), config.region()))


@dataclass(frozen=True, slots=True)
class Table:
    """One table, and the usage of its reads."""

    name: str
    client: DynamoDBClient
    usage: Usage = field(default_factory=Usage)
    deadline: Deadline = NO_DEADLINE

    @classmethod
    def of_function(cls, usage: Usage | None = None, deadline: Deadline = NO_DEADLINE) -> Table:
        """Return the function's table for one invocation: all calls end by the deadline."""
        usage = usage or Usage()
        connection: Any = client()
        within = connection.within(deadline, usage.count_retry)
        return cls(config.table_name(), within, usage, deadline)

    def get(self, key: Key) -> Item | None:
        """Read one item, strongly consistent."""
        with _translated():
            answer = self.client.get_item(
                TableName=self.name,
                Key=encode_key(key),
                ConsistentRead=True,
                ReturnConsumedCapacity="TOTAL",
            )
        item = answer.get("Item")
        self.usage.count(1 if item else 0, _capacity(answer))
        return item  # type: ignore[return-value]

    def get_many(self, wanted: Iterable[Key], *, consistent: bool = True) -> dict[Key, Item]:
        """Read items by key; absent ones are left out, and keys may repeat."""
        found: dict[Key, Item] = {}
        for read in self.reading_many(wanted, consistent=consistent):
            found |= run(self._call, read)
        return found

    def reading_many(
        self, wanted: Iterable[Key], *, consistent: bool
    ) -> list[Read[dict[Key, Item]]]:
        """Return the reads of items by key, a batch each; keys may repeat."""
        unique = list(dict.fromkeys(wanted))
        batches = (unique[at : at + BATCH_LIMIT] for at in range(0, len(unique), BATCH_LIMIT))
        return [self.reading_batch(batch, consistent=consistent) for batch in batches]

    def reading_batch(self, wanted: Sequence[Key], *, consistent: bool) -> Read[dict[Key, Item]]:
        """Read at most ``BATCH_LIMIT`` items by key; absent ones are left out."""
        found: dict[Key, Item] = {}
        pending: Sequence[Any] = [encode_key(key) for key in wanted]
        stalled = 0
        while pending:
            request = {"Keys": pending, "ConsistentRead": consistent}
            with _translated():
                answer = yield Call(
                    "BatchGetItem",
                    {"RequestItems": {self.name: request}, "ReturnConsumedCapacity": "TOTAL"},
                )
            items = answer["Responses"].get(self.name, [])
            used = sum(part["CapacityUnits"] for part in answer.get("ConsumedCapacity", ()))
            self.usage.count(len(items), used)
            found.update({key_of(item): item for item in items})
            pending = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            if pending:
                # Large items come in several responses: only an empty one means throttling.
                stalled = 0 if items else stalled + 1
                seconds = jitter(stalled, randomness.uniform)
                if stalled > ATTEMPTS or seconds > self.deadline.left:
                    cause = {"operation": "BatchGetItem", "code": "UnprocessedKeys"}
                    raise UnavailableError(cause=cause | {"attempts": stalled})
                time.sleep(seconds)
        return found

    def query(self, wanted: Range, *, consistent: bool = False) -> Iterator[Item]:
        """Read the items of a range, a page at a time as they are consumed."""
        request: dict[str, Any] | None = self._range_request(wanted, consistent=consistent)
        while request is not None:
            answer = self.query_page(request)
            yield from answer["Items"]
            request = _next_request(request, answer)

    def reading_range(self, wanted: Range) -> Read[list[Item]]:
        """Read the items of a range whole."""
        pages = yield from self.reading_pages(self._range_request(wanted, consistent=False))
        return [item for page in pages for item in page["Items"]]

    def query_page(self, request: dict[str, Any]) -> Any:  # noqa: ANN401 - the client's own answer
        """Call Query once and count its usage; ``request`` must ask for the total capacity."""
        return run(self._call, self.reading_page(request))

    def reading_page(self, request: dict[str, Any]) -> Read[Any]:
        """Call Query once and count its usage; ``request`` must ask for the total capacity."""
        with _translated():
            answer = yield Call("Query", request)
        self.usage.count(answer["ScannedCount"], _capacity(answer))
        return answer

    def reading_pages(self, request: dict[str, Any]) -> Read[list[Any]]:
        """Call Query until the end, and return its responses."""
        pages = []
        following: dict[str, Any] | None = request
        while following is not None:
            pages.append((yield from self.reading_page(following)))
            following = _next_request(following, pages[-1])
        return pages

    def transact(self, actions: Sequence[Action]) -> None:
        """Write all actions or none.

        Raises
        ------
        ConditionFailedError
            A condition failed.
        ConflictError
            Another transaction was first, each time.
        UnavailableError
            The table did not answer: whether it was written is not known, if it says so.
        """
        encoded: Any = [action.encode(self.name) for action in actions]
        with _translated():
            self.client.transact_write_items(TransactItems=encoded)

    def _call(self, call: Call) -> Any:  # noqa: ANN401 - the client's own answer
        return getattr(self.client, _METHODS[call.operation])(**call.request)

    def _range_request(self, wanted: Range, *, consistent: bool) -> dict[str, Any]:
        p = Placeholders()
        partition, sort = (
            (keys.PK, keys.SK)
            if wanted.index is None
            else (wanted.index.partition, wanted.index.sort)
        )
        condition = f"{p.name(partition)} = {p.value(wanted.partition)}"
        if wanted.prefix:
            condition += f" AND begins_with({p.name(sort)}, {p.value(wanted.prefix)})"
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ConsistentRead": consistent,
            "ReturnConsumedCapacity": "TOTAL",
            **p.attributes(),
        }
        if not wanted.forward:
            request["ScanIndexForward"] = False
        if wanted.page is not None:
            request["Limit"] = wanted.page
        if wanted.index is not None:
            request["IndexName"] = wanted.index.name
        if wanted.after is not None:
            request["ExclusiveStartKey"] = encode_key(wanted.after)
        return request


def _next_request(request: dict[str, Any], page: Any) -> dict[str, Any] | None:  # noqa: ANN401
    """Return the request of the page after a page; ``None`` after the last one."""
    last = page.get("LastEvaluatedKey")
    return None if last is None else request | {"ExclusiveStartKey": last}


def key_of(item: Item) -> Key:
    """Return the primary key of an item."""
    return Key(item[keys.PK]["S"], item[keys.SK]["S"])


class _translated:
    """Context that turns failures of the table into errors of the API."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, CallFailedError):
            raise _failed(error) from error
        if isinstance(error, ClientError) and (translated := _refused(error)) is not None:
            raise translated from error


def _failed(error: CallFailedError) -> InstallsError:
    if error.failure.conflict and not error.maybe_done:
        return ConflictError("The install is being changed by another request; try again.")
    cause = {
        "operation": error.operation,
        "code": error.failure.code,
        "attempts": error.attempts,
        "seconds": round(error.seconds, 3),
    }
    return UnavailableError(cause=cause, maybe_written=error.maybe_done)


def _refused(error: ClientError) -> Exception | None:
    """Return the API's error of a refusal; none if it is an error of our own.

    This includes refusals to boto3's own client, which the tools use, after its retries.
    """
    code = error.response["Error"]["Code"]
    reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", ())]
    failed = [index for index, reason in enumerate(reasons) if reason == "ConditionalCheckFailed"]
    if failed:
        metadata: Any = error.response["ResponseMetadata"]
        return ConditionFailedError(failed, maybe_written=metadata.get("MaybeDone", False))
    if CONFLICT in reasons:
        return ConflictError("The install is being changed by another request; try again.")
    if THROTTLES.intersection([code, *reasons]) or code == _IN_DOUBT:
        cause = {"operation": error.operation_name, "code": code}
        return UnavailableError(cause=cause, maybe_written=code == _IN_DOUBT)
    return None


def _capacity(answer: Any) -> float:  # noqa: ANN401 - any answer of the client's reads
    used: float = answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
    return used
