"""The service's connection beside boto3's client: what one call costs (docs/adr/0026)."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any, Final

import boto3

from tools.bench.cases import SMALL
from tools.bench.engine import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CALLS: Final = 200

REQUESTS: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "GetItem": (
        "get_item",
        {"TableName": TABLE, "Key": {"pk": {"S": "none"}, "sk": {"S": "none"}}},
    ),
    "Query of 101 rows": (
        "query",
        {
            "TableName": TABLE, "IndexName": "byWorkspace", "Limit": 101,
            "KeyConditionExpression": "workspaceKey = :w",
            "ExpressionAttributeValues": {":w": {"S": f"{SMALL}#live"}},
        },
    ),
}  # fmt: skip


def measure() -> dict[str, tuple[float, float]]:
    """Return the CPU milliseconds of each request: by the connection, and by boto3's client."""
    from installs.store.table import client

    clients = (client(), boto3.client("dynamodb"))
    medians = {}
    for name, (operation, request) in REQUESTS.items():
        calls = [getattr(each, operation) for each in clients]
        times: list[list[float]] = [[], []]
        for _ in range(CALLS):
            for call, measured in zip(calls, times, strict=True):
                measured.append(_timed(call, request))
        service, alternative = (statistics.median(measured) for measured in times)
        medians[name] = service, alternative
    return medians


def table(medians: Mapping[str, tuple[float, float]]) -> Iterator[str]:
    """Return the same as lines of Markdown."""
    yield "One call, CPU in ms: the service's connection and boto3's client\n"
    yield "| call | connection | boto3 |"
    yield "|---|---|---|"
    for name, (service, alternative) in medians.items():
        yield f"| {name} | {service:.2f} | {alternative:.2f} |"
    yield ""


def _timed(call: Callable[..., object], request: dict[str, Any]) -> float:
    began = time.process_time()
    call(**request)
    return 1000 * (time.process_time() - began)
