"""The cascade's metrics, as CloudWatch reads them from the log (AWS: embedded metric format)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_lambda_powertools.metrics import MetricUnit

from installs.log import concerning, metrics_of_function, write_metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.cascade import Tally

LAG: Final = "CascadeLag"
"""From the change of an install to the end of the cascade that it caused, in milliseconds."""
TORN_DOWN: Final = "RowsTornDown"
BROUGHT_BACK: Final = "RowsBroughtBack"
PURGED: Final = "RowsPurged"
RETRIES: Final = "CascadeRetries"
"""How often what had been read did not hold any more when it came to writing."""
PARKED: Final = "ParkedRecords"
OVERDUE: Final = "OverdueCascades"
"""Installs that the scheduled repair had to look at."""


def publish(tally: Tally, **others: Sequence[float]) -> None:
    """Write the metrics of one invocation as one line; what is nought is left out.

    ``others``: values of further metrics by name (``CascadeLag``).
    """
    written = metrics_of_function()
    values = {
        TORN_DOWN: [tally.torn_down],
        BROUGHT_BACK: [tally.brought_back],
        PURGED: [tally.purged],
        RETRIES: [tally.retries],
        **others,
    }
    told = [(name, value) for name, some in values.items() for value in some if value]
    for name, value in told:
        unit = MetricUnit.Milliseconds if name == LAG else MetricUnit.Count
        written.add_metric(name, unit, value)
    if told:
        concerning(None)
        write_metrics("cascade", written)
