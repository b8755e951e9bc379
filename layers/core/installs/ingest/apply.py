"""Lines applied to a table: in waves, several rows in a transaction, never half a row.

>>> results = apply(table, [read_line(text) for text in file])  # doctest: +SKIP
>>> [result.document() for result in results]  # doctest: +SKIP
[{'result': 'created', 'type': 'install', 'id': 'ins_1'}]
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from installs import clock
from installs.deadline import OutOfTimeError
from installs.errors import ConflictError, InstallsError, Issue, UnavailableError
from installs.ingest import install_lines, row_lines
from installs.ingest.decisions import (
    Decision,
    DeferredError,
    Options,
    RejectedError,
    TakenError,
    refused,
)
from installs.ingest.exchange import cycles, joined
from installs.ingest.lines import InvalidLineError, Line, read_line, take_line
from installs.ingest.packing import packs
from installs.ingest.results import Outcome, Result
from installs.ingest.schedule import touched, waves
from installs.ingest.snapshot import Snapshot
from installs.ingest.values import is_text
from installs.origin import INGEST
from installs.store import installs
from installs.store.table import TRANSACTION_LIMIT, ConditionFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from installs.ingest.schedule import Token
    from installs.origin import Origin
    from installs.store.table import Table

MAX_LINES: Final = 500
"""Lines that are applied at once (CONTRACT.md section 10)."""

_ATTEMPTS: Final = 10

Numbered = tuple[int, Line]


class TooManyLinesError(ValueError):
    """More lines than may be applied at once: a caller's mistake, and nothing is applied."""


def apply_values(
    table: Table,
    values: Sequence[object],
    options: Options | None = None,
    *,
    check_time: Callable[[], None] = lambda: None,
    origin: Origin = INGEST,
) -> list[Result]:
    """Apply rows as they come in: JSON texts, or JSON values that the caller has parsed.

    The results are in the order of the values. A value that is not a line is rejected by itself.
    Parameters and errors are those of ``apply``.
    """
    results: list[Result | None] = [None] * len(values)
    lines: list[Numbered] = []
    for number, value in enumerate(values):
        try:
            text = isinstance(value, str | bytes)
            lines.append((number, read_line(value) if text else take_line(value)))  # type: ignore[arg-type]
        except InvalidLineError as error:
            results[number] = _invalid(value, error)
    applied = apply(
        table, [line for _, line in lines], options, check_time=check_time, origin=origin
    )
    for (number, _), result in zip(lines, applied, strict=True):
        results[number] = result
    return [result for result in results if result is not None]


def apply(
    table: Table,
    lines: Sequence[Line],
    options: Options | None = None,
    *,
    check_time: Callable[[], None] = lambda: None,
    origin: Origin = INGEST,
) -> list[Result]:
    """Apply lines, and return their results in the same order.

    Lines of the same row are applied in order. Each row is written whole or not at all, beside
    everything that changes with it; the same lines may be applied again at any time, and beside
    any other writer.

    ``check_time`` is called before each transaction; where it raises ``OutOfTimeError``, the lines
    that were not attempted are ``deferred`` with the code ``out_of_time``. ``origin`` is
    kept in the history of installs, and with what the cascade has to do after the changes.

    Raises
    ------
    TooManyLinesError
        There are more than 500.

    """
    if len(lines) > MAX_LINES:
        raise TooManyLinesError(f"At most {MAX_LINES} rows may be applied at once.")
    batch = _Batch(table, options or Options(), check_time, origin)
    for wave in waves(list(enumerate(lines))):
        batch.apply_wave(wave)
    return [batch.results[number] for number in range(len(lines))]


@dataclass(slots=True)
class _Batch:
    """One call: its results by number, and its deferred rows, whose later lines must wait."""

    table: Table
    options: Options
    check_time: Callable[[], None]
    origin: Origin
    results: dict[int, Result] = field(default_factory=dict)
    deferred: set[Token] = field(default_factory=set)

    def apply_wave(self, wave: Sequence[Numbered]) -> None:
        """Decide lines that do not touch each other together, and write them packed."""
        ready = []
        for number, line in wave:
            if touched(line).all & self.deferred:
                self._defer(number, line, "blocked", "waits for an earlier row that was deferred")
            else:
                ready.append((number, line))
        try:
            self._apply_ready(ready)
        except OutOfTimeError:
            self._out_of_time(self._without_result(ready))
        except UnavailableError as error:
            self._defer_all(self._without_result(ready), error)

    def _apply_ready(self, lines: Sequence[Numbered]) -> None:
        self.check_time()
        writes, contested = [], []
        for numbered, decision in zip(lines, self._decide(lines), strict=True):
            if decision.holder is not None:
                contested.append(numbered)
            elif decision.write is None:
                self._record_result(*numbered, decision.result)
            else:
                writes.append((numbered, decision))
        for pack in packs([decision.write for _, decision in writes]):
            self.check_time()
            self._write([writes[at] for at in pack])
        self._apply_contested(contested)

    def _without_result(self, lines: Sequence[Numbered]) -> list[Numbered]:
        return [numbered for numbered in lines if numbered[0] not in self.results]

    def _apply_contested(self, lines: Sequence[Numbered]) -> None:
        """Apply lines that want places of other rows: after these leave, or together with them."""
        while lines:
            self.check_time()
            decided = list(zip(lines, self._decide(lines), strict=True))
            free = [numbered for numbered, decision in decided if decision.holder is None]
            for numbered in free:
                self._apply_alone(numbered)
            if not free and not self._exchange(decided):
                for numbered, decision in decided:
                    self._record_result(*numbered, decision.result)
            lines = self._without_result(lines)

    def _exchange(self, decided: Sequence[tuple[Numbered, Decision]]) -> bool:
        """Write rows that take each other's places; return True if there were any."""
        by_row = {touched(line).own: (number, line) for (number, line), _ in decided}
        holders = {
            touched(line).own: (line.type_name, str(decision.holder))
            for (_, line), decision in decided
        }
        written = False
        for cycle in cycles(holders):
            lines = [by_row[row] for row in cycle]
            decisions = self._decide(lines, frozenset(row_id for _, row_id in cycle))
            writes = [decision.write for decision in decisions if decision.write is not None]
            whole = joined(writes)
            if len(writes) < len(lines) or len(whole.actions) > TRANSACTION_LIMIT:
                continue
            self._write([(numbered, replace(decision, write=whole)) for numbered, decision in
                         zip(lines, decisions, strict=True)])  # fmt: skip
            written = True
        return written

    def _decide(
        self, lines: Sequence[Numbered], leaving: frozenset[str] = frozenset()
    ) -> list[Decision]:
        snapshot = Snapshot(clock.now(), leaving)

        def decide(numbered: Numbered) -> Decision:
            _, line = numbered
            try:
                if line.type_name == "install":
                    return install_lines.decide(line, snapshot, self.options)
                return row_lines.decide(line, snapshot, self.options)
            except TakenError as error:
                return Decision(refused(line, error), holder=error.holder)
            except (RejectedError, DeferredError) as error:
                return Decision(refused(line, error))
            except InvalidLineError as error:
                return Decision(
                    Result(Outcome.REJECTED, line.type_name, line.id, issues=error.issues)
                )

        return snapshot.decide(self.table, lines, decide)

    def _write(self, pack: Sequence[tuple[Numbered, Decision]]) -> None:
        """Write decisions in one transaction; where that fails, each line by itself, anew."""
        try:
            self._commit([decision for _, decision in pack])
        except (ConditionFailedError, ConflictError):
            for numbered, _ in pack:
                self._apply_alone(numbered)
        except UnavailableError as error:
            self._defer_all([numbered for numbered, _ in pack], error)
        else:
            for numbered, decision in pack:
                self._record_result(*numbered, decision.result)

    def _apply_alone(self, numbered: Numbered) -> None:
        error: Exception = ConflictError("The row kept changing; send it again.")
        for _ in range(_ATTEMPTS):
            self.check_time()
            try:
                (decision,) = self._decide([numbered])
                if decision.write is not None:
                    self._commit([decision])
            except ConditionFailedError:
                continue
            except (ConflictError, UnavailableError) as busy:
                error = busy
                break
            self._record_result(*numbered, decision.result)
            return
        self._defer_all([numbered], error)

    def _commit(self, decisions: Iterable[Decision]) -> None:
        writes = [decision.write for decision in decisions if decision.write is not None]
        installs.commit(
            self.table,
            [change for write in writes for change in write.changes],
            # Several lines may require the same of the same item, which is written but once.
            *{action.key: action for write in writes for action in write.actions}.values(),
            solutions=frozenset[str]().union(*(write.solutions for write in writes)),
            origin=self.origin,
        )

    def _record_result(self, number: int, line: Line, result: Result) -> None:
        self.results[number] = result
        if result.outcome is Outcome.DEFERRED:
            self.deferred.add(touched(line).own)

    def _defer(self, number: int, line: Line, code: str, detail: str) -> None:
        issue = Issue(code, detail, pointer="")
        result = Result(Outcome.DEFERRED, line.type_name, line.id, issues=(issue,))
        self._record_result(number, line, result)

    def _defer_all(self, lines: Iterable[Numbered], error: Exception) -> None:
        code = error.code if isinstance(error, InstallsError) else "conflict"
        for number, line in lines:
            self._defer(number, line, code, str(error))

    def _out_of_time(self, lines: Iterable[Numbered]) -> None:
        for number, line in lines:
            self._defer(number, line, "out_of_time", "was not attempted: there was no time left")


def _invalid(value: object, error: InvalidLineError) -> Result:
    """Return the result of a value that is not a line, with its type and id where it has them."""
    members = value if isinstance(value, dict) else {}
    type_name, row_id = (
        member if isinstance(member, str) and len(member) <= 128 and is_text(member) else None
        for member in (members.get("type"), members.get("id"))
    )
    return Result(Outcome.REJECTED, type_name, row_id, issues=error.issues)
