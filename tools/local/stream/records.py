"""Stream records as GetRecords gives them, and as a function's event holds them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """One record, in the shape that Lambda hands to a function."""

    sequence_number: str
    created: float
    """Time of its creation by DynamoDB, in epoch seconds."""
    event: Mapping[str, Any]

    @classmethod
    def of(cls, source: Mapping[str, Any], stream_arn: str) -> StreamRecord:
        """A record of the event from a record of GetRecords."""
        change = source["dynamodb"]
        created = change["ApproximateCreationDateTime"].timestamp()
        event: dict[str, Any] = {
            "eventID": source["eventID"],
            "eventName": source["eventName"],
            "eventVersion": source.get("eventVersion", "1.1"),
            "eventSource": source.get("eventSource", "aws:dynamodb"),
            "awsRegion": source.get("awsRegion", ""),
            "dynamodb": {
                name: _plain(value)
                for name, value in {**change, "ApproximateCreationDateTime": int(created)}.items()
            },
            "eventSourceARN": stream_arn,
        }
        if identity := source.get("userIdentity"):
            event["userIdentity"] = {
                "type": identity.get("Type"),
                "principalId": identity.get("PrincipalId"),
            }
        return cls(change["SequenceNumber"], created, event)

    @property
    def changes_nothing(self) -> bool:
        """Return True if the images are equal; Dynoxide writes such records, DynamoDB does not."""
        change = self.event["dynamodb"]
        return (
            self.event["eventName"] == "MODIFY"
            and "OldImage" in change
            and change["OldImage"] == change.get("NewImage")
        )

    @property
    def size(self) -> int:
        """Its share of the function's payload, in bytes."""
        return len(json.dumps(self.event, ensure_ascii=False).encode())


def _plain(value: object) -> object:
    """A value as JSON can hold it: binary as base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(part) for part in value]
    return value
