"""The cascade's metrics, as CloudWatch reads them from the log (AWS: embedded metric format)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_lambda_powertools.metrics import MetricUnit

from installs.log import bind_log_context, metrics_of_function, write_metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.cascade import Tally

LAG: Final = "CascadeLag"
"""From the change of an install to the end of the cascade that it caused, in milliseconds."""
DELETED: Final = "RowsDeleted"
RESTORED: Final = "RowsRestored"
PURGED: Final = "RowsPurged"
RETRIES: Final = "CascadeRetries"
"""How often what had been read did not hold any more when it came to writing."""
DEAD_LETTERS: Final = "DeadLetters"
OVERDUE: Final = "OverdueWork"
"""Installs that the scheduled repair had to look at."""


def publish(tally: Tally, **others: Sequence[float]) -> None:
    """Write the metrics of one invocation as one line; what is nought is left out.

    ``others``: values of further metrics by name (``CascadeLag``).
    """
    written = metrics_of_function()
    values = {
        DELETED: [tally.deleted],
        RESTORED: [tally.restored],
        PURGED: [tally.purged],
        RETRIES: [tally.retries],
        **others,
    }
    told = [(name, value) for name, some in values.items() for value in some if value]
    for name, value in told:
        unit = MetricUnit.Milliseconds if name == LAG else MetricUnit.Count
        written.add_metric(name, unit, value)
    if told:
        bind_log_context(None)
        write_metrics("cascade", written)
