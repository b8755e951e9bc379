"""The functions' one logger: structured lines, never the event, which holds the token.

Every line that is about a request has its id in ``request_id``: the line of the request itself, and
those of the cascade that it began, however deep.

The line of a request carries its metrics, in CloudWatch's embedded metric format: one line, which
is searched as a log and read as metrics.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

if TYPE_CHECKING:
    from installs.store.table import Usage

NAMESPACE: Final = "IntegrationInstalls"

logger: Final = Logger()


def metrics_of_function() -> EphemeralMetrics:
    """An empty set of metrics with the dimensions of all: ``function`` and ``service``.

    ``function`` is the deployed name, so that two stacks in one account do not mix.
    """
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    metrics.add_dimension("function", os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local"))
    return metrics


def concerning(install_id: str | None, request_id: str | None = None) -> None:
    """Say in the lines that follow which install they are about, and which request began it."""
    logger.append_keys(install_id=install_id, request_id=request_id)


def log_request(
    *,
    request_id: str,
    install_id: str | None,
    status: int,
    seconds: float,
    usage: Usage,
    unhandled: Exception | None = None,
) -> None:
    """The one line of a request: how it ended, how a list was run, and what it read.

    ``install_id``: the one that the path names. Metrics: ``Milliseconds``, and of what was read
    ``Requests``, ``RowsExamined``, ``RowsReturned`` and ``CapacityUnits``, each by function.
    """
    metrics = metrics_of_function()
    milliseconds = round(seconds * 1000, 1)
    metrics.add_metric("Milliseconds", MetricUnit.Milliseconds, milliseconds)
    metrics.add_metric("Requests", MetricUnit.Count, usage.calls)
    metrics.add_metric("RowsExamined", MetricUnit.Count, usage.items)
    metrics.add_metric("RowsReturned", MetricUnit.Count, usage.returned)
    metrics.add_metric("CapacityUnits", MetricUnit.Count, usage.capacity)
    log = logger.info if unhandled is None else logger.error
    told = {name: _single(value) for name, value in metrics.serialize_metric_set().items()}
    told |= {"request_id": request_id, "install_id": install_id}
    told |= {"status": status, "plan": usage.plan}
    log("request", exc_info=unhandled, extra=told)


def _single(value: object) -> object:
    """A metric's one value by itself, as it reads best in a log; the format takes both."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value
