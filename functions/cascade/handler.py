"""The stream's consumer: runs the uninstall, restore and purge cascade (CONTRACT.md section 7)."""

from __future__ import annotations

from typing import Any, Final, Protocol

from installs import cascade, config
from installs.cascade import OutOfTimeError
from installs.store import parking
from installs.store.table import Table, client
from installs.stream import consume

SPARE_MILLISECONDS: Final = 5_000
"""What is kept of an invocation's time to finish a step and report."""


class Context(Protocol):
    """Lambda's context object, as far as it is used here."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""


def handler(event: dict[str, Any], context: Context) -> dict[str, list[dict[str, str]]]:
    """Reconcile the install of each record, in order."""
    table = Table(config.table_name(), client())
    bucket = config.parking_bucket()

    def check_time() -> None:
        if context.get_remaining_time_in_millis() < SPARE_MILLISECONDS:
            raise OutOfTimeError

    return consume(
        event["Records"],
        lambda seen: cascade.reconcile(table, seen, check_time),
        lambda record, reason: parking.park(bucket, record, reason),
    )
