"""Reads of spans: a batch at a time, whole, or counted (AWS: Query)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from installs.store.expressions import Placeholders
from installs.store.spans import Batch

if TYPE_CHECKING:
    from installs.store.filters import Filter
    from installs.store.items import Item
    from installs.store.parallel import Read
    from installs.store.spans import Span
    from installs.store.table import Table


def read_batch(
    table: Table, span: Span, *, limit: int, condition: Filter | None, start: Item | None = None
) -> Read[Batch]:
    """Return the next items of a span that meet the condition, out of at most ``limit`` read."""
    request = _request(table, span, condition)
    request["Limit"] = limit
    if start is not None:
        request["ExclusiveStartKey"] = start
    answer = yield from table.reading_page(request)
    return Batch(answer["Items"], answer.get("LastEvaluatedKey"))


def read_all(table: Table, span: Span, condition: Filter | None) -> Read[list[Item]]:
    """Return every item of a span that meets the condition."""
    pages = yield from table.reading_pages(_request(table, span, condition))
    return [item for page in pages for item in page["Items"]]


def count(table: Table, span: Span, condition: Filter | None) -> Read[int]:
    """Count the items of a span that meet the condition; it costs as much as reading them."""
    request = _request(table, span, condition) | {"Select": "COUNT"}
    pages = yield from table.reading_pages(request)
    return sum(page["Count"] for page in pages)


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
