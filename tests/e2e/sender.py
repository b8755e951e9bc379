"""A service of the platform: it sends rows by the queue, and calls the function."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from installs.store.row_queue import REASONS
from tools.systems import System

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Stack


class Sender:
    """A sender to one stack."""

    def __init__(self, stack: Stack) -> None:
        system = System.local(stack.running)
        self._running = stack.running
        self._queues, self._functions = system.queues(), system.functions()

    def send(self, body: object, group: str) -> None:
        self._queues.send_message(
            QueueUrl=self._running.rows_queue,
            MessageBody=body if isinstance(body, str) else json.dumps(body),
            MessageGroupId=group,
            MessageDeduplicationId=uuid4().hex,
        )

    def invoke(self, *lines: object) -> list[dict[str, Any]] | None:
        """The results; ``None`` where the function ended without an answer."""
        payload = json.dumps({"rows": lines}).encode()
        answer = self._functions.invoke(FunctionName=self._running.ingest_function, Payload=payload)
        body = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            return None
        results: list[dict[str, Any]] = body["results"]
        return results

    def waiting(self) -> int:
        """The messages that are not applied yet."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._queues.get_queue_attributes(
            QueueUrl=self._running.rows_queue, AttributeNames=names
        )
        return sum(int(answer["Attributes"][name]) for name in names)

    def dead_letters(self) -> int:
        name: Any = "ApproximateNumberOfMessages"
        answer = self._queues.get_queue_attributes(
            QueueUrl=self._running.rows_dead_letters, AttributeNames=[name]
        )
        return int(answer["Attributes"][name])

    def take_dead_letters(self) -> Iterator[dict[str, str]]:
        """The reasons of all dead letters, which are deleted."""
        url = self._running.rows_dead_letters
        while messages := self._queues.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for message in messages:
                yield from json.loads(message["MessageAttributes"][REASONS]["StringValue"])
                self._queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    @contextmanager
    def visibility(self, seconds: int) -> Iterator[None]:
        """Deliver what a killed function had after some seconds, not after twelve minutes."""
        url = self._running.rows_queue
        before = self._queues.get_queue_attributes(
            QueueUrl=url, AttributeNames=["VisibilityTimeout"]
        )["Attributes"]["VisibilityTimeout"]
        for value in (str(seconds), before):
            self._queues.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": value})
            if value != before:
                yield


def as_of() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
