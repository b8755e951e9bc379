"""The stream's second consumer: publishes the changes of installs (CONTRACT.md section 11)."""

from __future__ import annotations

from functools import partial
from typing import Any

from installs import config, metrics
from installs.deadline import Context, Deadline
from installs.events.publisher import Publisher
from installs.store import dead_letters
from installs.store.bus import Bus
from installs.store.table import Table


def handler(event: dict[str, Any], context: Context) -> dict[str, list[dict[str, str]]]:
    """Publish an event for each record, those of each install in order."""
    deadline = Deadline.of(context)
    publisher = Publisher(
        Table.of_function(deadline=deadline),
        Bus.of_function(config.event_bus_name(), deadline),
        partial(dead_letters.put, config.dead_letter_bucket()),
    )
    outcome = publisher.publish(event["Records"])
    metrics.publish_events(outcome)
    return outcome.response()
