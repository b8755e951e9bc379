"""The queue of rows and its dead letters, in SQS."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_sqs import SQSClient

REASONS: Final = "Reasons"
"""The message attribute that says why rows are dead letters: JSON, a list of issues."""

LARGEST_MESSAGE: Final = 1_048_576
"""In bytes, attributes included (AWS: Amazon SQS message quotas)."""

_LARGEST_REASONS: Final = 8_192

_SECONDS: Final = 3
"""The time of an attempt at SQS: two for each message of a batch fit into an invocation."""


@cache
def _client() -> SQSClient:
    import boto3  # here, since most calls need no queue
    from botocore.config import Config

    config = Config(
        connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"total_max_attempts": 2}
    )
    return boto3.session.Session().client("sqs", config=config)


@dataclass(frozen=True, slots=True)
class RowQueue:
    """A FIFO queue and the FIFO queue of its dead letters, by their URLs."""

    url: str
    dead_letters_url: str

    def delay(self, receipt_handle: str, seconds: int) -> None:
        """Deliver a message again after some seconds, not after the queue's own visibility time."""
        _client().change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )

    def dead_letter(
        self, body: str, *, group_id: str, message_id: str, reasons: Sequence[Mapping[str, str]]
    ) -> None:
        """Keep rows that can never be applied; sent twice within five minutes, they are kept once.

        The reasons that do not fit are left out: they are in the log too.
        """
        text = _fitting(reasons, LARGEST_MESSAGE - len(body.encode()) - 64)
        attributes = {REASONS: {"DataType": "String", "StringValue": text}} if text else {}
        _client().send_message(
            QueueUrl=self.dead_letters_url,
            MessageBody=body,
            MessageGroupId=group_id,
            MessageDeduplicationId=message_id,
            MessageAttributes=attributes,  # type: ignore[arg-type]
        )


def _fitting(reasons: Sequence[Mapping[str, str]], room: int) -> str:
    """Return as many of the first reasons as fit, as JSON; nothing where none does."""
    for number in range(len(reasons), 0, -1):
        text = json.dumps(list(reasons[:number]))
        if len(text.encode()) <= min(room, _LARGEST_REASONS):
            return text
    return ""
