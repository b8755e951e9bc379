"""JSON documents of callers: strict reading, and pointers for error messages (RFC 8259, RFC 6901).

The standard library's reader shows duplicate keys, and numbers that no double can hold. Both become
marks in the value, so that the parser reports them at their place::

    {"id": "a", "id": "b"}   Duplicated, repeated ("id",)
    {"n": 1e999}             {"n": NotANumber("1e999")}
    pointer(["AND", "0"])    /AND/0
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Final

from installs.nesting import MAX_NESTING, nested_beyond

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN: Final = 60


class DocumentError(ValueError):
    """The text is not JSON."""


@dataclass(frozen=True, slots=True)
class NotANumber:
    """A number that JSON does not have, or that a double cannot hold."""

    text: str


class Duplicated(dict[str, object]):
    """An object with a repeated key; the last value is kept."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        seen: set[str] = set()
        self.repeated = tuple(
            dict.fromkeys(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        )


def read(text: str, *, max_bytes: int) -> object:
    """Return the value of a JSON text.

    Raises ``DocumentError`` if it is too long, not JSON, or nested too deep.
    """
    if len(text) > max_bytes or len(text.encode("utf-8", "surrogatepass")) > max_bytes:
        raise DocumentError(f"longer than {max_bytes:,} bytes")
    if nested_beyond(text):
        raise DocumentError(f"nested too deep: more than {MAX_NESTING} levels")
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        detail = f"not JSON: {error.msg} at character {error.pos + 1}"
        raise DocumentError(f"{detail}{_encoding_advice(text)}") from None


def _encoding_advice(text: str) -> str:
    """Return advice for a value that was not encoded as JSON, or was encoded twice."""
    if text.startswith("[object "):
        return ": an object was put into the URL; use JSON.stringify"
    if re.match(r"%(25)*(7B|5B|22)", text, re.IGNORECASE):
        return ": the value is percent-encoded twice"
    return ""


def nested_text_advice(value: object) -> str:
    """Return advice for a JSON value that is itself the text of an object or a list."""
    is_text = isinstance(value, str) and value.lstrip().startswith(("{", "["))
    return ": it is JSON within a string, encoded twice" if is_text else ""


def pointer(parts: Iterable[str]) -> str:
    """Return a JSON pointer; long parts are cut."""
    return "".join("/" + _visible(part).replace("~", "~0").replace("/", "~1") for part in parts)


def quoted(value: object) -> str:
    """Return a value as messages show it: short, on one line, always encodable."""
    if isinstance(value, str):
        return f"'{_visible(value)}'"
    if isinstance(value, NotANumber):
        return _visible(value.text)
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return _visible(json.dumps(value))


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return ``: did you mean 'x'?`` for a word close to a known one; otherwise nothing."""
    if len(word) > _SHOWN:
        return ""
    from difflib import get_close_matches  # costs milliseconds, and only errors need it

    plain = {_plain(choice): choice for choice in known}
    nearest = get_close_matches(_plain(word), plain, n=1, cutoff=0.7)
    return f": did you mean '{plain[nearest[0]]}'?" if nearest else ""


def _plain(word: str) -> str:
    return word.replace("_", "").replace("-", "").lower()


def _visible(text: str) -> str:
    cut = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in cut
    )


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else Duplicated(pairs)


def _integer(text: str) -> int | NotANumber:
    return int(text) if isfinite(float(text)) else NotANumber(text)


def _real(text: str) -> float | NotANumber:
    number = float(text)
    return number if isfinite(number) else NotANumber(text)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_real, parse_constant=NotANumber
)
