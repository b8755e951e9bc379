"""Worlds of installs of about 1 KB, written as the service itself would leave them."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from installs import model
from installs.clock import timestamp
from installs.lifecycle import InstallState
from installs.store import items, keys
from installs.store.counters import counted, counters_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from installs.store.items import Item
    from installs.store.table import Table

START: Final = datetime(2024, 1, 1, tzinfo=UTC)
WRITERS: Final = 4
BATCH: Final = 25


def installs(workspace: str, number: int) -> Iterator[model.Install]:
    """Installs of one workspace, a minute apart."""
    variables = json.dumps({"region": "eu", "text": "x" * 560})
    for n in range(number):
        yield model.Install(
            id=f"ins_{workspace[4:]}_{n:06}",
            integration_id=f"itg_{n % 20}",
            integration_version_id=f"itv_{n % 20}_{n % 3}",
            workspace_id=workspace,
            variables=variables,
            auth_state_id=f"aus_{n}" if n % 2 else None,
            member_policy=list(model.MemberPolicy)[n % 3],
            parent_install_id=None,
            solution_id=f"sol_{workspace[4:]}_{n % 50}" if n % 5 == 0 else None,
            installed_by=f"usr_{n % 7}",
            installed_at=timestamp(START + timedelta(minutes=n)),
            last_upgraded_at=timestamp(START + timedelta(days=n % 300)) if n % 3 else None,
            deleted_at=None,
            retention_tier=None,
        )


def zipf(largest: int) -> dict[str, int]:
    """Twenty workspaces whose sizes follow Zipf's law."""
    return {f"wsp_m{n:02}": round(largest / (n + 1)) for n in range(20)}


def write(table: Table, sizes: Mapping[str, int], user: str, role: str = "editor") -> None:
    """Write workspaces of these sizes, and a user who has the role in all of them."""
    rows = [install for workspace, size in sizes.items() for install in installs(workspace, size)]
    counts = Counter(key for row in rows for key in counters_of(counted(row)))
    put(table, (items.install_to_item(InstallState(row)) for row in rows))
    put(table, (items.encode_key(key) | {items.LIVE: items.encode(n)} for key, n in counts.items()))
    admit(table, user, sizes, role)


def admit(table: Table, user: str, workspaces: Iterable[str], role: str) -> None:
    """Write a user who has the role in some workspaces."""
    at = timestamp(START)
    itself = model.User(user, user, f"{user}@example.org", user, "user", at)
    put(table, [items.row_to_item(keys.user(user), itself)])
    rows = (
        model.WorkspaceMember(f"wsm_{workspace_id}", workspace_id, user, role, at)
        for workspace_id in workspaces
    )
    put(table, (items.row_to_item(keys.role(user, row.workspace_id), row) for row in rows))


def put(table: Table, rows: Iterable[Item]) -> None:
    """Write items, whatever was there before."""
    requests: list[Any] = [{"PutRequest": {"Item": row}} for row in rows]
    runs = [requests[start : start + BATCH] for start in range(0, len(requests), BATCH)]

    def write(run: list[Any]) -> None:
        answer = table.client.batch_write_item(RequestItems={table.name: run})
        if answer.get("UnprocessedItems"):
            raise RuntimeError("the engine left items unwritten")

    with ThreadPoolExecutor(WRITERS) as pool:
        for _ in pool.map(write, runs):
            pass
