"""DynamoDB's time to live, which Dynoxide knows but never acts on."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from tools.local.stream.records import StreamRecord

logger = logging.getLogger(__name__)

SWEEP_SECONDS: Final = 30.0
TTL_IDENTITY: Final = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


class Sweeper:
    """Deletes what is past its time, and marks those deletions in the stream as DynamoDB does."""

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        attribute: str,
        *,
        keys: tuple[str, ...] = ("pk", "sk"),
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Sweep ``table_name`` by ``attribute``, epoch seconds."""
        self._client = client
        self._table_name = table_name
        self._attribute = attribute
        self._keys = keys
        self._clock = clock
        self._swept: set[str] = set()

    def sweep(self) -> int:
        """Delete every item past its time; how many there were."""
        past: dict[str, Any] = {
            "ExpressionAttributeNames": {"#ttl": self._attribute},
            "ExpressionAttributeValues": {":now": {"N": str(int(self._clock()))}},
        }
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table_name, FilterExpression="#ttl <= :now", **past
        )
        expired = [item for page in pages for item in page["Items"]]
        return sum(self._delete(item, past) for item in expired)

    def annotate(self, record: StreamRecord) -> StreamRecord:
        """The record with DynamoDB as its author, where the sweeper deleted the item."""
        change = record.event["dynamodb"]
        if record.event["eventName"] != "REMOVE":
            return record
        mark = self._mark(change["Keys"], change.get("OldImage", {}))
        if mark not in self._swept:
            return record
        return replace(record, event={**record.event, "userIdentity": TTL_IDENTITY})

    def run(self, stop: threading.Event) -> None:
        """Sweep now and then until ``stop`` is set."""
        while not stop.wait(SWEEP_SECONDS):
            try:
                self.sweep()
            except (BotoCoreError, ClientError) as error:
                logger.warning("The sweep failed: %s", error)

    def _delete(self, item: Mapping[str, Any], past: Mapping[str, Any]) -> bool:
        mark = self._mark(item, item)
        # Before the deletion, since the poller may see its record at once.
        self._swept.add(mark)
        try:
            self._client.delete_item(
                TableName=self._table_name,
                Key={name: item[name] for name in self._keys},
                ConditionExpression="#ttl <= :now",
                **past,
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            self._swept.discard(mark)
            return False
        return True

    def _mark(self, key: Mapping[str, Any], image: Mapping[str, Any]) -> str:
        """One life of one item: restored and deleted again, its time is another."""
        return json.dumps([*(key[name] for name in self._keys), image.get(self._attribute)])
