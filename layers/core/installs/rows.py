"""Installs as the API shows them: every field of the contract, ``null`` where empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from installs.model import Install
from installs.store.items import FIELD_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping


def shown(row: Install) -> dict[str, Any]:
    """One install, ready for ``orjson.dumps``."""
    fields = {attribute: getattr(row, name) for name, attribute in FIELD_NAMES[Install]}
    return fields | {"variables": orjson.Fragment(row.variables)}


def shown_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The same, from an install's plain values as the list reads them."""
    shown = {attribute: fields.get(attribute) for _, attribute in FIELD_NAMES[Install]}
    return shown | {"variables": orjson.Fragment(fields["variables"])}
