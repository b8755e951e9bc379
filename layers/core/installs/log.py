"""The logger of all functions: structured lines, never the event, which contains the token.

Each line about a request has its id in ``request_id``: the line of the request itself, and the
lines of its cascade, at any depth.

The line of a request contains its metrics, in CloudWatch's embedded metric format: one line, which
is searched as a log and read as metrics. Lambda reads the level of a line whose timestamp is RFC
3339 and whose level has one of Lambda's own names, takes any other line for INFO, and drops lines
below the function's level (AWS: Lambda, log-level filtering). So metrics never go below that level.
"""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from installs.store.usage import Usage

NAMESPACE: Final = "IntegrationInstalls"

_LAMBDA_LEVELS: Final = {"WARNING": "WARN", "CRITICAL": "FATAL"}


def _json(line: dict[str, Any]) -> str:
    """Encode a log line with Lambda's name of its level."""
    level = line.get("level")
    return json.dumps(line | {"level": _LAMBDA_LEVELS.get(str(level), level)}, default=str)


logger: Final = Logger(use_rfc3339=True, json_serializer=_json)

_AT: Final = {
    logging.DEBUG: logger.debug,
    logging.INFO: logger.info,
    logging.WARNING: logger.warning,
    logging.ERROR: logger.error,
    logging.CRITICAL: logger.critical,
}


def metrics_of_function() -> EphemeralMetrics:
    """Return an empty set of metrics with the dimensions ``function`` and ``service``.

    ``function`` is the deployed name, so that two stacks in one account do not mix.
    """
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    metrics.add_dimension("function", os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local"))
    return metrics


def bind_log_context(install_id: str | None, request_id: str | None = None) -> None:
    """Add the install and the request that began the work to all further lines."""
    logger.append_keys(install_id=install_id, request_id=request_id)


def log_request(
    *,
    request_id: str,
    install_id: str | None,
    status: int,
    seconds: float,
    usage: Usage,
    unavailable: Mapping[str, object] | None = None,
    unhandled: Exception | None = None,
) -> None:
    """Write the line of a request: its outcome, the plan of a list, and the reads.

    ``install_id``: the id in the path. ``unavailable``: the call that failed, and its error.
    ``unhandled``: an error of our own. Metrics: ``Milliseconds``, and for the reads ``Requests``,
    ``RowsExamined``, ``RowsReturned`` and ``CapacityUnits``, each by function.
    """
    metrics = metrics_of_function()
    milliseconds = round(seconds * 1000, 1)
    metrics.add_metric("Milliseconds", MetricUnit.Milliseconds, milliseconds)
    metrics.add_metric("Requests", MetricUnit.Count, usage.calls)
    metrics.add_metric("RowsExamined", MetricUnit.Count, usage.items)
    metrics.add_metric("RowsReturned", MetricUnit.Count, usage.returned)
    metrics.add_metric("CapacityUnits", MetricUnit.Count, usage.capacity)
    write_metrics(
        "request",
        metrics,
        level=_level(unavailable, unhandled),
        exc_info=unhandled,
        request_id=request_id,
        install_id=install_id,
        status=status,
        plan=usage.plan,
        retries=usage.retries,
        **({} if unavailable is None else {"unavailable": unavailable}),
    )


def _level(unavailable: object, unhandled: object) -> int:
    if unhandled is not None:
        return logging.ERROR
    return logging.INFO if unavailable is None else logging.WARNING


def write_metrics(
    message: str,
    metrics: EphemeralMetrics,
    *,
    level: int = logging.INFO,
    exc_info: Exception | None = None,
    **fields: object,
) -> None:
    """Write a line with metrics, or only the metrics if its level is not logged.

    The metrics then have the function's log level, since Lambda drops lines below it.
    """
    values = {name: _single(value) for name, value in metrics.serialize_metric_set().items()}
    if logger.log_level > level:
        _AT[logger.log_level]("metrics", extra=values)
    else:
        _AT[level](message, exc_info=exc_info, extra=values | fields)


def _single(value: object) -> object:
    """Return the value of a list of one, which reads better in a log; the format allows both."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value
