"""A table of a DynamoDB engine in tests: its items, and the functions' own way to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from installs.store.connection import Connection
from installs.store.signing import Credentials
from installs.store.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from installs.store.items import Item


def connected(endpoint: str, name: str) -> Table:
    """Return a table as the functions read it, by their own connection."""
    connection: Any = Connection(
        endpoint, "eu-central-1", lambda: Credentials("local", "local", None)
    )
    return Table(name, connection)


def replace_items(table: Table, items: Iterable[Item]) -> None:
    """Leave these items in the table and no others."""
    answer = table.client.scan(TableName=table.name)
    assert "LastEvaluatedKey" not in answer
    there = {(item["pk"]["S"], item["sk"]["S"]): item for item in answer["Items"]}
    wanted = {(item["pk"]["S"], item["sk"]["S"]): item for item in items}
    put_items(table, [item for key, item in wanted.items() if there.get(key) != item])
    _write(
        table,
        [
            {"DeleteRequest": {"Key": {"pk": item["pk"], "sk": item["sk"]}}}
            for key, item in there.items()
            if key not in wanted
        ],
    )


def put_items(table: Table, items: Iterable[Item]) -> None:
    """Put items into the table."""
    _write(table, [{"PutRequest": {"Item": item}} for item in items])


def _write(table: Table, requests: Sequence[Any]) -> None:
    for start in range(0, len(requests), 25):
        answer = table.client.batch_write_item(
            RequestItems={table.name: requests[start : start + 25]}
        )
        assert not answer.get("UnprocessedItems")
