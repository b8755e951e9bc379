"""What the stream left undone: installs whose pending work is overdue are looked at again.

Safe beside the stream's consumer and beside itself: both ask the same reconciler.
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

PATIENCE: Final = timedelta(minutes=5)
"""How long the stream's consumer has for a cascade before anybody else takes it up."""


@dataclass(slots=True)
class Outcome:
    """How many installs and solutions were brought to agree, and how many could not be."""

    finished: int = 0
    failed: int = 0


def finish_overdue(work: Work) -> Outcome:
    """Look at each install that is overdue; one that fails holds up no other."""
    outcome = Outcome()
    for pending_work in pending.overdue(work.table, clock.now() - PATIENCE):
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
