"""A client, puts and batches, beyond the service's own store."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from installs.errors import InstallsError
from installs.store.expressions import Placeholders
from installs.store.items import encode_key
from installs.store.table import Table
from tools.importer.errors import ImportStoppedError
from tools.importer.pauses import attempts
from tools.local import dynoxide

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from installs.store.expressions import Condition
    from installs.store.items import Item
    from installs.store.keys import Key

WORKERS: Final = 4
"""Threads that write at once."""

WRITE_LIMIT: Final = 25
"""Requests in one BatchWriteItem (AWS: BatchWriteItem)."""

T = TypeVar("T")


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


def open_table(name: str, endpoint_url: str | None, session: boto3.Session | None = None) -> Table:
    """A table at an engine on this machine (``endpoint_url``), or in AWS (``None``).

    ``session``: credentials and a region for AWS; without it, those of the environment.
    """
    settings: dict[str, Any] = {}
    if endpoint_url is not None:
        settings = {
            "endpoint_url": endpoint_url,
            "region_name": dynoxide.REGION,
            **{key.lower(): value for key, value in dynoxide.CREDENTIALS.items()},
        }
    config = Config(
        parameter_validation=False,
        max_pool_connections=2 * WORKERS,
        retries={"mode": "standard", "total_max_attempts": 8},
    )
    session = session or boto3.Session()
    return Table(name, session.client("dynamodb", config=config, **settings))


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


@contextmanager
def stopped_on_failure() -> Iterator[None]:
    """Turn errors of DynamoDB and of the connection into one line for the operator."""
    try:
        yield
    except ClientError as error:
        raise ImportStoppedError(f"DynamoDB refuses the import: {error}") from error
    except BotoCoreError as error:
        raise ImportStoppedError(f"DynamoDB cannot be reached: {error}") from error
    except InstallsError as error:
        raise ImportStoppedError(f"The import stopped, and may be repeated: {error}") from error
