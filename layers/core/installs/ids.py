"""What an id is (CONTRACT.md section 1)."""

from __future__ import annotations

import re
from typing import Final, TypeGuard

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)


def is_id(value: object) -> TypeGuard[str]:
    """Whether a value may be an id; what is none never reaches a key of the table."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None
