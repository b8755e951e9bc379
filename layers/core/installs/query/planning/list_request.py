"""The list request: the query with the caller's scope, before any index is considered.

The query of ``?workspace_id=wsp_1&filter={"memberPolicy":"manual"}`` from a caller who sees
``wsp_1`` and ``wsp_2`` gives::

    workspaces           ("wsp_1",)
    states               (live,)
    constraints          workspaceId: wsp_1; memberPolicy: manual
    uncounted_conjuncts  memberPolicy = manual: no counter covers it
    live_counters        None: no counter has the total
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Final

from installs.ids import is_id
from installs.query.language.parameters import Deleted, ListQuery
from installs.query.language.schema import INSTALL, Kind
from installs.query.planning.constraints import Constraints, implied_constraints, simplify
from installs.query.planning.coverage import STATE_FIELD, residual
from installs.store.counters import MAX_COUNTERS, items_to_read
from installs.store.keys import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from installs.query.language.nodes import Node
    from installs.query.language.order import Order, SortValues
    from installs.store.counters import LiveCounter

_STATES: Final = {
    Deleted.EXCLUDED: frozenset({State.LIVE}),
    Deleted.INCLUDED: frozenset(State),
    Deleted.ONLY: frozenset({State.DELETED}),
}
_COUNTED_FIELDS: Final = frozenset({"workspaceId", "integrationId", STATE_FIELD})
"""The fields by which live rows are counted (docs/adr/0006)."""


@dataclass(frozen=True)
class ListRequest:
    """A query with the caller's scope and the time of the request."""

    query: ListQuery
    filter: Node
    """The query's filter, simplified."""
    scope: frozenset[str] | None
    """The workspaces that the caller sees; ``None``: all."""
    now: datetime
    hidden_references: frozenset[str] = frozenset()
    """Foreign keys to rows that the caller does not see: no access path uses them."""

    @classmethod
    def of(cls, query: ListQuery, scope: frozenset[str] | None, now: datetime) -> ListRequest:
        """Return the request of a query."""
        return cls(query, simplify(query.filter), scope, now)

    def with_filter(self, node: Node) -> ListRequest:
        """Return the same request with another filter, which must keep the same rows."""
        return replace(self, filter=simplify(node))

    @cached_property
    def constraints(self) -> Constraints:
        """The constraints that the filter implies; for id fields, only valid ids are kept."""
        implied = implied_constraints(self.filter)
        values = {
            name: frozenset(filter(is_id, allowed)) if _is_id_field(name) else allowed
            for name, allowed in implied.values.items()
        }
        return replace(implied, values=values)

    @cached_property
    def constants(self) -> Mapping[str, str]:
        """The fields that have the same value in every matching row."""
        return self.constraints.constants()

    @cached_property
    def states(self) -> tuple[State, ...]:
        """The states that matching rows can have; each has its own partitions of an index."""
        wanted = _STATES[self.query.deleted] & self.constraints.states
        return tuple(state for state in State if state in wanted)

    @cached_property
    def workspaces(self) -> tuple[str, ...] | None:
        """The workspaces in which matching rows can be; ``None``: any."""
        workspace_ids = self.constraints.values.get("workspaceId")
        if self.scope is not None:
            workspace_ids = self.scope if workspace_ids is None else workspace_ids & self.scope
        return None if workspace_ids is None else tuple(sorted(workspace_ids))

    @property
    def unsatisfiable(self) -> bool:
        """True if no row can match, whatever the table holds."""
        return self.constraints.unsatisfiable or not self.states or self.workspaces == ()

    @property
    def backward(self) -> bool:
        """True if the page ends at a cursor, and so is read from its end."""
        return self.query.after is None and self.query.before is not None

    @cached_property
    def order(self) -> Order:
        """The order in which the rows are read."""
        return self.query.order.reversed() if self.backward else self.query.order

    @property
    def start(self) -> SortValues | None:
        """The exclusive start of the page, in reading order."""
        return self.query.before if self.backward else self.query.after

    @property
    def stop(self) -> SortValues | None:
        """The exclusive end of the page, in reading order."""
        return None if self.backward else self.query.before

    @cached_property
    def uncounted_conjuncts(self) -> tuple[Node, ...]:
        """The conjuncts of the filter that no counter covers."""
        return residual(self.filter, _COUNTED_FIELDS)

    @cached_property
    def live_counters(self) -> tuple[LiveCounter, ...] | None:
        """The counters whose sum is the number of matching live rows.

        ``None``: no counters have it, or too many would be read.
        """
        if self.uncounted_conjuncts:
            return None
        any_id = (None,)
        integration_ids = self.constraints.values.get("integrationId")
        counters: Iterator[LiveCounter] = (
            (workspace_id, integration_id)
            for workspace_id in (any_id if self.workspaces is None else self.workspaces)
            for integration_id in (any_id if integration_ids is None else sorted(integration_ids))
        )
        readable = tuple(islice(counters, MAX_COUNTERS + 1))
        return readable if items_to_read(readable) <= MAX_COUNTERS else None


def _is_id_field(name: str) -> bool:
    return INSTALL.fields[name].kind is Kind.ID
