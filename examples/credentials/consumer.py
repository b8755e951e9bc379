"""A consumer of events: revokes an install's credential, takes it up again, and forgets it.

A rule of the event bus leads to a queue, and the queue to this function (template.yaml beside it).
Its table has one row for each install: the state of the credential, and the revision of the event
that it is from. A write with an older revision fails its condition, so that events may come twice
and in any order.
"""

from __future__ import annotations

import json
import logging
import os
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.service_resource import Table

logger = logging.getLogger(__name__)


@cache
def _credentials() -> Table:
    return boto3.resource("dynamodb").Table(os.environ["CREDENTIALS_TABLE"])


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Apply the events of a batch of messages; those that fail come again."""
    failures = []
    for message in event["Records"]:
        try:
            apply(json.loads(message["body"]), _credentials())
        except Exception:
            logger.exception("message failed: %s", message["messageId"])
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def apply(event: Mapping[str, Any], credentials: Table) -> bool:
    """Bring a credential to the state that an event gives; return False if a newer one came."""
    detail = event["detail"]
    state = state_of(event["detail-type"], detail)
    if state is None:
        return False
    changes: dict[str, Any] = {
        "UpdateExpression": "SET #state = :state, revision = :revision",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {":state": state, ":revision": detail["revision"]},
    }
    if state == "forgotten":
        # The row stays, without the secret: an older event must not bring the install back.
        changes["UpdateExpression"] += " REMOVE secret"
    newer = Attr("revision").not_exists() | Attr("revision").lt(detail["revision"])
    try:
        credentials.update_item(
            Key={"installId": detail["installId"]}, ConditionExpression=newer, **changes
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True


def state_of(detail_type: str, detail: Mapping[str, Any]) -> str | None:
    """Return the state of the credential after an event; ``None``: the event says nothing of it."""
    if detail_type == "Install Settled":
        return None
    install = detail["install"]
    if detail_type == "Install Purged" or install is None:
        return "forgotten"
    return "active" if install["deletedAt"] is None else "revoked"
