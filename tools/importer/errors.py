"""Reasons for which an import did not happen, or stopped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MAX_LISTED: Final = 50
"""The most problems of a file that are listed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one line of the file."""

    line: int
    """The first line is 1; 0 is the file as a whole."""
    pointer: str | None
    """The JSON pointer to the place in the line; ``None`` is the line as a whole."""
    reason: str

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line else "the file"
        position = line if self.pointer is None else f"{line}, {self.pointer}"
        return f"{position}: {self.reason}"


@dataclass(slots=True)
class Problems:
    """The problems of a file: all are counted, the first ones kept."""

    count: int = 0
    first: list[Problem] = field(default_factory=list)

    def add(self, line: int, pointer: str | None, reason: str) -> None:
        """Note a problem of a line."""
        self.count += 1
        if len(self.first) < MAX_LISTED:
            self.first.append(Problem(line, pointer, reason))

    def lines(self) -> list[str]:
        """Return them as lines of text, in the order of the file."""
        listed = [
            f"  {problem}" for problem in sorted(self.first, key=lambda problem: problem.line)
        ]
        hidden = self.count - len(self.first)
        return [*listed, *([f"  ... and {hidden} more"] if hidden else [])]


class ImporterError(Exception):
    """The base of what an import can end with; the message is for the operator."""


class ImportRefusedError(ImporterError):
    """The file has bad lines; nothing was written."""

    def __init__(self, name: str, problems: Problems) -> None:
        self.problems = problems
        head = f"{name} was refused, and nothing was written; problems: {problems.count}."
        super().__init__("\n".join([head, *problems.lines()]))


class ImportStoppedError(ImporterError):
    """The table could not be read or written; what is written is whole, the import be repeated."""
