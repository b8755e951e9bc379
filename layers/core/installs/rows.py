"""Installs as the API shows them: every field of the contract, ``null`` where empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from installs.model import Install
from installs.store.items import FIELD_NAMES

if TYPE_CHECKING:
    from installs.store.items import Item

FIELDS: Final = tuple(attribute for _, attribute in FIELD_NAMES[Install])


def row_to_json(row: Install) -> dict[str, Any]:
    """One install, ready for ``orjson.dumps``."""
    fields = {attribute: getattr(row, name) for name, attribute in FIELD_NAMES[Install]}
    return fields | {"variables": orjson.Fragment(row.variables)}


def item_to_json(item: Item) -> dict[str, Any]:
    """The same, from an install's item as the list reads it, whose fields are all strings."""
    fields: dict[str, Any] = {
        name: None if (typed := item.get(name)) is None else typed["S"] for name in FIELDS
    }
    fields["variables"] = orjson.Fragment(fields["variables"])
    return fields
