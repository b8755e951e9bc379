"""Scans of a whole table, for tools: they need boto3's client, which the functions do not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from installs.store import keys
from installs.store.expressions import Placeholders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from installs.store.items import Item
    from installs.store.table import Table


def pages(table: Table) -> Iterator[list[Item]]:
    """Read all items by pages, strongly consistent."""
    return _pages(table, {"ConsistentRead": True})


def with_sort_key(table: Table, sort_key: str) -> Iterator[Item]:
    """Read the items with a sort key; this examines all items."""
    p = Placeholders()
    condition = f"{p.name(keys.SK)} = {p.value(sort_key)}"
    return _filtered(table, condition, p)


def with_prefix(table: Table, prefix: str) -> Iterator[Item]:
    """Read the items whose sort key begins with a prefix; this examines all items."""
    p = Placeholders()
    condition = f"begins_with({p.name(keys.SK)}, {p.value(prefix)})"
    return _filtered(table, condition, p)


def _filtered(table: Table, condition: str, placeholders: Placeholders) -> Iterator[Item]:
    request = {"FilterExpression": condition, **placeholders.attributes()}
    return (item for page in _pages(table, request) for item in page)


def _pages(table: Table, request: dict[str, Any]) -> Iterator[list[Item]]:
    responses: Any = table.client.get_paginator("scan").paginate(TableName=table.name, **request)
    return (response["Items"] for response in responses)
