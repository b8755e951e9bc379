"""The scheduled repair: finishes overdue cascades every five minutes (docs/adr/0013)."""

from __future__ import annotations

from installs import metrics
from installs.cascade import Work
from installs.deadline import Context, Deadline
from installs.log import logger
from installs.repair import finish_overdue
from installs.store.table import Table


def handler(_event: object, context: Context) -> dict[str, int]:
    """Reconcile the installs whose pending work is overdue, until time runs out."""
    deadline = Deadline.of(context)
    work = Work(Table.of_function(deadline=deadline), deadline.check_step)
    outcome = finish_overdue(work)
    metrics.publish(work.tally, **{metrics.OVERDUE: [outcome.finished + outcome.failed]})
    logger.info("repair", finished=outcome.finished, failed=outcome.failed)
    return {"finished": outcome.finished, "failed": outcome.failed}
