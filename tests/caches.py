"""The caches that a warm function keeps between invocations, emptied as a cold start finds them."""

from __future__ import annotations

from installs import access, key_sets
from installs.query.language import operators
from installs.store import bus, dead_letters, row_queue, signing, table


def reset() -> None:
    """Empty every cache of the process that holds a client, a caller's roles, keys or text."""
    table.client.cache_clear()
    signing._chain.cache_clear()
    dead_letters._client.cache_clear()
    row_queue._client.cache_clear()
    bus._client.cache_clear()
    key_sets._remote.cache_clear()
    operators._folded_once.cache_clear()
    access._scopes.clear()
