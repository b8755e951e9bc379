"""Rows as lines of an import: out of a table, or as the API shows them.

What a line cannot hold is made anew when it comes in: keys of indexes, counters, pointers, and
which uninstall deleted a row (by its ``deletedAt``). A member that an uninstall disabled is written
as it will be restored.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from installs import model
from installs.ingest.models import MODELS
from installs.store import items, keys, scans
from installs.store.table import key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from installs.store.items import Item
    from installs.store.table import Table
    from installs_client import Install

_TYPES: Final = {line.row_type: name for name, line in MODELS.items()}

_KINDS: Final[dict[tuple[str, str], type[model.Row]]] = {
    ("INSTALL", keys.INSTALL_SK): model.Install,
    ("INSTALL", keys.MEMBER_PREFIX): model.IntegrationMember,
    ("SOLUTION", "SOLUTION"): model.Solution,
    ("SOLUTION", keys.MEMBER_PREFIX): model.SolutionMember,
    ("INTEGRATION", "INTEGRATION"): model.Integration,
    ("VERSION", "VERSION"): model.IntegrationVersion,
    ("WORKSPACE", "WORKSPACE"): model.Workspace,
    ("USER", "USER"): model.User,
    ("USER", keys.ROLE_PREFIX): model.WorkspaceMember,
    ("KEY", "KEY"): model.ApiKey,
}
"""The type of an item, by what its two keys begin with; the others are no rows."""

_TEXTS: Final = frozenset({"variables", "permissions"})
"""Attributes that hold JSON as text."""


def row_type(item: Item) -> type[model.Row] | None:
    """The type of an item's row; none for pointers, counters and pending work."""
    return _KINDS.get(keys.kind_of(key_of(item)))


def line_of(item: Item, kind: type[model.Row]) -> str:
    """The line of an item; a JSON object in it is exactly as it was received."""
    values = items.decode(item)
    values["enabled"] = values.get(items.ENABLED_BEFORE, values.get("enabled"))
    parts = [f'"type":{json.dumps(_TYPES[kind])}']
    for _, name in items.FIELD_NAMES[kind]:
        value = values.get(name)
        exact = name in _TEXTS and value is not None
        text = value if exact else json.dumps(value, ensure_ascii=False)
        parts.append(f"{json.dumps(name)}:{text}")
    return "{" + ",".join(parts) + "}"


class TableExport:
    """The rows of a table as lines.

    A table is walked in pages and is no snapshot: what is written meanwhile is in or not.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self.rows = 0
        """Lines so far."""

    def lines(self, on_items: Callable[[int], None]) -> Iterator[str]:
        """A line for each row; ``on_items`` receives the number of items so far."""
        number = 0
        for page in scans.pages(self._table):
            for item in page:
                kind = row_type(item)
                if kind is not None:
                    self.rows += 1
                    yield line_of(item, kind)
            number += len(page)
            on_items(number)


def line_of_install(install: Install) -> str:
    """The line of an install as the API shows it."""
    line = {"type": _TYPES[model.Install], **install.raw}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))
