"""Decisions about one line: made from a snapshot, written later, all or nothing.

Pure but for the snapshot, which reads. ``decide`` finds the decision of each type of row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from installs.errors import Issue
from installs.ingest.results import Outcome, Result

if TYPE_CHECKING:
    from datetime import datetime

    from installs.ingest.lines import Line
    from installs.lifecycle import InstallState
    from installs.store.expressions import Action
    from installs.store.installs import Change


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a call.

    ``recreate_purged``: an install that was purged may come in again. ``lifecycle_from_file``: for
    restoring a backup and for a first load: ``deletedAt`` and ``retentionTier`` are the line's, and
    purged installs come in again. ``allow_orphans``: an install whose parent is gone may come in.
    """

    recreate_purged: bool = False
    lifecycle_from_file: bool = False
    allow_orphans: bool = False

    @property
    def recreates(self) -> bool:
        """Return True if a purged install may come in again."""
        return self.recreate_purged or self.lifecycle_from_file

    def uses_lifecycle_of(self, line: Line) -> bool:
        """Return True if a line decides the lifecycle of its row: it does in a backup alone."""
        return self.lifecycle_from_file and line.says_lifecycle

    def present(self, state: InstallState | None, now: datetime) -> InstallState | None:
        """Return an install that counts as present; ``None`` if it is past its retention.

        A backup may hold one, with its members: it comes in, and its retention deletes it.
        """
        if state is None or (state.expired(now) and not self.lifecycle_from_file):
            return None
        return state


@dataclass(frozen=True, slots=True)
class Write:
    """The changes of one line: installs through ``installs.commit``, and other items beside them.

    ``solutions``: those that have to be reconciled after it. ``size``: of the items, in bytes.
    """

    changes: tuple[Change, ...] = ()
    actions: tuple[Action, ...] = ()
    solutions: frozenset[str] = frozenset()
    size: int = 1024


@dataclass(frozen=True, slots=True)
class Decision:
    """The result of a line, once ``write`` is written; ``None``: there is nothing to write.

    ``holder``: the id of the row that has the place which a rejected line wants.
    """

    result: Result
    write: Write | None = None
    holder: str | None = None


class RejectedError(Exception):
    """A line that cannot be applied to what the table holds."""

    def __init__(self, code: str, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        self.issue = Issue(code, detail, pointer=pointer)


class TakenError(RejectedError):
    """A line that wants a place which another row of its type has."""

    def __init__(self, code: str, detail: str, pointer: str, holder: str) -> None:
        super().__init__(code, detail, pointer)
        self.holder = holder


class DeferredError(Exception):
    """A line that cannot be applied yet."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.issue = Issue(code, detail)


def result(line: Line, outcome: Outcome, *, kept: bool = False) -> Result:
    """Return the result of a line; ``kept``: its lifecycle was not applied."""
    if kept:
        return Result(Outcome.LIFECYCLE_KEPT, line.type_name, line.id, facts=outcome)
    return Result(outcome, line.type_name, line.id)


def refused(line: Line, error: RejectedError | DeferredError) -> Result:
    """Return the result of a line that an error ended."""
    outcome = Outcome.REJECTED if isinstance(error, RejectedError) else Outcome.DEFERRED
    return Result(outcome, line.type_name, line.id, issues=(error.issue,))


def is_stale(line: Line, last: str | None) -> bool:
    """Return True if a line is older than the last change that was applied (section 10)."""
    return line.as_of is not None and last is not None and line.as_of < last


def latest(line: Line, last: str | None) -> str | None:
    """Return the time of the last change, once the line is applied."""
    return line.as_of or last


TOMBSTONE_DAYS: Final = 90
"""Days for which a removed row is remembered."""
