"""Attempts with pauses between them."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTEMPTS: Final = 10
_PAUSE: Final = 0.025
_LONGEST: Final = 2.0


def attempts() -> Iterator[int]:
    """Count attempts, with a longer pause with full jitter before each but the first."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, min(_LONGEST, _PAUSE * 2**attempt)))  # noqa: S311 - jitter
        yield attempt
