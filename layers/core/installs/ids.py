"""The syntax of ids (CONTRACT.md section 1)."""

from __future__ import annotations

import re
from typing import Final, TypeGuard

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)


def is_id(value: object) -> TypeGuard[str]:
    """Return True if a value is a valid id; other values never reach a key of the table."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None
