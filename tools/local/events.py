"""The events of the local bus: a rule leads them to a queue, and a thread from there to a file."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from installs.store.bus import SOURCE

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

logger = logging.getLogger(__name__)

NAME: Final = "integration-installs-local-events"
_AT_ONCE: Final = 10
_WAIT_SECONDS: Final = 1


class EventLog:
    """A subscriber that writes each event, as a rule's target gets it, as a line of a file."""

    def __init__(self, queues: SQSClient, path: Path) -> None:
        """Append to ``path``."""
        self._queues = queues
        self._path = path
        self._url = queues.create_queue(QueueName=NAME)["QueueUrl"]
        path.touch()

    def subscribe(self, buses: EventBridgeClient, bus: str) -> None:
        """Lead the service's events on a bus to the queue."""
        attributes = self._queues.get_queue_attributes(
            QueueUrl=self._url, AttributeNames=["QueueArn"]
        )["Attributes"]
        pattern = json.dumps({"source": [SOURCE]})
        buses.put_rule(Name=NAME, EventBusName=bus, EventPattern=pattern)
        targets = [{"Id": "log", "Arn": attributes["QueueArn"]}]
        buses.put_targets(Rule=NAME, EventBusName=bus, Targets=targets)  # type: ignore[arg-type]

    def take(self) -> int:
        """Write the events that wait; return their number."""
        messages = self._queues.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=_AT_ONCE, WaitTimeSeconds=_WAIT_SECONDS
        ).get("Messages", [])
        if messages:
            with self._path.open("a", encoding="utf-8") as file:
                file.writelines(f"{message['Body']}\n" for message in messages)
        for message in messages:
            self._queues.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)

    def run(self, stop: threading.Event) -> None:
        """Write events until ``stop`` is set."""
        while not stop.is_set():
            try:
                self.take()
            except (BotoCoreError, ClientError) as error:
                if not stop.wait(_WAIT_SECONDS):
                    logger.warning("The events cannot be read: %s", error)
