"""Findings of a verification, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from installs.store.table import ConditionFailedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.store.expressions import Action
    from installs.store.table import Table


@dataclass(frozen=True, slots=True)
class Finding:
    """A disagreement, or a note, in words; ``repaired`` is None if no repair was requested."""

    about: str
    faults: tuple[str, ...]
    repaired: bool | None = None


def examples(names: Sequence[str]) -> str:
    """Name the first three."""
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def write_repair(table: Table, actions: Sequence[Action]) -> bool:
    """Write a repair in one transaction; return False if the items are not as they were read."""
    try:
        table.transact(actions)
    except ConditionFailedError:
        return False
    return True
