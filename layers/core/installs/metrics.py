"""Metrics of the cascade, of incoming rows and of events, in the log.

AWS: embedded metric format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_lambda_powertools.metrics import MetricUnit

from installs.log import bind_log_context, metrics_of_function, write_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from installs.cascade import Tally
    from installs.events.publisher import Outcome as Published
    from installs.ingest.results import Outcome

LAG: Final = "CascadeLag"
"""Milliseconds from the change of an install to the end of its cascade."""
DELETED: Final = "RowsDeleted"
RESTORED: Final = "RowsRestored"
PURGED: Final = "RowsPurged"
RETRIES: Final = "CascadeRetries"
"""Writes that failed because something had changed since it was read."""
DEAD_LETTERS: Final = "DeadLetters"
OVERDUE: Final = "OverdueWork"
"""Installs that the scheduled repair had to reconcile."""


def publish(tally: Tally, **others: Sequence[float]) -> None:
    """Write the metrics of one invocation as one line; zeros are left out.

    ``others``: values of further metrics by name (``CascadeLag``).
    """
    metrics = metrics_of_function()
    values = {
        DELETED: [tally.deleted],
        RESTORED: [tally.restored],
        PURGED: [tally.purged],
        RETRIES: [tally.retries],
        **others,
    }
    nonzero = [(name, value) for name, series in values.items() for value in series if value]
    for name, value in nonzero:
        unit = MetricUnit.Milliseconds if name == LAG else MetricUnit.Count
        metrics.add_metric(name, unit, value)
    if nonzero:
        bind_log_context(None)
        write_metrics("cascade", metrics)


ROW_LAG: Final = "RowLag"
"""From the sending of a message to the writing of its rows, in milliseconds."""
ROWS_APPLIED: Final = "RowsApplied"
"""Rows that were created, changed, or found to be in the table as they came in."""
ROWS_REJECTED: Final = "RowsRejected"
ROWS_DEFERRED: Final = "RowsDeferred"

_APART: Final = {"rejected": ROWS_REJECTED, "deferred": ROWS_DEFERRED}


def publish_ingest(outcomes: Mapping[Outcome, int], lags: Sequence[float] = ()) -> None:
    """Write the metrics of one invocation of ``ingest`` as one line.

    ``outcomes``: rows by their result. ``lags``: ``RowLag`` of each message.
    """
    metrics = metrics_of_function()
    for outcome, number in outcomes.items():
        metrics.add_metric(_APART.get(outcome.value, ROWS_APPLIED), MetricUnit.Count, number)
    for lag in lags:
        metrics.add_metric(ROW_LAG, MetricUnit.Milliseconds, lag)
    if outcomes:
        write_metrics("ingest", metrics)


EVENT_LAG: Final = "EventLag"
"""From a change of an install to the publication of its event, in milliseconds."""
EVENTS_PUBLISHED: Final = "EventsPublished"
ENTRIES_FAILED: Final = "EntriesFailed"
"""Entries that the event bus did not take, each time that they were sent."""
_VALUES: Final = 50


def publish_events(published: Published) -> None:
    """Write the metrics of one batch of the publisher; zeros are left out.

    A line has at most ``_VALUES`` of the lags: a metric takes 100 values, and Powertools writes and
    empties it when it has them (AWS: embedded metric format, specification).
    """
    counts = {
        EVENTS_PUBLISHED: published.published,
        ENTRIES_FAILED: published.failures,
        DEAD_LETTERS: published.dead_lettered,
    }
    metrics = metrics_of_function()
    for name, number in counts.items():
        if number:
            metrics.add_metric(name, MetricUnit.Count, number)
    for number, lag in enumerate(published.lags, 1):
        metrics.add_metric(EVENT_LAG, MetricUnit.Milliseconds, lag)
        if number % _VALUES == 0:
            write_metrics("events", metrics)
            metrics = metrics_of_function()
    if metrics.metric_set:
        write_metrics("events", metrics)
