"""Reasons for which an import did not happen, or stopped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

SHOWN: Final = 50
"""The way in which many problems of a file are told one by one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one line of the file."""

    line: int
    """The first line is 1; 0 is the file as a whole."""
    field: str | None
    reason: str

    def __str__(self) -> str:
        place = f"line {self.line}" if self.line else "the file"
        return ": ".join((place if self.field is None else f"{place}, {self.field}", self.reason))


@dataclass(slots=True)
class Problems:
    """The problems of a file: all are counted, the first ones kept."""

    count: int = 0
    first: list[Problem] = field(default_factory=list)

    def add(self, line: int, name: str | None, reason: str) -> None:
        """Note a problem of a line, and the field that has it (``None``: the line as a whole)."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(Problem(line, name, reason))


class ImporterError(Exception):
    """The base of what an import can end with; the message is for whoever runs it."""


class ImportRefusedError(ImporterError):
    """The file has bad lines; nothing was written."""

    def __init__(self, name: str, problems: Problems) -> None:
        self.problems = tuple(sorted(problems.first, key=lambda problem: problem.line))
        self.count = problems.count
        hidden = self.count - len(self.problems)
        lines = [f"{name} was refused, and nothing was written; problems: {self.count}."]
        lines += [f"  {problem}" for problem in self.problems]
        if hidden:
            lines.append(f"  ... and {hidden} more")
        super().__init__("\n".join(lines))
