"""Rows that come in: by an invocation with rows, or from the queue (CONTRACT.md section 10).

Who may call it is IAM's to say: it takes no bearer token.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from installs import config, metrics
from installs.deadline import Context, Deadline
from installs.ingest.apply import apply_values
from installs.ingest.calls import Call, InvalidCallError, read_event
from installs.ingest.queue import Consumer
from installs.origin import INGEST, trace_id
from installs.store.row_queue import RowQueue
from installs.store.table import Table

if TYPE_CHECKING:
    from installs.ingest.results import Result
    from installs.origin import Origin


class Invocation(Context, Protocol):
    """Lambda's context object, as far as it is used here."""

    @property
    def aws_request_id(self) -> str:
        """The id of the invocation."""


def handler(event: object, context: Invocation) -> dict[str, Any]:
    """Apply rows: answer with a result for each, or with the messages to be delivered again."""
    deadline = Deadline.of(context)
    table = Table.of_function(deadline=deadline)

    def apply(call: Call, *, origin: Origin) -> list[Result]:
        return apply_values(
            table, call.rows, call.options, check_time=deadline.check_step, origin=origin
        )

    if isinstance(event, dict) and "Records" in event:
        queue = RowQueue(config.rows_queue_url(), config.rows_dead_letters_url())
        consumer = Consumer(apply, queue)
        response = consumer.consume(event)
        metrics.publish_ingest(consumer.outcomes, consumer.lags)
        return response
    try:
        trace = trace_id(config.xray_header())
        origin = replace(INGEST, request_id=context.aws_request_id, trace_id=trace)
        results = apply(read_event(event), origin=origin)
    except InvalidCallError as error:
        return error.document()
    metrics.publish_ingest(Counter(result.outcome for result in results))
    return {"results": [result.document() for result in results]}
