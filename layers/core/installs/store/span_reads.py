"""Reads of spans: a batch at a time, whole, or counted (AWS: Query)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from installs.store.expressions import Placeholders
from installs.store.spans import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from installs.store.filters import Filter
    from installs.store.items import Item
    from installs.store.spans import Span
    from installs.store.table import Table


def read_batch(
    table: Table, span: Span, *, limit: int, condition: Filter | None, start: Item | None = None
) -> Batch:
    """Return the next items of a span that meet the condition, out of at most ``limit`` read."""
    request = _request(table, span, condition)
    request["Limit"] = limit
    if start is not None:
        request["ExclusiveStartKey"] = start
    answer = table.query_page(request)
    return Batch(answer["Items"], answer.get("LastEvaluatedKey"))


def read_all(table: Table, span: Span, condition: Filter | None) -> list[Item]:
    """Return every item of a span that meets the condition."""
    pages = _pages(table, _request(table, span, condition))
    return [item for page in pages for item in page["Items"]]


def count(table: Table, span: Span, condition: Filter | None) -> int:
    """Count the items of a span that meet the condition; it costs as much as reading them."""
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
