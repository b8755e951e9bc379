"""The alternative: boto3's Table resource, and pydantic's models around it."""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.conditions import Attr, Key

from installs.store import keys
from tools.bench.compared.models import Install, Page, PageInfo, Parameters, Success

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.bench.compared.events import Answer, Event

dynamodb = boto3.resource("dynamodb")
table = dynamodb.Table(os.environ["TABLE_NAME"])

Item = dict[str, Any]


def handler(event: Event) -> Answer:
    """Answer a request."""
    install = (event["pathParameters"] or {}).get("id")
    if install is None:
        user = event["requestContext"]["authorizer"]["principal"]
        parameters = Parameters.model_validate(event["queryStringParameters"] or {})
        return _ok(list_installs(parameters, user))
    if event["httpMethod"] == "GET":
        return _ok(get(install))
    return _ok(uninstall(install) if event["httpMethod"] == "DELETE" else restore(install))


def _ok(answer: Page | Install | Success) -> Answer:
    headers = {"Content-Type": "application/json"}
    return {"statusCode": 200, "headers": headers, "body": answer.model_dump_json(by_alias=True)}


def list_installs(parameters: Parameters, user: str) -> Page:
    """A page of installs."""
    if parameters.ids:
        rows = _newest_first(_by_ids(parameters.ids.split(",")))
        return _page(rows, parameters, more=False)
    if parameters.workspace_id is None:
        unsorted = [
            row
            for workspace in workspaces(user)
            for row in _query(keys.BY_WORKSPACE, f"{workspace}#live", parameters.limit + 1)
        ]
        rows = _newest_first(unsorted)
        return _page(rows[: parameters.limit], parameters, more=len(rows) > parameters.limit)
    if parameters.filter or parameters.order_by:
        rows = _sorted(_filtered(_all(parameters.workspace_id), parameters), parameters)
        return _page(rows[: parameters.limit], parameters, more=len(rows) > parameters.limit)
    if parameters.integration_id:
        partition, prefix = f"{parameters.integration_id}#live", f"{parameters.workspace_id}#"
        rows = _query(keys.BY_INTEGRATION, partition, parameters.limit + 1, prefix)
        return _page(rows[: parameters.limit], parameters, more=len(rows) > parameters.limit)
    partition, start = (
        f"{parameters.workspace_id}#live",
        _decode(parameters.after or parameters.before),
    )
    back = parameters.before is not None
    rows = _query(keys.BY_WORKSPACE, partition, parameters.limit + 1, start=start, forward=back)
    more = len(rows) > parameters.limit
    rows = rows[: parameters.limit]
    return _page(rows[::-1] if back else rows, parameters, more=more)


@cache
def workspaces(user: str) -> Sequence[str]:
    """The workspaces that a user sees; a warm function remembers them, as the service does."""
    condition = Key("pk").eq(f"USER#{user}") & Key("sk").begins_with(keys.ROLE_PREFIX)
    roles = table.query(KeyConditionExpression=condition)["Items"]
    return [str(item["workspaceId"]) for item in roles]


def get(install_id: str) -> Install:
    """One install."""
    return Install.model_validate(_item(install_id))


def uninstall(install_id: str) -> Success:
    """Soft-delete an install, and move it to the other half of the indexes."""
    row, now = _item(install_id), datetime.now(UTC)
    at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    purge = int((now + timedelta(days=30)).timestamp())
    _update(
        row,
        "SET deletedAt = :at, retentionTier = :tier, purgeAt = :purge, latestKey = :latest",
        {":at": at, ":tier": "medium", ":purge": purge, ":latest": keys.latest(at, install_id)},
        Attr("deletedAt").not_exists(),
        "deleted",
    )
    return Success()


def restore(install_id: str) -> Install:
    """Bring an install back."""
    row = _item(install_id)
    latest = keys.latest(row.get("lastUpgradedAt"), install_id)
    _update(
        row,
        "REMOVE deletedAt, retentionTier, purgeAt SET latestKey = :latest",
        {":latest": latest},
        Attr("deletedAt").exists(),
        "live",
    )
    for name in ("deletedAt", "retentionTier", "purgeAt"):
        row.pop(name, None)
    return Install.model_validate(row)


def _update(row: Item, change: str, values: Item, condition: Any, state: str) -> None:  # noqa: ANN401
    names = ("workspaceKey", "integrationKey", "shardKey", "solutionKey")
    moved = {name: row[name].rsplit("#", 1)[0] + f"#{state}" for name in names if name in row}
    clause = ", ".join(f"{name} = :{name}" for name in moved)
    expression = change.replace("SET ", f"SET {clause}, ")
    table.update_item(
        Key={"pk": row["pk"], "sk": row["sk"]},
        UpdateExpression=expression,
        ExpressionAttributeValues=values | {f":{name}": to for name, to in moved.items()},
        ConditionExpression=condition,
    )


def _item(install_id: str) -> Item:
    return table.get_item(Key=_key(install_id), ConsistentRead=True)["Item"]


def _key(install_id: str) -> dict[str, str]:
    key = keys.install(install_id)
    return {"pk": key.pk, "sk": key.sk}


def _by_ids(ids: Sequence[str]) -> list[Item]:
    key_list = [_key(install_id) for install_id in ids]
    answer = dynamodb.batch_get_item(RequestItems={table.name: {"Keys": key_list}})
    return answer["Responses"][table.name]


def _query(
    index: keys.Index,
    partition: str,
    limit: int,
    prefix: str = "",
    *,
    start: Item | None = None,
    forward: bool = False,
) -> list[Item]:
    condition: Any = Key(index.partition).eq(partition)
    if prefix:
        condition &= Key(index.sort).begins_with(prefix)
    more: Any = {"ExclusiveStartKey": start} if start else {}
    answer = table.query(
        IndexName=index.name, KeyConditionExpression=condition, ScanIndexForward=forward,
        Limit=limit, **more,
    )  # fmt: skip
    return answer["Items"]


def _all(workspace: str) -> list[Item]:
    condition = Key("workspaceKey").eq(f"{workspace}#live")
    answer = table.query(IndexName="byWorkspace", KeyConditionExpression=condition)
    items = answer["Items"]
    while "LastEvaluatedKey" in answer:
        answer = table.query(
            IndexName="byWorkspace", KeyConditionExpression=condition,
            ExclusiveStartKey=answer["LastEvaluatedKey"],
        )  # fmt: skip
        items.extend(answer["Items"])
    return items


def _filtered(rows: list[Item], parameters: Parameters) -> list[Item]:
    condition = (parameters.filter or {}).get("variables")
    if not condition:
        return rows
    return [
        row
        for row in rows
        if _at(json.loads(row["variables"]), condition["path"]) == condition["eq"]
    ]


def _at(value: Any, path: Sequence[str]) -> Any:  # noqa: ANN401 - any JSON
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _sorted(rows: list[Item], parameters: Parameters) -> list[Item]:
    for key in reversed(parameters.order_by or []):
        ((name, direction),) = key.items()
        rows = sorted(rows, key=lambda row: row[name], reverse=direction == "desc")
    return rows


def _newest_first(rows: list[Item]) -> list[Item]:
    return sorted(rows, key=lambda row: row["installedKey"], reverse=True)


def _page(rows: list[Item], parameters: Parameters, *, more: bool) -> Page:
    back = parameters.before is not None
    return Page(
        data=[Install.model_validate(row) for row in rows],
        page_info=PageInfo(
            has_next_page=back or more,
            has_previous_page=more if back else parameters.after is not None,
            start_cursor=_encode(rows[0]) if rows else None,
            end_cursor=_encode(rows[-1]) if rows else None,
        ),
    )


def _encode(row: Item) -> str:
    key = {name: row[name] for name in ("pk", "sk", "workspaceKey", "installedKey")}
    return urlsafe_b64encode(json.dumps(key).encode()).decode()


def _decode(cursor: str | None) -> Item | None:
    return None if cursor is None else json.loads(urlsafe_b64decode(cursor))
