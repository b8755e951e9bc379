"""The stream's consumer: runs the uninstall, restore and purge cascade (CONTRACT.md section 7)."""

from __future__ import annotations

from functools import partial
from typing import Any

from installs import config, metrics
from installs.cascade import Work
from installs.deadline import Context, Deadline
from installs.store import dead_letters
from installs.store.table import Table
from installs.stream import reconcile_records


def handler(event: dict[str, Any], context: Context) -> dict[str, list[dict[str, str]]]:
    """Reconcile the install of each record, in order."""
    deadline = Deadline.of(context)
    work = Work(Table.of_function(deadline=deadline), deadline.check_step)
    dead_letter = partial(dead_letters.put, config.dead_letter_bucket())
    outcome = reconcile_records(event["Records"], work, dead_letter)
    others = {metrics.LAG: outcome.lags, metrics.DEAD_LETTERS: [float(outcome.dead_lettered)]}
    metrics.publish(work.tally, **others)
    return outcome.response()
