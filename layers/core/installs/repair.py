"""The scheduled repair: reconciles the installs whose pending work is overdue.

It may run beside the stream's consumer and beside itself: both use the same reconciler.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from installs import cascade, clock
from installs.deadline import OutOfTimeError
from installs.log import bind_log_context, logger
from installs.store import pending
from installs.store.pending import PendingSolution

if TYPE_CHECKING:
    from installs.cascade import Work

GRACE_PERIOD: Final = timedelta(minutes=5)
"""The time that the stream's consumer has for a cascade before the repair reconciles it."""


@dataclass(slots=True)
class Outcome:
    """The number of installs and solutions that were reconciled, and of those that failed."""

    finished: int = 0
    failed: int = 0


def finish_overdue(work: Work) -> Outcome:
    """Reconcile all overdue work; a failure does not hold up the rest."""
    outcome = Outcome()
    for pending_work in pending.overdue(work.table, clock.now() - GRACE_PERIOD):
        try:
            if isinstance(pending_work, PendingSolution):
                cascade.reconcile_pending_solution(work, pending_work.id)
            else:
                cascade.reconcile(work, pending_work.owner_refs)
                if cascade.expire(work.table, pending_work.owner_refs.id):
                    cascade.reconcile(work, pending_work.owner_refs)
            logger.info("cascade finished")
            outcome.finished += 1
        except OutOfTimeError:
            break
        except Exception:
            logger.exception("repair failed")
            outcome.failed += 1
    bind_log_context(None)
    return outcome
