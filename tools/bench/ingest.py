"""Rows that come in, measured: an import, write units of each type, the function, the queue."""

from __future__ import annotations

import io
import json
import resource
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch
from uuid import uuid4

from functions.ingest.handler import handler
from installs.ingest.apply import apply_values
from installs.log import logger
from installs.store.table import Table
from installs_client import Client
from tools.bench import engine
from tools.bench.recording import Recorder, recorded
from tools.bench.trace import written
from tools.importer.run import import_file
from tools.local.dynoxide import REGION
from tools.local.ports import free_port
from tools.local.state import StateDirectory
from tools.local.system import local_system
from tools.systems import System

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Json = dict[str, Any]
    Progress = Callable[[str], None]

AT: Final = "2026-11-01T10:00:00.000Z"
WORKSPACES: Final = 20
MEMBERS: Final = 4
"""Members of each install."""
BY_USER: Final = {"addedBy": "usr_bench", "addedAt": AT}
TIMES: Final = {"createdAt": AT, "updatedAt": AT}
LAGS: Final = 20
"""Messages that are followed from the queue to the list."""


class Invocation:
    """Lambda's context, with two minutes left."""

    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation would end."""
        return 120_000


def one_of_each(workspace_id: str = "wsp_bench") -> Iterator[Json]:
    """Return a row of each type, the rows that it refers to first."""
    yield {
        "type": "workspace", "id": workspace_id, "name": "Bench", "handle": "bench",
        "ownerId": "usr_bench", **TIMES,
    }  # fmt: skip
    yield {
        "type": "user", "id": "usr_bench", "name": "Bench", "email": "bench@example.org",
        "handle": "bench", "role": "user", "createdAt": AT,
    }  # fmt: skip
    yield {
        "type": "integration", "id": "itg_bench", "workspaceId": workspace_id, "slug": "bench",
        "name": "Bench", "publisher": "bench", "trustTier": "community", "visibility": "public",
        **TIMES,
    }  # fmt: skip
    yield {
        "type": "integrationVersion", "id": "itv_bench", "integrationId": "itg_bench",
        "version": "1.0.0", "publishedBy": "usr_bench", "publishedAt": AT,
    }  # fmt: skip
    yield {
        "type": "solution", "id": "sol_bench", "workspaceId": workspace_id, "name": "Bench",
        "createdBy": "usr_bench", **TIMES,
    }  # fmt: skip
    yield install("ins_bench", workspace_id)
    yield member("mem_bench", "ins_bench", workspace_id)
    yield {
        "type": "solutionMember", "id": "som_bench", "solutionId": "sol_bench",
        "entityId": "ent_bench", **BY_USER,
    }  # fmt: skip
    yield {
        "type": "workspaceMember", "id": "wsm_bench", "workspaceId": workspace_id,
        "userId": "usr_bench", "role": "admin", "createdAt": AT,
    }  # fmt: skip
    yield {
        "type": "apiKey", "id": "key_bench", "kind": "sec", "workspaceId": workspace_id,
        "role": "editor", "secretSha256": "0" * 64,
    }  # fmt: skip


def install(install_id: str, workspace_id: str, **fields: object) -> Json:
    """Return an install of about 1 KB."""
    return {
        "type": "install", "id": install_id, "integrationId": "itg_bench",
        "integrationVersionId": "itv_bench", "workspaceId": workspace_id,
        "variables": {"region": "eu", "text": "x" * 560}, "memberPolicy": "manual",
        "installedBy": "usr_bench", "installedAt": AT, **fields,
    }  # fmt: skip


def member(member_id: str, install_id: str, workspace_id: str) -> Json:
    """Return a member of an install."""
    return {
        "type": "integrationMember", "id": member_id, "integrationInstallId": install_id,
        "workspaceId": workspace_id, "entityId": f"ent_{member_id}", "sourceMemberSlug": "contacts",
        "isClone": False, "detached": False, "enabled": True, "permissions": {}, **BY_USER,
    }  # fmt: skip


def lines(number: int) -> Iterator[Json]:
    """Return about so many rows: workspaces, and installs with their members."""
    for workspace in range(WORKSPACES):
        first, *_ = one_of_each(f"wsp_bench_{workspace}")
        yield first
    for group in range((number - WORKSPACES) // (1 + MEMBERS)):
        yield from _installed(f"b{group}", f"wsp_bench_{group % WORKSPACES}")


def _installed(name: str, workspace_id: str) -> Iterator[Json]:
    yield install(f"ins_{name}", workspace_id)
    for place in range(MEMBERS):
        yield member(f"mem_{name}_{place}", f"ins_{name}", workspace_id)


def report(rows: int, rounds: int, progress: Progress) -> Iterator[str]:
    """Measure, and return the figures as Markdown."""
    with engine.engine() as client:
        table = Table(engine.TABLE, client)
        yield from import_figures(table, rows, progress)
        progress("write units of each type")
        yield from write_unit_figures(table)
        progress("the function")
        yield from function_figures(table, rounds)
    progress("the local system, for the queue")
    yield from queue_figures()


def import_figures(table: Table, rows: int, progress: Progress) -> Iterator[str]:
    """Import a file twice."""
    peaks: list[int] = []

    def on_progress(done: int, total: int) -> None:
        if done * 10 >= total * (len(peaks) + 1):
            peaks.append(_peak())

    with TemporaryDirectory() as folder:
        file = Path(folder) / "rows.ndjson"
        with file.open("w", encoding="utf-8") as opened:
            opened.writelines(f"{json.dumps(line)}\n" for line in lines(rows))
        endpoint = table.client.meta.endpoint_url
        for name in ("first", "again"):
            progress(f"import of {rows} rows, {name}")
            began = time.monotonic()
            done = import_file(file, table.name, endpoint, on_progress)
            seconds = time.monotonic() - began
            outcomes = ", ".join(
                f"{number:,} {outcome.value}" for outcome, number in done.outcomes.items()
            )
            if name == "first":
                yield "| import | rows a second | outcome |"
                yield "|---|---:|---|"
            yield f"| {name} | {done.rows / seconds:,.0f} | {outcomes} |"
    yield ""
    growth = (peaks[-1] - peaks[0]) / 2**20
    yield f"Peak of memory: {peaks[-1] / 2**20:.0f} MB, {growth:.0f} MB more than at a tenth."


def _peak() -> int:
    """Return the peak of this process's memory, in bytes (Linux: kilobytes in the system call)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def write_unit_figures(table: Table) -> Iterator[str]:
    """Apply a row of each type by itself: the write units of a transaction, indexes included."""
    recorder = Recorder(table.client.meta.endpoint_url, REGION)
    yield "\n| type | created | the same again | changed | removed |"
    yield "|---|---:|---:|---:|---:|"
    with recorded(recorder):
        traced = Table.of_function()
        units: dict[str, list[float]] = {}

        def apply(line: Json) -> float:
            (result,) = apply_values(traced, [line])
            if result.issues:
                raise ValueError(f"{line} was not applied: {result.issues}")
            return written(recorder.trace())

        recorder.trace()
        every = list(one_of_each())
        for line in every:
            units[line["type"]] = [apply(line), apply(line), apply(line | _changed(line))]
        for line in reversed(every):
            if line["type"] != "install":
                gone = {"type": line["type"], "id": line["id"], "delete": True}
                units[line["type"]].append(apply(gone))
    for name, counts in units.items():
        cells = [f"{count:g}" for count in counts] + ["by the API"] * (4 - len(counts))
        yield f"| {name} | {' | '.join(cells)} |"


def _changed(line: Json) -> Json:
    """Return another value of one field of a row."""
    another: dict[str, Json] = {
        "install": {"authStateId": "aut_bench"},
        "integrationMember": {"enabled": False},
        "solutionMember": {"addedBy": "usr_other"},
        "workspaceMember": {"role": "viewer"},
        "apiKey": {"role": "viewer"},
        "integrationVersion": {"changelog": "changed"},
    }
    return another.get(line["type"], {"name": "Changed"})


def function_figures(table: Table, rounds: int) -> Iterator[str]:
    """Call the function in this process, warm, with new rows each time."""
    apply_values(table, list(one_of_each()))
    yield "\n| rows in a call | wall, ms | CPU, ms |"
    yield "|---:|---:|---:|"
    for number in (1, 500):
        walls, cpus = [], []
        for _ in range(rounds + 1):  # the first one warms up
            rows = _call(number)
            wall, cpu = time.perf_counter(), time.process_time()
            with patch.object(logger.registered_handler, "stream", io.StringIO()):
                answer = handler({"rows": rows}, Invocation())
            walls.append((time.perf_counter() - wall) * 1000)
            cpus.append((time.process_time() - cpu) * 1000)
            if {result["result"] for result in answer["results"]} != {"created"}:
                raise ValueError(f"rows were not created: {answer['results'][:1]}")
        yield f"| {number} | {median(walls[1:]):.0f} | {median(cpus[1:]):.0f} |"


def _call(number: int) -> list[Json]:
    """Return new rows: installs of one workspace with their members."""
    name = uuid4().hex[:12]
    groups = range(-(-number // (1 + MEMBERS)))
    rows = [row for group in groups for row in _installed(f"{name}_{group}", "wsp_bench")]
    return rows[:number]


def queue_figures() -> Iterator[str]:
    """Send installs to the queue of a local system, and wait for each in the list."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "rows.ndjson"
        file.write_text("".join(f"{json.dumps(row)}\n" for row in one_of_each()), encoding="utf-8")
        state = StateDirectory(Path(folder) / "state")
        with local_system(
            state,
            port=free_port(),
            pages_port=free_port(),
            data=file,
            progress=lambda _: None,
        ) as system:
            stack = system.stack
            queues = System.local(stack).queues()
            client = Client(stack.base_url, stack.tokens["usr_bench"])
            lags = []
            for number in range(LAGS):
                row = install(f"ins_lag_{number}", "wsp_bench")
                began = time.monotonic()
                queues.send_message(
                    QueueUrl=stack.rows_queue,
                    MessageBody=json.dumps(row),
                    MessageGroupId="wsp_bench",
                    MessageDeduplicationId=row["id"],
                )
                while not client.list(ids=[row["id"]]).rows:
                    time.sleep(0.01)
                lags.append((time.monotonic() - began) * 1000)
    figures = f"median {median(lags):.0f} ms, most {max(lags):.0f} ms"
    yield f"\nFrom the queue to the list, on the local system: {figures}."
