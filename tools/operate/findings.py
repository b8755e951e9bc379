"""Findings of a verification, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Finding:
    """A disagreement, or a note, in words; ``repaired`` is None if no repair was requested."""

    about: str
    faults: tuple[str, ...]
    repaired: bool | None = None


def examples(names: Sequence[str]) -> str:
    """Name the first three."""
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
