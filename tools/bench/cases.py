"""Requests that are compared, and the raw DynamoDB requests of the baseline."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from installs.clock import timestamp
from installs.store import keys
from tools.bench.compared.events import Answer, Event, request
from tools.bench.engine import TABLE
from tools.bench.world import START, zipf

if TYPE_CHECKING:
    from tools.bench.compared.baseline import Raw

SMALL, MIDDLE, LARGE = WORKSPACES = "wsp_small", "wsp_middle", "wsp_large"


@dataclass(frozen=True, slots=True)
class World:
    """Numbers of installs by workspace."""

    sizes: Mapping[str, int]
    """Workspaces that are listed one by one."""
    many: Mapping[str, int]
    """Twenty workspaces that are listed together; their sizes follow Zipf's law."""


FULL: Final = World(dict(zip(WORKSPACES, (1_000, 10_000, 100_000), strict=True)), zipf(4_000))
QUICK: Final = World(dict(zip(WORKSPACES, (600, 700, 800), strict=True)), zipf(100))
"""A world to try the benchmark with; its figures mean nothing."""

BIG: Final = "usr_big"
MERGED: Final = "usr_many"
FOREIGN: Final = '{"variables":{"path":["region"],"eq":"eu"}}'
ORDER: Final = '[{"memberPolicy":"asc"},{"installedBy":"desc"},{"id":"asc"}]'
PAGES: Final = 5
"""Number of pages ahead of a later page."""

Ask = Callable[[Event], Answer]


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of request.

    ``event`` makes it for one handler, since cursors differ; ``number`` is the handler's, so that
    each writes rows of its own.
    """

    name: str
    event: Callable[[Ask, int], Event]
    raw: Sequence[Raw] | None = None
    heavy: bool = False
    """True if one call takes seconds; it then has fewer rounds."""
    alternative: bool = True
    """True if the alternative supports it."""


def cases(world: World) -> list[Case]:
    """Return every case, in the order of the tables."""
    listed = []
    middle = f"{world.sizes[MIDDLE]:,} installs"
    for workspace, size in world.sizes.items():
        number = f"{size:,} installs"
        listed.append(Case(f"first page of 100, {number}", _listed(workspace_id=workspace),
                          [_page(workspace)]))  # fmt: skip
        listed.append(Case(f"later page of 100, {number}", _later(workspace),
                          [_page(workspace, behind=size - 100 * PAGES)]))  # fmt: skip
    listed += [
        Case(f"previous page of 100, {middle}", _previous(MIDDLE),
             [_page(MIDDLE, behind=world.sizes[MIDDLE] - 100 * PAGES - 1, forward=True)]),
        Case("page of 25 over 20 workspaces", lambda *_: request("GET", MERGED, limit="25"),
             [_batch(_newest_of_many(world, 25))]),
        Case("one integration, page of 100",
             _listed(workspace_id=LARGE, integration_id="itg_3"), [_integration()]),
        Case("by lastUpgradedAt, nulls last, page of 100",
             _listed(workspace_id=LARGE, orderBy='[{"lastUpgradedAt":"desc_nulls_last"}]'),
             alternative=False),
        Case(f"filter that DynamoDB checks, {middle}",
             _listed(workspace_id=MIDDLE, filter='{"memberPolicy":"manual"}'),
             alternative=False, heavy=True),
        Case(f"filter and order that no index carries, {middle}",
             _listed(workspace_id=MIDDLE, filter=FOREIGN, orderBy=ORDER),
             [_query(keys.BY_WORKSPACE, f"{MIDDLE}#live")], heavy=True),
        Case("ids of 25", _listed(ids=",".join(_ids(25))), [_batch(_ids(25))]),
        Case("get", lambda *_: request("GET", BIG, "ins_middle_000007"),
             [("GetItem", {"TableName": TABLE, "Key": _key("ins_middle_000007"),
                           "ConsistentRead": True})]),
        Case("uninstall", lambda _, n: request("DELETE", BIG, f"ins_middle_0001{n:02}"),
             [_update("SET deletedAt = :at", {":at": {"S": timestamp(START)}})]),
        Case("restore", lambda _, n: request("POST", BIG, f"ins_middle_0001{n:02}/restore"),
             [_update("REMOVE deletedAt", {})]),
    ]  # fmt: skip
    return listed


def _listed(**query: str) -> Callable[[Ask, int], Event]:
    return lambda *_: request("GET", BIG, **query)


def _later(workspace: str) -> Callable[[Ask, int], Event]:
    def event(ask: Ask, _: int) -> Event:
        return request(
            "GET", BIG, workspace_id=workspace, after=_cursor_behind(ask, workspace, PAGES)
        )

    return event


def _previous(workspace: str) -> Callable[[Ask, int], Event]:
    def event(ask: Ask, _: int) -> Event:
        after = _cursor_behind(ask, workspace, PAGES)
        page = read(ask(request("GET", BIG, workspace_id=workspace, after=after)))
        return request("GET", BIG, workspace_id=workspace, before=page["pageInfo"]["startCursor"])

    return event


def _cursor_behind(ask: Ask, workspace: str, pages: int) -> str:
    """Return the cursor behind a number of pages."""
    after: dict[str, str] = {}
    for _ in range(pages):
        page = read(ask(request("GET", BIG, workspace_id=workspace, **after)))
        after = {"after": page["pageInfo"]["endCursor"]}
    return after["after"]


def read(answer: Answer) -> Any:  # noqa: ANN401 - decoded JSON
    """Return the body of a successful answer."""
    if answer["statusCode"] != 200:
        raise RuntimeError(answer["body"])
    return json.loads(answer["body"])


def _ids(number: int) -> list[str]:
    return [f"ins_middle_{n:06}" for n in range(number)]


def _newest_of_many(world: World, number: int) -> list[str]:
    """Return ids of the newest rows: the largest workspace has them, a minute apart."""
    size = max(world.many.values())
    return [f"ins_m00_{n:06}" for n in range(size - 1, size - 1 - number, -1)]


def _key(install_id: str) -> dict[str, Any]:
    key = keys.install(install_id)
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _batch(ids: Sequence[str]) -> Raw:
    return "BatchGetItem", {
        "RequestItems": {TABLE: {"Keys": [_key(install_id) for install_id in ids]}}
    }


def _query(index: keys.Index, partition: str, **more: Any) -> Raw:  # noqa: ANN401 - JSON
    return "Query", {
        "TableName": TABLE, "IndexName": index.name,
        "KeyConditionExpression": f"{index.partition} = :p",
        "ExpressionAttributeValues": {":p": {"S": partition}}, "ScanIndexForward": False, **more,
    }  # fmt: skip


def _page(workspace: str, behind: int | None = None, *, forward: bool = False) -> Raw:
    """Query a page and one more row; ``behind``: from this row of the workspace on."""
    operation, request = _query(keys.BY_WORKSPACE, f"{workspace}#live", Limit=101)
    request["ScanIndexForward"] = forward
    if behind is not None:
        install_id = f"ins_{workspace[4:]}_{behind:06}"
        at = keys.installed(timestamp(START + timedelta(minutes=behind)), install_id)
        request["KeyConditionExpression"] += f" AND installedKey {'>' if forward else '<'} :k"
        request["ExpressionAttributeValues"][":k"] = {"S": at}
    return operation, request


def _integration() -> Raw:
    operation, request = _query(keys.BY_INTEGRATION, "itg_3#live", Limit=101)
    request["KeyConditionExpression"] += " AND begins_with(workspaceInstalledKey, :w)"
    request["ExpressionAttributeValues"][":w"] = {"S": f"{LARGE}#"}
    return operation, request


def _update(expression: str, values: dict[str, Any]) -> Raw:
    optional = {"ExpressionAttributeValues": values} if values else {}
    key = _key("ins_middle_000199")
    return "UpdateItem", {
        "TableName": TABLE,
        "Key": key,
        "UpdateExpression": expression,
        **optional,
    }
