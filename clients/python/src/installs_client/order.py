"""Orders: fields of an install with a direction each (CONTRACT.md section 2, orderBy)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from installs_client.errors import InvalidRequestError

MAX_KEYS: Final = 5

Direction = Literal[
    "asc", "desc", "asc_nulls_first", "asc_nulls_last", "desc_nulls_first", "desc_nulls_last"
]


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One field to sort by; made by a field of ``where.install``."""

    field: str
    direction: Direction


def order_text(keys: object) -> str:
    """An order as it is sent: 1-5 keys, no field twice; raises ``InvalidRequestError``."""
    if not isinstance(keys, Sequence):
        raise InvalidRequestError("order_by takes a list such as [where.install.id.asc()]")
    if not 1 <= len(keys) <= MAX_KEYS:
        raise InvalidRequestError(f"an order has 1-{MAX_KEYS} keys")
    directions = {}
    for key in keys:
        if not isinstance(key, OrderKey):
            raise InvalidRequestError(f"{key!r} is not a field with a direction")
        directions[key.field] = key.direction
    if len(directions) < len(keys):
        raise InvalidRequestError("a field appears twice in an order")
    entries = [{field: direction} for field, direction in directions.items()]
    return json.dumps(entries, separators=(",", ":"))
