"""Worlds of installs of about 1 KB, written as the service itself would leave them."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from installs import model
from installs.lifecycle import InstallState, timestamp
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
    """Installs of one workspace, an hour apart."""
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


def write(table: Table, sizes: Mapping[str, int], user: str) -> None:
    """Write workspaces of these sizes, and a user who may edit all of them."""
    rows = [one for workspace, size in sizes.items() for one in installs(workspace, size)]
    counts = Counter(key for row in rows for key in counters_of(counted(row)))
    _put(table, (items.install_to_item(InstallState(row)) for row in rows))
    _put(
        table,
        (items.encode_key(key) | {items.LIVE: items.encode(n)} for key, n in counts.items()),
    )
    at = timestamp(START)
    itself = items.row_to_item(keys.user(user), model.User(user, user, user, user, "user", at))
    _put(table, [itself])
    _put(
        table,
        (
            items.row_to_item(
                keys.role(user, one), model.WorkspaceMember(f"wsm_{one}", one, user, "editor", at)
            )
            for one in sizes
        ),
    )


def _put(table: Table, rows: Iterable[Item]) -> None:
    requests = [{"PutRequest": {"Item": item}} for item in rows]
    batches = [requests[at : at + BATCH] for at in range(0, len(requests), BATCH)]

    def put(batch: list[dict[str, dict[str, Item]]]) -> None:
        answer = table.client.batch_write_item(RequestItems={table.name: batch})  # type: ignore[dict-item]
        if answer.get("UnprocessedItems"):
            raise RuntimeError("the engine left rows unwritten")

    with ThreadPoolExecutor(WRITERS) as pool:
        for _ in pool.map(put, batches):
            pass
