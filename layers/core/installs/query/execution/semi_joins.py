"""Semi-join reduction: filters on related rows become sets of ids, where few rows have to be read.

A filter on workspaces, integrations or add-ons alone says which installs to look for; the planner
can use their ids, and live counters cover them (docs/adr/0007). With ``wsp_1`` named EU, and
``wsp_2`` named US::

    {"workspace": {"name": "EU"}, "memberPolicy": "manual"}
    {"workspaceId": {"in": ["wsp_1"]}, "memberPolicy": "manual"}

Either filter keeps the same rows among those that the caller sees.
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
from installs.query.planning.coverage import is_covered
from installs.store.items import decode_fields
from installs.store.keys import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from installs.query.planning.list_request import ListRequest
    from installs.store.items import Item

MAX_FILTERED_WORKSPACES: Final = 1_000
"""The most workspaces on which a filter is evaluated one by one."""

MAX_INTEGRATION_WORKSPACES: Final = 20
"""The most workspaces whose installed integrations are read: each is a request."""


class SemiJoinReader(Protocol):
    """The reads of the store that the reduction needs."""

    def rows(self, entity: str, ids: Iterable[str]) -> Mapping[str, Item]:
        """Return the rows of an entity that exist, by id."""

    def installed_integrations(self, workspace_ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Return the integrations that have live installs, by workspace."""


def reduce_semi_joins(request: ListRequest, reader: SemiJoinReader) -> ListRequest:
    """Return the same request with sets of ids in place of filters on related rows."""
    for relation, candidates in (("workspace", _workspaces), ("integration", _integrations)):
        parts = conjuncts(request.filter)
        relation_conjuncts = [part for part in parts if _is_only_about(part, relation)]
        ids = candidates(request, relation_conjuncts, reader) if relation_conjuncts else None
        if ids is not None:
            remaining = [part for part in parts if part not in relation_conjuncts]
            kept = _matching_ids(relation, ids, relation_conjuncts, reader)
            request = request.with_filter(conjunction(*remaining, kept))
            if request.unsatisfiable:
                return request
    return _without_hidden_references(_parents_of_add_ons(request, reader), reader)


def _is_only_about(part: Node, relation: str) -> bool:
    """Return True if a conjunct references one related row alone, and is no set of ids already."""
    foreign_key = INSTALL.relations[relation].foreign_key
    return (
        not is_covered(part, {foreign_key})
        and referenced_fields(part) <= {foreign_key}
        and all(
            isinstance(related, ToOne) and related.relation == relation
            for related in relation_filters(part)
        )
    )


def _without_hidden_references(request: ListRequest, reader: SemiJoinReader) -> ListRequest:
    """Return the request with ``hidden_references``: foreign keys to rows out of the scope.

    Partitions of such parents and solutions hold rows of other tenants. Response time or a budget
    error would leak that they exist, so the caller's own workspaces are read instead.
    """
    if request.scope is None or "id" in request.constraints.values:
        return request
    values = request.constraints.values
    hidden = frozenset(
        relation.foreign_key
        for relation in (INSTALL.relations["parentInstall"], INSTALL.relations["solution"])
        if not _are_visible(
            request.scope, reader, relation.target, values.get(relation.foreign_key, ())
        )
    )
    return replace(request, hidden_references=hidden)


def _are_visible(
    scope: frozenset[str], reader: SemiJoinReader, entity: str, ids: Collection[str]
) -> bool:
    items = reader.rows(entity, ids) if ids else {}
    rows = (decode_fields(item, ("workspaceId",)) for item in items.values())
    return len(items) == len(ids) and all(row["workspaceId"] in scope for row in rows)


def _workspaces(
    request: ListRequest, relation_conjuncts: Sequence[Node], reader: SemiJoinReader
) -> Sequence[str] | None:
    """Return the workspaces on which to evaluate a filter; ``None`` if they are too many."""
    workspace_ids = request.workspaces
    if workspace_ids is None or len(workspace_ids) > MAX_FILTERED_WORKSPACES:
        return None
    return workspace_ids


def _integrations(
    request: ListRequest, relation_conjuncts: Sequence[Node], reader: SemiJoinReader
) -> Sequence[str] | None:
    """Return the integrations on which to evaluate a filter; ``None`` if they are not known.

    They are those that the request names, or that have live installs by the counters. Nothing
    counts deleted installs. An integration that is named but not installed may be hidden from the
    caller, and is not read.
    """
    if "id" in request.constraints.values:
        return None  # the ids are the better access path
    requested = request.constraints.values.get("integrationId")
    reads_rows = any(map(related_projections, relation_conjuncts))
    if requested is not None and (request.scope is None or not reads_rows):
        return sorted(requested)
    installed = _installed_integrations(request, reader) if reads_rows else None
    if installed is None:
        return None
    return sorted(installed if requested is None else installed & requested)


def _installed_integrations(request: ListRequest, reader: SemiJoinReader) -> frozenset[str] | None:
    """Return the integrations that have installs in the workspaces; ``None`` if nothing tells."""
    workspace_ids = request.workspaces
    if workspace_ids is None or len(workspace_ids) > MAX_INTEGRATION_WORKSPACES:
        return None
    if request.states != (State.LIVE,):
        return None
    return frozenset[str]().union(*reader.installed_integrations(workspace_ids).values())


def _parents_of_add_ons(request: ListRequest, reader: SemiJoinReader) -> ListRequest:
    """Return the request with the parents' ids, if the filter names certain add-ons."""
    for part in conjuncts(request.filter):
        if not isinstance(part, ToMany) or part.relation != "addOns":
            continue
        ids = implied_constraints(part.inner).values.get("id")
        if part.quantifier is Quantifier.SOME and ids is not None:
            foreign_key = INSTALL.relations["addOns"].foreign_key
            items = reader.rows("Install", filter(is_id, ids)).values()
            rows = (decode_fields(item, (foreign_key,)) for item in items)
            parents = {row[foreign_key] for row in rows if foreign_key in row}
            of_parents = Leaf("id", "in", tuple(sorted(parents)))
            return request.with_filter(conjunction(*conjuncts(request.filter), of_parents))
    return request


def _matching_ids(
    relation: str, ids: Sequence[str], relation_conjuncts: Sequence[Node], reader: SemiJoinReader
) -> Leaf:
    """Return the set of ids whose rows meet the filters; every field of an absent row is null."""
    related = INSTALL.relations[relation]
    together = conjunction(*relation_conjuncts)
    matches, projection = compile_filter(together), related_projections(together).get(relation)
    fields = projection.fields if projection else frozenset()
    items = reader.rows(related.target, ids) if projection else {}
    rows = {row_id: decode_fields(item, fields) for row_id, item in items.items()}
    kept = (
        row_id
        for row_id in ids
        if matches({related.foreign_key: row_id, relation: rows.get(row_id)})
    )
    return Leaf(related.foreign_key, "in", tuple(kept))
