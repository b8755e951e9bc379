"""The order in which the lines of a batch are applied: waves of lines that do not touch each other.

Lines of one row keep their order, and a line that refers to a row comes after the earlier lines of
that row. Everything else may be read and written together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from installs.ingest.lines import Line

Token = tuple[str, str]
"""A row: its type's name and its id."""

_REFERENCES: Final[Mapping[str, tuple[str, str]]] = {
    "parentInstallId": ("parent_install_id", "install"),
    "integrationInstallId": ("integration_install_id", "install"),
    "workspaceId": ("workspace_id", "workspace"),
    "solutionId": ("solution_id", "solution"),
}
"""By field: its name in records, and the type of the row that it refers to."""


class Touched(NamedTuple):
    """The row that a line is about, and the rows that its decision depends on."""

    own: Token
    references: frozenset[Token]

    @property
    def all(self) -> frozenset[Token]:
        """All of them."""
        return self.references | {self.own}


def touched(line: Line) -> Touched:
    """Return the rows that a line touches."""
    patch = line.patch or {}
    found = {
        (type_name, patch.get(field) or getattr(line.row, name, None))
        for field, (name, type_name) in _REFERENCES.items()
    }
    references = {(type_name, row_id) for type_name, row_id in found if isinstance(row_id, str)}
    return Touched((line.type_name, line.id), frozenset(references))


def waves(lines: Sequence[tuple[int, Line]]) -> list[list[tuple[int, Line]]]:
    """Return numbered lines in waves: each line after all that it depends on or overtakes."""
    written: dict[Token, int] = {}
    read: dict[Token, int] = {}
    planned: list[list[tuple[int, Line]]] = []
    for number, line in lines:
        rows = touched(line)
        after = [written.get(token, 0) for token in rows.all]
        wave = 1 + max(read.get(rows.own, 0), *after)
        written[rows.own] = wave
        for token in rows.references:
            read[token] = max(read.get(token, 0), wave)
        if wave > len(planned):
            planned.append([])
        planned[wave - 1].append((number, line))
    return planned
