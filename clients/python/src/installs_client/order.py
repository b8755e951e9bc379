"""Orders: fields of an install, or of a related row, with a direction each (section 2, orderBy)."""

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
    """One field to sort by; made by a field of ``where.install``, or by one of a related row."""

    field: str
    direction: Direction
    relation: str | None = None
    """The relation to one whose row has the field; None: the install itself."""

    @property
    def entry(self) -> dict[str, Direction | dict[str, Direction]]:
        """The key as it is sent."""
        own: dict[str, Direction] = {self.field: self.direction}
        return {**own} if self.relation is None else {self.relation: own}


def order_text(keys: object) -> str:
    """An order as it is sent: 1-5 keys, no field twice; raises ``InvalidRequestError``."""
    if not isinstance(keys, Sequence):
        raise InvalidRequestError("order_by takes a list such as [where.install.id.asc()]")
    if not 1 <= len(keys) <= MAX_KEYS:
        raise InvalidRequestError(f"an order has 1-{MAX_KEYS} keys")
    for key in keys:
        if not isinstance(key, OrderKey):
            raise InvalidRequestError(f"{key!r} is not a field with a direction")
    if len({(key.relation, key.field) for key in keys}) < len(keys):
        raise InvalidRequestError("a field appears twice in an order")
    return json.dumps([key.entry for key in keys], separators=(",", ":"))
