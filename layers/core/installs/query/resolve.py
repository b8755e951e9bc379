"""Relations that say which installs to look at, resolved ahead of them (docs/adr/0007).

A part of a filter that goes by few related rows becomes a set of ids, which the planner can look
for. The new parts say nothing that the filter did not say of the caller's rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from installs.ids import is_id
from installs.query.evaluate import compile_filter
from installs.query.necessary import conjuncts, necessary
from installs.query.nodes import Leaf, Many, Node, One, Quantifier, conjunction, fields_needed
from installs.store.items import decode_fields
from installs.store.keys import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from installs.query.search import Search
    from installs.store.items import Item

MOST_WORKSPACES: Final = 1_000
"""Workspaces of more than this are not looked at one by one."""

FEW_WORKSPACES: Final = 20
"""The integrations of more workspaces than this are not looked at: each is a request."""


class Resolver(Protocol):
    """What resolving needs of the store."""

    def rows(self, entity: str, ids: Iterable[str]) -> Mapping[str, Item]:
        """Rows of an entity by id."""

    def integrations(self, workspace_ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """The integrations of which each workspace has live installs."""


def resolve(search: Search, reader: Resolver) -> Search:
    """The same search, with ids in the place of relations where that is cheap."""
    for relation, resolver in (("workspace", _workspaces), ("integration", _integrations)):
        parts = conjuncts(search.filter)
        about = [part for part in parts if isinstance(part, One) and part.relation == relation]
        found = resolver(search, about, reader) if about else None
        if found is not None:
            others = [part for part in parts if part not in about]
            search = search.narrowed(conjunction(*others, found))
            if search.impossible:
                return search
    return _with_unseen(_add_ons(search, reader), reader)


def _with_unseen(search: Search, reader: Resolver) -> Search:
    """Note which parents and solutions the caller does not see.

    Their partitions hold other tenants' rows: were those read, the time and the budget that they
    take would tell of them. The caller's own workspaces are looked into instead.
    """
    if search.scope is None or "id" in search.necessary.values:
        return search
    unseen = frozenset(
        field
        for field, entity in (("parentInstallId", "Install"), ("solutionId", "Solution"))
        if not _all_seen(search.scope, reader, entity, search.necessary.values.get(field, ()))
    )
    return replace(search, unseen=unseen)


def _all_seen(scope: frozenset[str], reader: Resolver, entity: str, ids: Collection[str]) -> bool:
    found = reader.rows(entity, ids) if ids else {}
    return len(found) == len(ids) and all(
        item["workspaceId"]["S"] in scope for item in found.values()
    )


def _workspaces(search: Search, about: list[One], reader: Resolver) -> Leaf | None:
    """Which of the caller's workspaces a filter on them keeps."""
    workspaces = search.workspaces
    if workspaces is None or len(workspaces) > MOST_WORKSPACES:
        return None
    return Leaf("workspaceId", "in", _kept("Workspace", workspaces, about, reader))


def _integrations(search: Search, about: list[One], reader: Resolver) -> Leaf | None:
    """Which of the integrations that are installed a filter on them keeps.

    The counters tell which have live installs; nothing tells which have deleted ones.
    """
    workspaces = search.workspaces
    if search.states != (State.LIVE,) or "id" in search.necessary.values:
        return None
    if workspaces is None or len(workspaces) > FEW_WORKSPACES:
        return None
    installed = frozenset[str]().union(*reader.integrations(workspaces).values())
    return Leaf("integrationId", "in", _kept("Integration", sorted(installed), about, reader))


def _add_ons(search: Search, reader: Resolver) -> Search:
    """Installs that have one of certain add-ons are the parents of these."""
    for part in conjuncts(search.filter):
        if not isinstance(part, Many) or part.relation != "addOns":
            continue
        ids = necessary(part.inner).values.get("id")
        if part.quantifier is Quantifier.SOME and ids is not None:
            items = reader.rows("Install", filter(is_id, ids)).values()
            parents = {item["parentInstallId"]["S"] for item in items if "parentInstallId" in item}
            found = Leaf("id", "in", tuple(sorted(parents)))
            return search.narrowed(conjunction(*conjuncts(search.filter), found))
    return search


def _kept(entity: str, ids: Iterable[str], about: list[One], reader: Resolver) -> tuple[str, ...]:
    """Those of the rows that all the filters keep; one that is absent has nothing but nulls."""
    inner: Node = conjunction(*(part.inner for part in about))
    keep, wanted = compile_filter(inner), fields_needed(inner)
    wanted_ids = list(ids)
    found = reader.rows(entity, wanted_ids)
    absent: dict[str, Any] = {}
    return tuple(
        one
        for one in wanted_ids
        if keep(decode_fields(found[one], wanted) if one in found else absent)
    )
