"""The facts that an import could not know: its install changed while it was being written.

Rows that hang from an install are written without looking at it, since they are many. So it is
looked at afterwards: where it does not agree with what was written, it gets pending work, and the
cascade does the rest (docs/adr/0013-pending-work-and-repair.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from installs import clock
from installs.lifecycle import Deletion, desired_state
from installs.store import installs, pending
from installs.store.table import BATCH_LIMIT
from tests.upgrade.importer_0_1_0.table import in_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from installs.lifecycle import OwnerRefs
    from installs.store.table import Table


@dataclass(frozen=True, slots=True)
class Hung:
    """A member or an add-on as it was written: live (``None``), or taken by a deletion."""

    install_id: str
    deletion_id: str | None


def enqueue_where_changed(
    table: Table, written: Iterable[Hung], known: Mapping[str, OwnerRefs]
) -> int:
    """Set the pending work of installs that what was written does not agree with; how many.

    ``known``: the installs that were there before; only one of these can have gone meanwhile, while
    of another it is not known that it ever was.
    """
    asked: dict[str, set[str | None]] = {}
    for one in written:
        asked.setdefault(one.install_id, set()).add(one.deletion_id)
    enqueued = 0
    for some_ids in in_runs(sorted(asked), BATCH_LIMIT):
        found = installs.get_many(table, some_ids)
        for install_id in some_ids:
            state = found.get(install_id)
            desired = desired_state(state)
            now = desired.id if isinstance(desired, Deletion) else None
            refs = known.get(install_id) if state is None else state.owner_refs
            if refs is not None and (state is None or asked[install_id] != {now}):
                work = pending.requeue(refs, clock.now())
                if state is None:  # it was there: somebody has purged it since
                    work = replace(work, set={n: v for n, v in work.set.items() if n != "alive"})
                table.transact([work])
                enqueued += 1
    return enqueued
