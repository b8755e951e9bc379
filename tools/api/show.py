"""Installs for people: a table on a terminal, tab-separated lines for other programs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.cells import cell_len
from rich.table import Table

from installs.clock import timestamp
from installs.lifecycle import purge_time
from installs.query.language.schema import INSTALL, Kind
from tools.api import included
from tools.tables import grid, tab_separated, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import Console

    from installs_client import Install

PLAIN: Final = tuple(
    name
    for name, field in INSTALL.fields.items()
    if field.kind is not Kind.JSON and name != "authStateId"
)
"""Columns of a line for other programs: every field but objects and ``authStateId``."""

Column = tuple[str, "Callable[[Install], str]"]

_IDENTITY: Final[Sequence[Column]] = (
    ("ID", lambda install: install.id),
    ("INTEGRATION", lambda install: install.integration_id),
    ("WORKSPACE", lambda install: install.workspace_id),
)
_DELETED: Final[Sequence[Column]] = (
    ("DELETED", lambda install: moment(install.deleted_at)),
    ("TIER", lambda install: install.retention_tier or ""),
)
_MORE: Final[Sequence[Column]] = (
    ("INSTALLED", lambda install: moment(install.installed_at)),
    ("POLICY", lambda install: install.member_policy),
    ("UPGRADED", lambda install: moment(install.last_upgraded_at)),
)
_GAP: Final = 2
"""The columns between two cells of ``tools.tables.grid``."""


def show_rows(
    console: Console, rows: Iterable[Install], *, as_json: bool, include: Sequence[str] = ()
) -> int:
    """Print the rows of a list, with the rows that are included; return their number."""
    if as_json:
        return _each(rows, lambda install: echo(console, json_line(install, include)))
    beside = included.columns(include)
    if console.is_terminal:
        listed = tuple(rows)
        deleted = _DELETED if any(install.deleted_at for install in listed) else ()
        _table(console, listed, (*_IDENTITY, *beside, *deleted, *_MORE))
        return len(listed)

    def plain(install: Install) -> None:
        names = [text_of(install) for _, text_of in beside]
        _plain(console, [*(install.raw[name] for name in PLAIN), *names])

    return _each(rows, plain)


def show_trash(console: Console, rows: Iterable[Install], now: datetime) -> int:
    """Print deleted rows with the time until each is purged; return their number."""
    if console.is_terminal:
        listed = tuple(rows)
        left: Column = ("PURGED", lambda install: until_purge(install, now))
        _table(console, listed, (_IDENTITY[0], left, *_IDENTITY[1:], *_DELETED))
        return len(listed)

    def plain(install: Install) -> None:
        purged_at = purge_at(install)
        text = None if purged_at is None else timestamp(purged_at)
        _plain(console, [*(install.raw[name] for name in PLAIN), text])

    return _each(rows, plain)


def show_install(
    console: Console, install: Install, now: datetime, include: Sequence[str] = ()
) -> None:
    """Print one row, a line for each field and for each relation that is included."""
    values = {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
        for name, value in install.raw.items()
    }
    if not console.is_terminal:
        for name, value in values.items():
            _plain(console, [name, value])
        for name, text in included.lines(install, include):
            _plain(console, [name, text])
        return
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in values.items():
        grid.add_row(name, "-" if value is None else visible(str(value)))
    if install.deleted_at is not None:
        grid.add_row("(purged)", until_purge(install, now))
    for name, text in included.lines(install, include):
        grid.add_row(f"({name})", visible(text) or "-")
    console.print(grid)


def json_line(install: Install, include: Sequence[str] = ()) -> str:
    """Return the row as the API sent it, on one line; with the rows that it names, if included."""
    row = included.with_included(install, include) if include else install.raw
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def json_answer(install: Install) -> str:
    """Return one install as the API sent it, with all that is included, on one line."""
    raw = install.included.raw
    answer = {**install.raw, "included": raw} if raw else install.raw
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def echo(console: Console, line: str) -> None:
    """Print a line to the letter: rich itself would put spaces in the place of tabs."""
    typer.echo(line, file=console.file)


def purge_at(install: Install) -> datetime | None:
    """Return the time of the purge of a deleted install (CONTRACT.md section 4); None for never."""
    if install.deleted_at is None:
        return None
    seconds = purge_time(timestamp(install.deleted_at), install.retention_tier)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def until_purge(install: Install, now: datetime) -> str:
    """Describe the time until a deleted install is purged."""
    purged_at = purge_at(install)
    if purged_at is None:
        return "never"
    minutes = int((purged_at - now).total_seconds() // 60)
    if minutes < 1:
        return "at any moment"
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"in {days} d {hours} h"
    return f"in {hours} h {minutes % 60} min"


def moment(time: datetime | None) -> str:
    """A time to the minute, in UTC."""
    return "" if time is None else time.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _table(console: Console, rows: Sequence[Install], columns: Sequence[Column]) -> None:
    """Print the columns that fit whole, so that values can be copied."""
    titles: list[str] = []
    cells: list[list[str]] = []
    room = console.width
    for title, text_of in columns:
        texts = [visible(text_of(install)) for install in rows]
        room -= max(map(cell_len, [title, *texts])) + _GAP
        if cells and room + _GAP < 0:
            break
        titles.append(title)
        cells.append(texts)
    if rows:
        console.print(grid(titles, zip(*cells, strict=True)))


def _each(rows: Iterable[Install], show: Callable[[Install], object]) -> int:
    """Print rows as they arrive; return their number."""
    number = 0
    for row in rows:
        show(row)
        number += 1
    return number


def _plain(console: Console, values: Sequence[Any]) -> None:
    echo(console, tab_separated(values))
