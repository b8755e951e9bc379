"""Where the rows of a query can be found: the narrowest ranges that hold all of them.

Pure: from the query and the workspaces that the caller sees to a plan. A plan finds candidates; the
filter is evaluated on each of them all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from installs.ids import is_id
from installs.query.nodes import And, Leaf, Node
from installs.query.parameters import Deleted, ListQuery
from installs.store import keys
from installs.store.keys import State
from installs.store.table import Range

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class ById:
    """Read the installs of these ids."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ByRange:
    """Read all of these ranges; none: nothing can match."""

    ranges: tuple[Range, ...]


Plan = ById | ByRange

_STATES = {
    Deleted.EXCLUDED: (State.LIVE,),
    Deleted.INCLUDED: (State.LIVE, State.DELETED),
    Deleted.ONLY: (State.DELETED,),
}


def plan(query: ListQuery, scope: frozenset[str] | None) -> Plan:
    """The plan of a query for a caller who sees the workspaces of ``scope`` (``None``: all)."""
    required = {field: _required(query.filter, field) for field in _KEYS}
    workspaces = required["workspaceId"]
    if scope is not None:
        workspaces = scope if workspaces is None else workspaces & scope
    if any(values is not None and not values for values in (*required.values(), workspaces)):
        return ByRange(())
    if required["id"] is not None:
        return ById(tuple(sorted(required["id"])))
    states = _STATES[query.deleted]
    for field, index in (("parentInstallId", keys.BY_PARENT), ("solutionId", keys.BY_SOLUTION)):
        if required[field] is not None:
            return _ranges(sorted(required[field] or ()), index, states)
    integrations = required["integrationId"]
    if integrations is not None:
        prefixes = [""] if workspaces is None else [f"{one}#" for one in sorted(workspaces)]
        return ByRange(
            tuple(
                Range(keys.partition(integration, state), prefix, keys.BY_INTEGRATION)
                for integration in sorted(integrations)
                for prefix in prefixes
                for state in states
            )
        )
    if workspaces is not None:
        return _ranges(sorted(workspaces), keys.BY_WORKSPACE, states)
    return _ranges(range(keys.SHARDS), keys.BY_SHARD, states)


_KEYS = ("id", "parentInstallId", "solutionId", "integrationId", "workspaceId")


def _ranges(values: list[str] | range, index: keys.Index, states: tuple[State, ...]) -> ByRange:
    return ByRange(
        tuple(
            Range(keys.partition(value, state), "", index) for value in values for state in states
        )
    )


def _required(node: Node, field: str) -> frozenset[str] | None:
    """The ids that a field must have one of for the filter to be true; ``None``: any."""
    found: frozenset[str] | None = None
    for leaf in _conjuncts(node):
        if leaf.field != field or leaf.negated or leaf.operator not in ("eq", "in"):
            continue
        values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
        allowed = frozenset(value for value in values if is_id(value))
        found = allowed if found is None else found & allowed
    return found


def _conjuncts(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, And):
        for child in node.children:
            yield from _conjuncts(child)
