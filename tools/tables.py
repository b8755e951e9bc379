"""Tables on a terminal, and lines for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def grid(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a table with a header; cells that do not fit are folded, never cut."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def visible(text: str) -> str:
    """Escape what a terminal would act on."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def tab_separated(values: Iterable[object]) -> str:
    """Return a row as one line for other programs; tabs and line ends in its values are escaped."""
    return "\t".join("" if value is None else visible(str(value)) for value in values)
