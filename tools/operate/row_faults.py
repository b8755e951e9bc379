"""Faults of a row by itself: missing fields, a wrong key, marks of a deletion without one.

A table has none by the service's own writes. A hand, or a restore of single items, makes them; and
DynamoDB deletes a live row that has a time of its purge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from installs import lifecycle, model
from installs.ingest.models import MODELS
from installs.store import items, rows
from installs.store.expressions import Update, same
from installs.store.rows import Stored
from tools.operate.findings import Finding, write_repair

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from installs.model import Row
    from installs.store.items import Item
    from installs.store.keys import Key
    from installs.store.table import Table

_REQUIRED: Final = {
    line.row_type: frozenset(
        items.camel_case(name) for name, field in line.model_fields.items() if field.is_required()
    )
    for line in MODELS.values()
}
"""The attributes that each row has; the others may be null."""

_TRASH: Final = frozenset(
    {model.Install, model.IntegrationMember, model.Solution, model.SolutionMember}
)
"""The types of rows that a retention ends; no other expires."""

_OF_DELETIONS: Final = ("retentionTier", items.PURGE_AT, items.ENABLED_BEFORE)


class Suspect(NamedTuple):
    """A row with a fault, as a scan saw it."""

    row_type: type[Row]
    key: Key


def missing(row_type: type[Row], item: Item) -> tuple[str, ...]:
    """Return the attributes that a row lacks; one that lacks any cannot be read."""
    return tuple(sorted(_REQUIRED[row_type] - item.keys()))


def strays(row_type: type[Row], item: Item) -> tuple[str, ...]:
    """Return the marks of a deletion that a row must not have in its state."""
    wrong: tuple[str, ...] = ()
    if row_type not in _TRASH:
        wrong = (items.PURGE_AT,)
    elif "deletedAt" not in item:
        wrong = _OF_DELETIONS
    elif row_type is not model.Install and items.DELETION_ID in item:
        wrong = (items.PURGE_AT,)  # it is purged with its install
    return tuple(name for name in wrong if name in item)


def faults(row_type: type[Row], key: Key, item: Item) -> tuple[str, ...]:
    """Return the faults of a row that lacks nothing."""
    found = []
    values = items.decode(item)
    if rows.key_of(Stored.of(key, values, row_type).row) != key:
        found.append("its key is not that of its fields")
    if wrong := strays(row_type, item):
        state = "live" if "deletedAt" not in item else "deleted with its install"
        found.append(f"it is {state}, and has {', '.join(wrong)}")
    if row_type is model.Install and "deletedAt" in item:
        expected = lifecycle.purge_time(values["deletedAt"], values.get("retentionTier"))
        if values.get(items.PURGE_AT) != expected:
            found.append("its purgeAt is not that of its retentionTier")
    return tuple(found)


def verify_rows(table: Table, suspects: Sequence[Suspect], *, repair: bool) -> Iterator[Finding]:
    """Report the faults of rows, read consistently; a repair removes marks alone."""
    for row_type, key in suspects:
        item = table.get(key)
        found = () if item is None else faults(row_type, key, item)
        if item is None or not found:
            continue
        name = f"{rows.type_name(row_type)} {item['id']['S']}"
        repaired = None
        if repair:
            _remove_strays(table, row_type, key, item)
            again = table.get(key)
            repaired = again is None or not faults(row_type, key, again)
        yield Finding(name, found, repaired)


def _remove_strays(table: Table, row_type: type[Row], key: Key, item: Item) -> None:
    """Remove marks that a row must not have, if it is in the state that was read."""
    wrong = strays(row_type, item)
    if not wrong:
        return
    values = items.decode(item)
    unchanged = [same(name, values.get(name)) for name in ("deletedAt", items.DELETION_ID, *wrong)]
    write_repair(table, [Update(key, unchanged, remove=wrong)])
