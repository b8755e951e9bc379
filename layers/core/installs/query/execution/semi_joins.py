"""Parts of a filter that say which installs to look at, resolved ahead of them (docs/adr/0007).

A part that goes by a few workspaces, integrations or add-ons alone becomes a set of ids, which the
planner can look for. The new parts say nothing that the filter did not say of the caller's rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from installs.ids import is_id
from installs.query.execution.predicate import compile_filter
from installs.query.language.nodes import (
    Leaf,
    Node,
    Quantifier,
    ToMany,
    ToOne,
    conjunction,
    referenced_fields,
    related_projections,
    relation_filters,
)
from installs.query.language.schema import INSTALL
from installs.query.planning.constraints import conjuncts, implied_constraints
from installs.store.items import decode_fields
from installs.store.keys import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from installs.query.planning.list_request import ListRequest
    from installs.store.items import Item

MAX_FILTERED_WORKSPACES: Final = 1_000
"""Workspaces of more than this are not looked at one by one."""

MAX_INTEGRATION_WORKSPACES: Final = 20
"""The integrations of more workspaces than this are not looked at: each is a request."""


class SemiJoinReader(Protocol):
    """What resolving needs of the store."""

    def rows(self, entity: str, ids: Iterable[str]) -> Mapping[str, Item]:
        """Rows of an entity by id."""

    def installed_integrations(self, workspace_ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """The integrations of which each workspace has live installs."""


def reduce_semi_joins(request: ListRequest, reader: SemiJoinReader) -> ListRequest:
    """The same search, with ids in the place of relations where that is cheap."""
    for relation, resolver in (("workspace", _workspaces), ("integration", _integrations)):
        parts = conjuncts(request.filter)
        about = [part for part in parts if _is_only_about(part, relation)]
        found = resolver(request, about, reader) if about else None
        if found is not None:
            others = [part for part in parts if part not in about]
            request = request.with_filter(conjunction(*others, found))
            if request.unsatisfiable:
                return request
    return _with_unseen(_add_ons(request, reader), reader)


def _is_only_about(part: Node, relation: str) -> bool:
    """Whether a part asks of nothing but which related row it is and what that has.

    Not where it is a set of ids already.
    """
    if isinstance(part, Leaf) and part.operator in ("eq", "in"):
        return False
    return referenced_fields(part) <= {INSTALL.relations[relation].key} and all(
        isinstance(one, ToOne) and one.relation == relation for one in relation_filters(part)
    )


def _with_unseen(request: ListRequest, reader: SemiJoinReader) -> ListRequest:
    """Note which parents and solutions the caller does not see.

    Their partitions hold other tenants' rows: were those read, the time and the budget that they
    take would tell of them. The caller's own workspaces are looked into instead.
    """
    if request.scope is None or "id" in request.constraints.values:
        return request
    unseen = frozenset(
        field
        for field, entity in (("parentInstallId", "Install"), ("solutionId", "Solution"))
        if not _all_seen(request.scope, reader, entity, request.constraints.values.get(field, ()))
    )
    return replace(request, hidden_references=unseen)


def _all_seen(
    scope: frozenset[str], reader: SemiJoinReader, entity: str, ids: Collection[str]
) -> bool:
    found = reader.rows(entity, ids) if ids else {}
    return len(found) == len(ids) and all(
        item["workspaceId"]["S"] in scope for item in found.values()
    )


def _workspaces(request: ListRequest, about: list[Node], reader: SemiJoinReader) -> Leaf | None:
    """Which of the caller's workspaces a filter on them keeps."""
    workspaces = request.workspaces
    if workspaces is None or len(workspaces) > MAX_FILTERED_WORKSPACES:
        return None
    return _kept("workspace", workspaces, about, reader)


def _integrations(request: ListRequest, about: list[Node], reader: SemiJoinReader) -> Leaf | None:
    """Which integrations a filter on them keeps: of those that it names, or that are installed.

    The counters tell which have live installs; nothing tells which have deleted ones. What is
    named, but nowhere installed, may be hidden from the caller, and is not looked at.
    """
    if "id" in request.constraints.values:
        return None
    named, workspaces = request.constraints.values.get("integrationId"), request.workspaces
    reads = any(map(related_projections, about))
    if named is not None and (request.scope is None or not reads):
        return _kept("integration", sorted(named), about, reader)
    if not reads or request.states != (State.LIVE,):
        return None
    if workspaces is None or len(workspaces) > MAX_INTEGRATION_WORKSPACES:
        return None
    installed = frozenset[str]().union(*reader.installed_integrations(workspaces).values())
    there = installed if named is None else installed & named
    return _kept("integration", sorted(there), about, reader)


def _add_ons(request: ListRequest, reader: SemiJoinReader) -> ListRequest:
    """Installs that have one of certain add-ons are the parents of these."""
    for part in conjuncts(request.filter):
        if not isinstance(part, ToMany) or part.relation != "addOns":
            continue
        ids = implied_constraints(part.inner).values.get("id")
        if part.quantifier is Quantifier.SOME and ids is not None:
            items = reader.rows("Install", filter(is_id, ids)).values()
            parents = {item["parentInstallId"]["S"] for item in items if "parentInstallId" in item}
            found = Leaf("id", "in", tuple(sorted(parents)))
            return request.with_filter(conjunction(*conjuncts(request.filter), found))
    return request


def _kept(relation: str, ids: Sequence[str], about: list[Node], reader: SemiJoinReader) -> Leaf:
    """Those of the rows that all the filters keep; one that is absent has nothing but nulls."""
    link = INSTALL.relations[relation]
    together = conjunction(*about)
    keep, need = compile_filter(together), related_projections(together).get(relation)
    wanted = need.fields if need else frozenset()
    found = reader.rows(link.target, ids) if need else {}
    rows = {one: decode_fields(item, wanted) for one, item in found.items()}
    kept = (one for one in ids if keep({link.key: one, relation: rows.get(one)}))
    return Leaf(link.key, "in", tuple(kept))
