"""The import of a file: checked whole, then applied in parallel by the service's own means.

Several workers apply batches of lines. The lines of one workspace go to one worker, in the order
of the file: they share counters, and rows refer to each other.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from zlib import crc32

from installs.deadline import OutOfTimeError
from installs.ingest.apply import apply
from installs.ingest.decisions import Options
from installs.ingest.results import Outcome
from installs.origin import ActorKind, Cause, Origin
from tools.importer.errors import ImportStoppedError, Problems
from tools.importer.reading import NumberedLine, Spool, checked, numbered
from tools.importer.table import WORKERS, open_table, stopped_on_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Self

    import boto3

    from installs.ingest.lines import Line
    from installs.ingest.results import Result
    from installs.store.table import Table

BATCH_LINES: Final = 100
BATCH_BYTES: Final = 1_000_000
"""The lines that a worker applies together, and their text at the most."""

ATTEMPTS: Final = 12
"""Attempts at lines that have to wait."""

_ORIGIN: Final = Origin("import", ActorKind.SERVICE, Cause.INGEST)
_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 5.0
_UNKNOWN: Final = frozenset(
    {"unknown_parent", "unknown_install", "unknown_workspace", "place_taken", "secret_taken"}
)
"""Codes of lines that may succeed after others, or with them: those come later in the file."""

_ACCESS: Final = frozenset({"workspaceMember", "apiKey"})
"""Types whose rows may exchange places, which they do in one batch."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The outcome of an import: lines by their result, and why some were rejected."""

    rows: int
    outcomes: Mapping[Outcome, int]
    rejected: Problems


def import_file(
    path: Path | None,
    table_name: str,
    endpoint_url: str | None,
    on_progress: Callable[[int, int], None],
    session: boto3.Session | None = None,
    options: Options | None = None,
) -> ImportReport:
    """Import newline-delimited JSON (CONTRACT.md section 10), perhaps by gzip; safe to repeat.

    ``path`` is a file, or ``None`` for standard input. ``endpoint_url`` is an engine on this
    machine; ``None`` is AWS, with the credentials of ``session``, or of the environment.
    ``on_progress`` receives the number of applied lines and the total; several threads call it.

    Raises
    ------
    ImportRefusedError
        A line is bad; nothing is written.
    ImportStoppedError
        The table cannot be read or written. Whole rows are written, others not; import again.
    """
    with checked(path) as spools, stopped_on_failure():
        table = open_table(table_name, endpoint_url, session)
        return apply_spools(table, spools, on_progress, options or Options())


def apply_spools(
    table: Table,
    spools: Sequence[Spool],
    on_progress: Callable[[int, int], None],
    options: Options,
) -> ImportReport:
    """Apply the lines of spools, one spool after the other.

    Lines that refer to rows that are not there are tried again after the others, for as long as
    that helps. A backup may hold add-ons whose parent is gone: those come in at the very last.
    """
    total = sum(spool.lines for spool in spools)
    report = _Report(total, on_progress)
    with ExitStack() as stack:
        waiting = stack.enter_context(Spool())
        for spool in spools:
            _apply(table, numbered(spool), options, report, waiting, _group)
        while waiting.lines:
            again = stack.enter_context(Spool())
            _apply(table, numbered(waiting), options, report, again, _group_of_waiting)
            if again.lines == waiting.lines:
                last = replace(options, allow_orphans=options.lifecycle_from_file)
                _apply(table, numbered(again), last, report, None, _group_of_waiting)
                break
            waiting = again
    return ImportReport(total, report.outcomes, report.rejected)


@dataclass(slots=True)
class _Report:
    """The work done so far, counted by all workers."""

    total: int
    on_progress: Callable[[int, int], None]
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    rejected: Problems = field(default_factory=Problems)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, results: Iterable[tuple[NumberedLine, Result]]) -> None:
        """Count results that are final."""
        with self.lock:
            for (number, _, _), result in results:
                self.outcomes[result.outcome] += 1
                for issue in result.issues:
                    reason = f"{issue.code}: {issue.detail}"
                    self.rejected.add(number, issue.pointer or None, reason)
            self.on_progress(self.outcomes.total(), self.total)


def _apply(
    table: Table,
    lines: Iterable[NumberedLine],
    options: Options,
    report: _Report,
    waiting: Spool | None,
    group: Callable[[Line], str],
) -> None:
    """Apply lines by several workers; those that refer to unknown rows go to ``waiting``."""
    with _Crew(table, options, report, waiting) as crew:
        for line in lines:
            crew.give(line, group(line.line))
        crew.finish()


class _Crew:
    """Workers with a queue each; the first failure, or an interrupt, ends them all."""

    def __init__(
        self, table: Table, options: Options, report: _Report, waiting: Spool | None
    ) -> None:
        self._table, self._options, self._report = table, options, report
        self._waiting = waiting
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._queues: list[queue.Queue[list[NumberedLine] | None]] = [
            queue.Queue(maxsize=2) for _ in range(WORKERS)
        ]
        self._open: list[list[NumberedLine]] = [[] for _ in range(WORKERS)]
        self._threads = [
            threading.Thread(target=self._work, args=(batches,), daemon=True)
            for batches in self._queues
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def give(self, line: NumberedLine, group: str) -> None:
        """Hand a line to the worker of its group."""
        worker = crc32(group.encode()) % WORKERS
        batch = self._open[worker]
        batch.append(line)
        if len(batch) == BATCH_LINES or sum(len(line.text) for line in batch) >= BATCH_BYTES:
            self._flush(worker)

    def finish(self) -> None:
        """Wait until all that was given is applied.

        Raises
        ------
        Exception
            Any failure of a worker.
        """
        for worker in range(WORKERS):
            self._flush(worker)
            self._put(worker, None)
        for thread in self._threads:
            thread.join()
        if self._failure is not None:
            raise self._failure

    def _flush(self, worker: int) -> None:
        if self._open[worker]:
            self._put(worker, self._open[worker])
            self._open[worker] = []

    def _put(self, worker: int, batch: list[NumberedLine] | None) -> None:
        while True:
            if self._failure is not None:
                raise self._failure
            try:
                self._queues[worker].put(batch, timeout=0.2)
            except queue.Full:
                continue
            return

    def _work(self, batches: queue.Queue[list[NumberedLine] | None]) -> None:
        while not self._stop.is_set():
            try:
                batch = batches.get(timeout=0.2)
            except queue.Empty:
                continue
            if batch is None:
                return
            try:
                self._apply(batch)
            except BaseException as error:
                self._failure = self._failure or error
                self._stop.set()

    def _apply(self, lines: list[NumberedLine]) -> None:
        """Apply a batch; lines that have to wait are tried again, with longer pauses."""
        for attempt in range(ATTEMPTS):
            results = apply(
                self._table,
                [numbered.line for numbered in lines],
                self._options,
                check_time=self._check,
                origin=_ORIGIN,
            )
            pairs = list(zip(lines, results, strict=True))
            self._settle([pair for pair in pairs if pair[1].outcome is not Outcome.DEFERRED])
            deferred = [pair for pair in pairs if pair[1].outcome is Outcome.DEFERRED]
            if not deferred or self._stop.is_set():
                return
            lines = [line for line, _ in deferred]
            time.sleep(min(_LONGEST_PAUSE, _PAUSE * 2**attempt))
        first, result = deferred[0]
        raise ImportStoppedError(
            f"Line {first.number} has to wait ({result.code}: {result.issues[0].detail}), and "
            f"{len(deferred) - 1} more; import the file again later."
        )

    def _check(self) -> None:
        if self._stop.is_set():
            raise OutOfTimeError

    def _settle(self, pairs: list[tuple[NumberedLine, Result]]) -> None:
        final = []
        for line, result in pairs:
            if self._waiting is not None and result.code in _UNKNOWN:
                with self._report.lock:
                    self._waiting.add(line.number, line.text)
            else:
                final.append((line, result))
        self._report.add(final)


def _group(line: Line) -> str:
    """Return what lines of one worker have in common: the workspace, else the row itself."""
    patch = line.patch or {}
    workspace_id = getattr(line.row, "workspace_id", None) or patch.get("workspaceId")
    return str(workspace_id or line.id)


def _group_of_waiting(line: Line) -> str:
    """Return the same for lines that have waited: roles and keys may exchange their places."""
    return line.type_name if line.type_name in _ACCESS else _group(line)
