"""Installs as JSON of the API: every field of the contract, ``null`` where empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from installs.model import Install
from installs.store.items import FIELD_NAMES, string_fields

if TYPE_CHECKING:
    from installs.store.items import Item


def row_to_json(row: Install) -> dict[str, Any]:
    """Return an install, ready for ``orjson.dumps``."""
    fields = {attribute: getattr(row, name) for name, attribute in FIELD_NAMES[Install]}
    return fields | {"variables": orjson.Fragment(row.variables)}


def item_to_json(item: Item) -> dict[str, Any]:
    """Return the same from an item as the list reads it."""
    fields: dict[str, Any] = string_fields(item, Install)
    fields["variables"] = orjson.Fragment(fields["variables"])
    return fields
