"""The import of a file: checked whole, then written."""

from __future__ import annotations

import threading
from collections import defaultdict
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from installs import model
from installs.store import items, keys
from tests.upgrade.importer_0_1_0.afterwards import enqueue_where_changed
from tests.upgrade.importer_0_1_0.installs import write_installs
from tests.upgrade.importer_0_1_0.marks import Marks
from tests.upgrade.importer_0_1_0.reading import read_rows
from tests.upgrade.importer_0_1_0.table import WRITE_LIMIT, in_runs, write_batch
from tools.importer.table import WORKERS, open_table, stopped_on_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    import boto3

    from installs.lifecycle import InstallState
    from installs.store.items import Item
    from installs.store.table import Table

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The thing that an import did."""

    rows: int
    """Rows in the file."""
    by_type: Mapping[str, int]
    """The same, by what the lines said their type is."""
    installs_changed: int
    """Installs that were not in the table yet, or not like that."""


def import_file(
    path: Path,
    table_name: str,
    endpoint_url: str | None,
    on_progress: Callable[[int, int], None],
    session: boto3.Session | None = None,
) -> ImportReport:
    """Import newline-delimited JSON (CONTRACT.md section 10); safe to repeat.

    ``endpoint_url`` is an engine on this machine; ``None`` is AWS, with the credentials of
    ``session``, or of the environment. ``on_progress`` is told how many
    rows are written, and of how many; it is called by several threads, one at a time. What a
    deleted row hangs from is looked for in the file and in the table: it comes with it or before.

    Raises
    ------
    ImportRefusedError
        A line is bad; nothing is written.
    ImportStoppedError
        The table cannot be read or written. What is written agrees with itself; import again.
    """
    rows = read_rows(path)
    progress = _Progress(len(rows.by_key), on_progress)
    with stopped_on_failure():
        table = open_table(table_name, endpoint_url, session)
        marks = Marks(rows, table)
        others = [row for _, row in rows.others()]
        api_keys = [row for row in others if isinstance(row, model.ApiKey)]
        plain = [row for row in others if not isinstance(row, model.ApiKey)]
        _each(
            in_runs(plain, WRITE_LIMIT),
            lambda run: _write_plain(table, [marks.item(row) for row in run], progress),
        )
        _write_api_keys(table, api_keys, progress)
        # One workspace's installs share its counters: written side by side, they would conflict.
        _each(
            _by_workspace(marks.installs.values()),
            lambda states: write_installs(table, states, progress.add),
        )
        written = chain.from_iterable(map(marks.hung, rows.by_key.values()))
        enqueue_where_changed(table, written, marks.known)
    return ImportReport(len(rows.by_key), dict(rows.counts), progress.changed)


class _Progress:
    """Counts what the threads have done."""

    def __init__(self, total: int, on_progress: Callable[[int, int], None]) -> None:
        self.changed = 0
        self._done = 0
        self._total = total
        self._tell = on_progress
        self._lock = threading.Lock()

    def add(self, done: int, changed: int = 0) -> None:
        """Count rows that were done, and among them installs that changed."""
        with self._lock:
            self._done += done
            self.changed += changed
            self._tell(self._done, self._total)


def _each(work: Iterable[T], do: Callable[[T], None]) -> None:
    """Do pieces of work side by side; the first failure ends it."""
    with ThreadPoolExecutor(WORKERS) as pool:
        futures = [pool.submit(do, piece) for piece in work]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    for future in futures:
        if not future.cancelled():
            future.result()


def _write_plain(table: Table, batch: Sequence[Item], progress: _Progress) -> None:
    write_batch(table, batch)
    progress.add(len(batch))


def _write_api_keys(table: Table, rows: Sequence[model.ApiKey], progress: _Progress) -> None:
    """Write keys, and pointers from their secrets; a secret of old leads to no key.

    A key that was revoked since the file was made stays so: no import brings it back.
    """
    secrets = {row.secret_sha256 for row in rows}
    for run in in_runs(rows, WRITE_LIMIT // 3):
        stored = table.get_many(keys.api_key(row.id) for row in run)
        known = {key: items.decode(item) for key, item in stored.items()}
        old = {values["secretSha256"] for values in known.values()}
        revoked = {key: values.get("deletedAt") for key, values in known.items()}
        puts = [
            items.row_to_item(key, replace(row, deleted_at=row.deleted_at or revoked.get(key)))
            for key, row in ((keys.api_key(row.id), row) for row in run)
        ]
        puts += [
            items.encode_key(keys.secret(row.secret_sha256)) | {"keyId": items.encode(row.id)}
            for row in run
        ]
        write_batch(table, puts, [keys.secret(secret) for secret in sorted(old - secrets)])
        progress.add(len(run))


def _by_workspace(states: Iterable[InstallState]) -> Iterable[Sequence[InstallState]]:
    """Installs by workspace, in an order in which neighbours share counters and solutions."""
    found: dict[str, list[InstallState]] = defaultdict(list)
    for state in states:
        found[state.row.workspace_id].append(state)
    for workspace in found.values():
        workspace.sort(key=lambda s: (s.row.integration_id, s.row.solution_id or "", s.row.id))
        yield workspace
