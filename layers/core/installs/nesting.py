"""The nesting of a JSON text, measured before the text is parsed.

Parsers give up at depths of their own: Python 3.11's at nearly 1,000, Python 3.13's at 10,000. One
limit below all of them makes an answer independent of the interpreter.
"""

from __future__ import annotations

import re
from typing import Final

MAX_NESTING: Final = 500
"""Objects and arrays within one another that are read at all."""

_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)


def nested_beyond(text: str, limit: int = MAX_NESTING) -> bool:
    """Return True if objects and arrays are nested deeper than the limit.

    >>> nested_beyond('{"a": ["[[["]}', limit=2)
    False
    """
    if text.count("[") + text.count("{") <= limit:
        return False
    depth = 0
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token in ("[", "{"):
            depth += 1
            if depth > limit:
                return True
        elif token in ("]", "}"):
            depth -= 1
    return False
