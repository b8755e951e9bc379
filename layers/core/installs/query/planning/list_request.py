"""A list query as the planner sees it: with the caller's reach, and what it narrows to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from installs.ids import is_id
from installs.lifecycle import has_expired
from installs.query.language.nodes import Leaf, Node
from installs.query.language.parameters import Deleted, ListQuery
from installs.query.language.schema import INSTALL, Kind
from installs.query.planning.constraints import (
    Constraints,
    conjuncts,
    implied_constraints,
    simplify,
)
from installs.store.counters import MAX_COUNTERS, counter_items
from installs.store.keys import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from installs.query.language.order import Order, SortValues
    from installs.store.counters import LiveCount

_STATES: Final = {
    Deleted.EXCLUDED: frozenset({State.LIVE}),
    Deleted.INCLUDED: frozenset(State),
    Deleted.ONLY: frozenset({State.DELETED}),
}


@dataclass(frozen=True)
class ListRequest:
    """What is looked for, by whom, and when."""

    query: ListQuery
    filter: Node
    """The query's filter, without what is always true or never."""
    scope: frozenset[str] | None
    """The workspaces that the caller sees; ``None``: all."""
    now: datetime
    hidden_references: frozenset[str] = frozenset()
    """Fields that are to name rows which the caller does not see: those are not gone by."""

    @classmethod
    def of(cls, query: ListQuery, scope: frozenset[str] | None, now: datetime) -> ListRequest:
        """The search of a query."""
        return cls(query, simplify(query.filter), scope, now)

    def with_filter(self, node: Node) -> ListRequest:
        """The same search with another filter, which keeps the same rows."""
        return replace(self, filter=simplify(node))

    @cached_property
    def constraints(self) -> Constraints:
        """What every row that is looked for has; of ids, only those that may be ids."""
        found = implied_constraints(self.filter)
        values = {
            name: frozenset(filter(is_id, some)) if _is_key(name) else some
            for name, some in found.values.items()
        }
        return replace(found, values=values)

    @cached_property
    def states(self) -> tuple[State, ...]:
        """The halves of the indexes in which rows may be."""
        wanted = _STATES[self.query.deleted] & self.constraints.states
        return tuple(state for state in State if state in wanted)

    @cached_property
    def workspaces(self) -> tuple[str, ...] | None:
        """The workspaces in which rows may be; ``None``: any."""
        asked = self.constraints.values.get("workspaceId")
        if self.scope is not None:
            asked = self.scope if asked is None else asked & self.scope
        return None if asked is None else tuple(sorted(asked))

    @property
    def unsatisfiable(self) -> bool:
        """Whether no row can match, whatever there is."""
        return self.constraints.unsatisfiable or not self.states or self.workspaces == ()

    @property
    def backward(self) -> bool:
        """Whether the page ends at a cursor, and is read from its end."""
        return self.query.after is None and self.query.before is not None

    @cached_property
    def order(self) -> Order:
        """The order in which rows are come upon."""
        return self.query.order.reversed() if self.backward else self.query.order

    @property
    def start(self) -> SortValues | None:
        """The position behind which the page begins, in that order."""
        return self.query.before if self.backward else self.query.after

    @property
    def stop(self) -> SortValues | None:
        """The position ahead of which the page ends, in that order."""
        return None if self.backward else self.query.before

    @cached_property
    def residual(self) -> tuple[Node, ...]:
        """The parts of the filter that say more than workspace, integration and state do."""
        return tuple(part for part in conjuncts(self.filter) if not self._counted(part))

    @cached_property
    def live_counts(self) -> tuple[LiveCount, ...] | None:
        """What counts the live rows that match; ``None`` where nothing does."""
        integrations = self.constraints.values.get("integrationId")
        workspaces = self.workspaces
        if self.residual:
            return None
        every: Iterator[LiveCount] = (
            (workspace, integration)
            for workspace in workspaces or (None,)
            for integration in sorted(integrations or ()) or (None,)
        )
        found = tuple(islice(every, MAX_COUNTERS + 1))
        return found if counter_items(found) <= MAX_COUNTERS else None

    def visible(self) -> Callable[[Mapping[str, Any]], bool]:
        """Whether a row is the caller's, of the asked state, and within its retention."""
        deleted, scope, now = self.query.deleted, self.scope, self.now

        def visible(row: Mapping[str, Any]) -> bool:
            if deleted is not Deleted.INCLUDED and ("deletedAt" in row) is (
                deleted is Deleted.EXCLUDED
            ):
                return False
            return is_visible(row, scope, now)

        return visible

    def _counted(self, node: Node) -> bool:
        """Whether a part of the filter says only what the counters of live rows go by."""
        if not isinstance(node, Leaf):
            return False
        if node.field == "deletedAt":
            # The states have taken it in; of a deleted row it is told apart by the half alone.
            return node.operator == "isNull"
        return node.field in ("workspaceId", "integrationId") and node.operator in ("eq", "in")


def _is_key(name: str) -> bool:
    return INSTALL.fields[name].kind is Kind.ID


VISIBILITY_FIELDS: Final = frozenset({"id", "workspaceId", "deletedAt", "purgeAt"})
"""What tells whether a row is seen, be it looked for or related; and its id."""


def is_visible(row: Mapping[str, Any], scope: frozenset[str] | None, now: datetime) -> bool:
    """Whether a row is in the caller's workspaces (``None``: all) and within its retention."""
    return (scope is None or row["workspaceId"] in scope) and not has_expired(
        row.get("purgeAt"), now
    )
