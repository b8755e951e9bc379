"""The list, called in process with an event of API Gateway: time, CPU, and what it reads.

All cases are measured in turn, round after round, so that what else the machine does falls on all
of them alike; medians are told. Calls of the engine are part of the time, not of the CPU.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from tools.bench import world
from tools.local import dynoxide
from tools.local.paths import TEMPLATE
from tools.local.tables import TableDefinition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from installs.store.table import Usage

TABLE: Final = "installs-bench"
SIZES: Final = {"wsp_1k": 1_000, "wsp_10k": 10_000, "wsp_100k": 100_000}
MANY: Final = {f"wsp_m{n:02}": round(4_000 / (n + 1)) for n in range(20)}
"""Twenty workspaces whose sizes follow Zipf's law."""

FOREIGN: Final = '{"variables":{"path":["region"],"eq":"eu"}}'
ORDER: Final = '[{"memberPolicy":"asc"},{"installedBy":"desc"},{"id":"asc"}]'


@dataclass(slots=True)
class Case:
    """One query, and what was measured of it."""

    name: str
    user: str
    query: dict[str, str]
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    usage: Usage | None = None
    rows: int = 0


def cases() -> list[Case]:
    """The queries; a later page is from the middle of its workspace."""
    found = []
    for workspace, size in SIZES.items():
        here = {"workspace_id": workspace}
        found.append(Case(f"first page of 100, {size:,} installs", "usr_big", here))
        later = here | {"after": ""}
        found.append(Case(f"later page of 100, {size:,} installs", "usr_big", later))
    ten = {"workspace_id": "wsp_10k"}
    found += [
        Case("page of 25, 20 workspaces", "usr_many", {"limit": "25"}),
        Case("one integration, page of 100", "usr_big",
             {"workspace_id": "wsp_100k", "integration_id": "itg_3"}),
        Case("by lastUpgradedAt, page of 100", "usr_big",
             {"workspace_id": "wsp_100k", "orderBy": '[{"lastUpgradedAt":"desc_nulls_last"}]'}),
        Case("filter that DynamoDB checks, 10,000 installs", "usr_big",
             ten | {"filter": '{"memberPolicy":"manual"}'}),
        Case("filter and order that nothing carries, 10,000 installs", "usr_big",
             ten | {"filter": FOREIGN, "orderBy": ORDER}),
        Case("ids of 25", "usr_big",
             {"ids": ",".join(f"ins_10k_{n:06}" for n in range(25))}),
    ]  # fmt: skip
    return found


def measure(rounds: int) -> Iterator[str]:
    """Run the benchmark; what it gives are the lines of a table in Markdown."""
    with dynoxide.running_dynoxide() as endpoint:
        os.environ |= dynoxide.CREDENTIALS | {
            "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
            "AWS_DEFAULT_REGION": dynoxide.REGION,
            "TABLE_NAME": TABLE,
            "POWERTOOLS_SERVICE_NAME": "bench",
        }
        yield from _measured(dynoxide.dynamodb_client(endpoint), rounds)


def _measured(client: Any, rounds: int) -> Iterator[str]:  # noqa: ANN401 - boto3's client
    from installs import http
    from installs.store.table import Table

    # Without a stream: nobody follows it here, and the engine's imports grow slow with one.
    replace(TableDefinition.from_template(TEMPLATE), stream_view=None).create(client, TABLE)
    table = Table(TABLE, client)
    world.write(table, SIZES, "usr_big")
    world.write(table, MANY, "usr_many")

    read: list[Usage] = []
    # The line itself is not what is measured.
    setattr(http, "log_request", lambda *, usage, **_: read.append(usage))  # noqa: B010
    found = cases()
    for case in found:
        if "after" in case.query:
            case.query["after"] = _middle(case)
    for _ in range(rounds + 2):
        for case in found:
            wall, cpu = time.perf_counter(), time.process_time()
            case.rows = len(_call(case)["data"])
            case.wall.append(time.perf_counter() - wall)
            case.cpu.append(time.process_time() - cpu)
            case.usage = read[-1]
    yield "| query | wall, ms (quartiles) | CPU, ms | requests | examined | capacity units |"
    yield "|---|---|---|---|---|---|"
    for case in found:
        yield _row(case)
    walls = {case.name: statistics.median(case.wall[2:]) for case in found}
    for kind in ("first", "later"):
        large, small = (walls[f"{kind} page of 100, {n} installs"] for n in ("100,000", "1,000"))
        yield f"\n{kind.capitalize()} page at 100,000 installs against 1,000: {large / small:.2f}."
    foreign = next(case for case in found if "nothing carries" in case.name)
    each = statistics.median(foreign.cpu[2:]) / 10_000 * 1e6
    yield f"\nCPU per row that nothing carries: {each:.1f} microseconds."
    merged = next(case for case in found if "20 workspaces" in case.name)
    if merged.usage is not None:
        # The counters are no rows; of a page that is followed by another the engine counts one
        # row too many.
        examined = merged.usage.items - len(MANY) - (merged.usage.calls - 1)
        yield f"\nRows examined per row returned, 20 workspaces: {examined / merged.rows:.2f}."


def _middle(case: Case) -> str:
    """A cursor some pages into a list."""
    query = {name: one for name, one in case.query.items() if name != "after"}
    after = ""
    for _ in range(5):
        page = _call(Case("", case.user, query | ({"after": after} if after else {})))
        after = page["pageInfo"]["endCursor"]
    return after


def _call(case: Case) -> Any:  # noqa: ANN401 - decoded JSON
    from functions.list_installs.handler import handler

    event = {
        "httpMethod": "GET",
        "multiValueQueryStringParameters": {name: [one] for name, one in case.query.items()},
        "requestContext": {
            "requestId": "bench",
            "authorizer": {"principal": case.user, "kind": "user"},
        },
    }
    answer = handler(event, None)
    if answer["statusCode"] != 200:
        raise RuntimeError(f"{case.name}: {answer['body']}")
    return json.loads(answer["body"])


def _row(case: Case) -> str:
    wall = [1000 * one for one in case.wall[2:]]
    low, middle, high = statistics.quantiles(wall, n=4)
    cpu = 1000 * statistics.median(case.cpu[2:])
    usage = case.usage
    read = "" if usage is None else f"{usage.calls} | {usage.items:,} | {usage.capacity:g}"
    return f"| {case.name} | {middle:.1f} ({low:.1f}-{high:.1f}) | {cpu:.1f} | {read} |"
