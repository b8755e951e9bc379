"""Events sent again from history, for a consumer that was away longer than its queue keeps them.

They have the ids and the revisions that they have always had, and ``replayed`` is true. The row is
the one of now: history keeps no values.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from installs.events.details import event_of
from installs.store import history, installs, keys, scans
from tools.local.errors import LocalSystemError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from installs.store.bus import Bus
    from installs.store.history import Entry
    from installs.store.table import Table

_AT_ONCE: Final = 100


class ReplayStoppedError(LocalSystemError):
    """The bus did not take all events."""


@dataclass(slots=True)
class Replay:
    """The history, and the bus that its events are sent to."""

    table: Table
    bus: Bus
    sent: int = 0

    def run(self, since: str, install_id: str | None = None) -> Iterator[str]:
        """Send the events from a time on, those of each install in order; yield what is refused.

        ``since``: a timestamp as rows have it. Without ``install_id`` it reads the whole table.

        Raises
        ------
        ReplayStoppedError
            The bus did not take all; the replay may be run again.
        """
        entries = (entry for entry in self._entries(install_id) if entry.occurred_at >= since)
        while batch := list(islice(entries, _AT_ONCE)):
            rows = installs.get_many(self.table, {entry.install_id for entry in batch})
            messages = [
                event_of(
                    entry,
                    state.row if (state := rows.get(entry.install_id)) is not None else None,
                    replayed=True,
                ).message()
                for entry in batch
            ]
            delivery = self.bus.send(messages)
            for place, reason in delivery.refused.items():
                yield f"{batch[place].install_id} {batch[place].revision}: {reason}"
            if delivery.unsent:
                raise ReplayStoppedError(
                    f"The bus {self.bus.name} does not take events; {self.sent} were sent. "
                    "Run it again later."
                )
            self.sent += len(batch) - len(delivery.refused)

    def _entries(self, install_id: str | None) -> Iterator[Entry]:
        if install_id is not None:
            return history.read(self.table, install_id)
        # A scan gives the items of a partition together, in the order of their sort keys.
        found = scans.with_prefix(self.table, keys.HISTORY_PREFIX)
        return map(history.item_to_entry, found)
