"""Cursors: the position of a row in an order, as text (CONTRACT.md section 2, docs/adr/0004).

A cursor is base64url (RFC 4648, no padding) of a JSON list. The digest binds it to the order and to
everything that filters, so that it is not used with another query by mistake. It is neither secret
nor signed: a forged cursor is a position like any other, and shows no row that the caller may not
list. For an install of January 1 in the default order::

    [1, "<digest>", ["2026-01-01T00:00:00.000Z", "ins_1"]]
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from installs.errors import InvalidCursorError, Issue
from installs.nesting import nested_beyond
from installs.query.language.schema import Field, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.query.language.order import Order, SortValues

VERSION: Final = 1
MAX_LENGTH: Final = 6144
"""Characters of a cursor: room for a string of 1,024 characters of any script, and for the ids and
dates of five sort fields; less than a query string may have."""

_DIGEST_BYTES: Final = 12
_NESTING: Final = 2
_ALPHABET: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_FORMATS: Final = {
    Kind.ID: re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII),
    Kind.DATE: re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII),
}
"""The form of values by kind; a string may have any form."""


def encode(order: Order, values: Sequence[str | None], canonical_query: str) -> str:
    """Return the cursor of a row.

    ``values`` is ``order.values(row)``; ``canonical_query`` is ``ListQuery.canonical_query``.
    """
    payload = [VERSION, _digest(order, canonical_query), list(values)]
    return _text(json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode())


def decode(
    text: str, order: Order, canonical_query: str, *, parameter: str = "after"
) -> SortValues:
    """Return the sort values in a cursor; ``parameter`` is named in the error.

    Raises ``InvalidCursorError``: ``malformed_cursor`` if this service did not make it, and
    ``cursor_of_another_query`` if ``orderBy`` or anything that filters has changed.
    """
    payload = _payload(text)
    if payload is None:
        raise _malformed(parameter)
    digest, values = payload
    if digest != _digest(order, canonical_query):
        raise _invalid(
            "cursor_of_another_query",
            "the cursor was made for another query: orderBy and everything that filters must stay "
            "the same from page to page",
            parameter,
        )
    fields = [sort_field.definition for sort_field in order.sort_fields]
    if len(values) != len(fields) or not all(map(_holds, fields, values)):
        raise _malformed(parameter)
    return tuple(None if value is None else str(value) for value in values)


def _digest(order: Order, canonical_query: str) -> str:
    bound = f"{order.canonical()}\n{canonical_query}".encode("utf-8", "surrogatepass")
    return _text(sha256(bound).digest()[:_DIGEST_BYTES])


def _payload(text: str) -> tuple[str, list[object]] | None:
    """Return the digest and the values of a cursor; ``None`` if it is malformed."""
    if len(text) > MAX_LENGTH or not _ALPHABET.fullmatch(text):
        return None
    try:
        content = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        payload = None if nested_beyond(content.decode(), _NESTING) else json.loads(content)
    except ValueError:
        return None
    if _text(content) != text or not isinstance(payload, list) or len(payload) != 3:
        return None
    version, digest, values = payload
    if version is True or version != VERSION or not isinstance(digest, str):
        return None
    return (digest, values) if isinstance(values, list) else None


def _holds(field: Field, value: object) -> bool:
    """Return True if a sortable field can have this value."""
    if value is None:
        return field.nullable
    if not isinstance(value, str):
        return False
    if field.kind is Kind.ENUM:
        return value in field.values
    form = _FORMATS.get(field.kind)
    return form is None or form.fullmatch(value) is not None


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _malformed(parameter: str) -> InvalidCursorError:
    detail = "the cursor is malformed: pass startCursor or endCursor back unchanged"
    return _invalid("malformed_cursor", detail, parameter)


def _invalid(code: str, detail: str, parameter: str) -> InvalidCursorError:
    return InvalidCursorError(f"{parameter}: {detail}", [Issue(code, detail, parameter)])
