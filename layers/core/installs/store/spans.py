"""Stretches of an index: read in order, a chunk at a time, or counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from installs.store.expressions import Placeholders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from installs.store.filters import Filter
    from installs.store.items import Item
    from installs.store.keys import Index
    from installs.store.table import Table


@dataclass(frozen=True, slots=True)
class Span:
    """What lies in one partition of an index between two sort keys, both included.

    ``None`` is no bound. ``forward`` is the order of the sort key.
    """

    index: Index
    partition: str
    lower: str | None = None
    upper: str | None = None
    forward: bool = True


@dataclass(frozen=True, slots=True)
class Batch:
    """Some items in order, and where the next ones begin (``None``: there are no more)."""

    items: list[Item]
    next: Item | None


def read_batch(
    table: Table, span: Span, *, limit: int, condition: Filter | None, start: Item | None = None
) -> Batch:
    """The next items of a span: ``limit`` are examined at most, those that pass are given."""
    request = _request(table, span, condition)
    request["Limit"] = limit
    if start is not None:
        request["ExclusiveStartKey"] = start
    answer = table.query_page(request)
    return Batch(answer["Items"], answer.get("LastEvaluatedKey"))


def read_all(table: Table, span: Span, condition: Filter | None) -> list[Item]:
    """Every item of a span that passes."""
    pages = _pages(table, _request(table, span, condition))
    return [item for page in pages for item in page["Items"]]


def count(table: Table, span: Span, condition: Filter | None) -> int:
    """How many items of a span pass; as dear as reading them, but nothing travels."""
    request = _request(table, span, condition) | {"Select": "COUNT"}
    return sum(page["Count"] for page in _pages(table, request))


def _pages(table: Table, request: dict[str, Any]) -> Iterator[Any]:
    while True:
        answer = table.query_page(request)
        yield answer
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _request(table: Table, span: Span, condition: Filter | None) -> dict[str, Any]:
    p = Placeholders()
    terms = [f"{p.name(span.index.partition)} = {p.value(span.partition)}"]
    if span.lower is not None and span.upper is not None:
        low, high = p.value(span.lower), p.value(span.upper)
        terms.append(f"{p.name(span.index.sort)} BETWEEN {low} AND {high}")
    elif span.lower is not None:
        terms.append(f"{p.name(span.index.sort)} >= {p.value(span.lower)}")
    elif span.upper is not None:
        terms.append(f"{p.name(span.index.sort)} <= {p.value(span.upper)}")
    request = {
        "TableName": table.name,
        "IndexName": span.index.name,
        "KeyConditionExpression": " AND ".join(terms),
        "ScanIndexForward": span.forward,
        "ReturnConsumedCapacity": "TOTAL",
    }
    if condition is not None:
        request["FilterExpression"] = condition.encode(p)
    return request | p.attributes()
