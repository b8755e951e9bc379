"""Rows that wait in the dead letters of the queue, sent again in the order of their groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from installs.store.row_queue import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_AT_ONCE: Final = 10


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was sent again: the group, and why it was a dead letter."""

    group_id: str
    reasons: str


@dataclass(frozen=True, slots=True)
class RowRedrive:
    """The queue of rows and its dead letters, by their URLs."""

    queues: SQSClient
    queue_url: str
    dead_letters_url: str

    def run(self) -> Iterator[Sent]:
        """Send what waits now; what is refused once more waits again, and is not sent twice.

        A message leaves the dead letters once it is sent: stopped in between, it is sent twice,
        which changes nothing.
        """
        attributes = self.queues.get_queue_attributes(
            QueueUrl=self.dead_letters_url, AttributeNames=["ApproximateNumberOfMessages"]
        )["Attributes"]
        left = int(attributes["ApproximateNumberOfMessages"])
        while left > 0:
            messages = self.queues.receive_message(
                QueueUrl=self.dead_letters_url,
                MaxNumberOfMessages=min(_AT_ONCE, left),
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
                WaitTimeSeconds=1,
            ).get("Messages", [])
            if not messages:
                return
            for message in messages:
                yield self._send(message)
            left -= len(messages)

    def _send(self, message: MessageTypeDef) -> Sent:
        group_id = message["Attributes"]["MessageGroupId"]
        self.queues.send_message(
            QueueUrl=self.queue_url,
            MessageBody=message["Body"],
            MessageGroupId=group_id,
            # Another each time: the queue would swallow one that it had within five minutes.
            MessageDeduplicationId=uuid4().hex,
        )
        self.queues.delete_message(
            QueueUrl=self.dead_letters_url, ReceiptHandle=message["ReceiptHandle"]
        )
        attributes = message.get("MessageAttributes", {})
        reasons = attributes[REASONS].get("StringValue") if REASONS in attributes else None
        return Sent(group_id, reasons or "failed twenty times")
