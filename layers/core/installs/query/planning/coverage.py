"""Coverage: the predicates that hold for every row of a key range, and need no further check.

A predicate is covered if it compares a key field for equality; a list of values gives one range for
each. ``deletedAt`` is a key field of every index, by its nullness alone: live and deleted rows are
in different partitions. With the key fields ``{"workspaceId", "deletedAt"}``::

    {"workspaceId": {"in": ["wsp_1", "wsp_2"]}}   covered
    {"deletedAt": {"isNull": true}}               covered
    {"deletedAt": {"gt": "2026-01-01T..."}}       residual
    {"memberPolicy": "manual"}                    residual
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from installs.query.language.nodes import Leaf, Node
from installs.query.planning.constraints import conjuncts

if TYPE_CHECKING:
    from collections.abc import Collection

STATE_FIELD: Final = "deletedAt"
"""The field that decides whether a row is in a live or a deleted partition of an index."""


def is_covered(predicate: Node, key_fields: Collection[str]) -> bool:
    """Return True if equality on the key fields implies the predicate."""
    if not isinstance(predicate, Leaf) or predicate.negated or predicate.field not in key_fields:
        return False
    return predicate.operator in (("isNull",) if predicate.field == STATE_FIELD else ("eq", "in"))


def residual(filter_: Node, key_fields: Collection[str]) -> tuple[Node, ...]:
    """Return the conjuncts of a filter that the key fields do not cover."""
    return tuple(part for part in conjuncts(filter_) if not is_covered(part, key_fields))
