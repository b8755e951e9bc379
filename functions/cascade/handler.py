"""The stream's consumer: runs the uninstall, restore and purge cascade (CONTRACT.md section 7)."""

from __future__ import annotations

from typing import Any

from installs import cascade, config, metrics
from installs.cascade import Tally, Work
from installs.deadline import Context, Deadline
from installs.store import dead_letters
from installs.store.table import Table
from installs.stream import consume


def handler(event: dict[str, Any], context: Context) -> dict[str, list[dict[str, str]]]:
    """Reconcile the install of each record, in order."""
    deadline = Deadline.of(context)
    work = Work(Table.of_function(deadline=deadline), deadline.check_step, Tally())
    bucket = config.dead_letter_bucket()
    outcome = consume(
        event["Records"],
        lambda subject: cascade.handle(work, subject),
        lambda record, reason: dead_letters.put(bucket, record, reason),
    )
    others = {metrics.LAG: outcome.lags, metrics.DEAD_LETTERS: [float(outcome.dead_lettered)]}
    metrics.publish(work.tally, **others)
    return outcome.response()
