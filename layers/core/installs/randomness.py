"""Random numbers of the operating system.

The generator of the module ``random`` is part of a snapshot (``snap_start.py``): all environments
that are restored from it would choose the same shards, and retry at the same moments.
"""

from __future__ import annotations

from random import SystemRandom
from typing import Final

_SYSTEM: Final = SystemRandom()

uniform: Final = _SYSTEM.uniform
"""Return a number between two."""

below: Final = _SYSTEM.randrange
"""Return a whole number from 0 to below a limit."""
