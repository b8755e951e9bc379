"""The length of a query string, which is part of a URL.

A regional REST API takes a URL of at most 10,240 characters (AWS: Amazon API Gateway quotas). API
Gateway rejects a longer one with an error body of its own, so we refuse earlier. Every character
counts as it is sent, percent-encoded::

    ids=a,b              ids=a%2Cb: 9 characters
    filter={"id":"a"}    filter=%7B%22id%22%3A%22a%22%7D: 31
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Final

from installs.errors import Issue, QueryTooLongError
from installs.query.language.document import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_FILTER_BYTES: Final = 6 * 1024
"""The most bytes of a filter's JSON in UTF-8."""

MAX_QUERY_CHARACTERS: Final = 8_000
"""The most characters of the encoded query string; host, path and other encodings need the rest."""

_UNRESERVED: Final = (string.ascii_letters + string.digits + "-._~").encode()
"""The characters that are not encoded (RFC 3986, section 2.3)."""


def check_length(parameters: Mapping[str, Sequence[str]]) -> None:
    """Check the length of a query, given as the occurrences of each parameter.

    ``{"limit": ["10"], "ids": ["a,b"]}`` is ``limit=10&ids=a%2Cb``: every character that is not
    unreserved in RFC 3986 is encoded.

    Raises
    ------
    QueryTooLongError
        It is too long; the longest parameter is named.
    """
    for value in parameters.get("filter", ()):
        if len(value.encode(errors="surrogatepass")) > MAX_FILTER_BYTES:
            raise _error("filter", f"a filter has at most {MAX_FILTER_BYTES:,} bytes of JSON")
    pairs = [(name, value) for name, values in parameters.items() for value in values]
    lengths = [encoded_length(name) + encoded_length(value) + 2 for name, value in pairs]
    if sum(lengths) - 1 > MAX_QUERY_CHARACTERS:
        longest = pairs[lengths.index(max(lengths))][0]
        detail = f"a query string has at most {MAX_QUERY_CHARACTERS:,} characters, percent-encoded"
        raise _error(longest, detail)


def encoded_length(text: str) -> int:
    """Return the length of a text that is percent-encoded: three characters for a byte."""
    data = text.encode(errors="surrogatepass")
    return len(data) + 2 * len(data.translate(None, _UNRESERVED))


def _error(parameter: str, detail: str) -> QueryTooLongError:
    name = quoted(parameter)[1:-1]
    return QueryTooLongError(f"{name}: {detail}", [Issue("too_long", detail, parameter)])
