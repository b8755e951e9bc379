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
    Many,
    Node,
    One,
    Quantifier,
    conjunction,
    fields_needed,
    relations,
    relations_needed,
)
from installs.query.language.schema import INSTALL
from installs.query.planning.constraints import conjuncts, necessary
from installs.store.items import decode_fields
from installs.store.keys import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from installs.query.planning.list_request import Search
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
        about = [part for part in parts if _is_only_about(part, relation)]
        found = resolver(search, about, reader) if about else None
        if found is not None:
            others = [part for part in parts if part not in about]
            search = search.narrowed(conjunction(*others, found))
            if search.impossible:
                return search
    return _with_unseen(_add_ons(search, reader), reader)


def _is_only_about(part: Node, relation: str) -> bool:
    """Whether a part asks of nothing but which related row it is and what that has.

    Not where it is a set of ids already.
    """
    if isinstance(part, Leaf) and part.operator in ("eq", "in"):
        return False
    return fields_needed(part) <= {INSTALL.relations[relation].key} and all(
        isinstance(one, One) and one.relation == relation for one in relations(part)
    )


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


def _workspaces(search: Search, about: list[Node], reader: Resolver) -> Leaf | None:
    """Which of the caller's workspaces a filter on them keeps."""
    workspaces = search.workspaces
    if workspaces is None or len(workspaces) > MOST_WORKSPACES:
        return None
    return _kept("workspace", workspaces, about, reader)


def _integrations(search: Search, about: list[Node], reader: Resolver) -> Leaf | None:
    """Which integrations a filter on them keeps: of those that it names, or that are installed.

    The counters tell which have live installs; nothing tells which have deleted ones. What is
    named, but nowhere installed, may be hidden from the caller, and is not looked at.
    """
    if "id" in search.necessary.values:
        return None
    named, workspaces = search.necessary.values.get("integrationId"), search.workspaces
    reads = any(map(relations_needed, about))
    if named is not None and (search.scope is None or not reads):
        return _kept("integration", sorted(named), about, reader)
    if not reads or search.states != (State.LIVE,):
        return None
    if workspaces is None or len(workspaces) > FEW_WORKSPACES:
        return None
    installed = frozenset[str]().union(*reader.integrations(workspaces).values())
    there = installed if named is None else installed & named
    return _kept("integration", sorted(there), about, reader)


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


def _kept(relation: str, ids: Sequence[str], about: list[Node], reader: Resolver) -> Leaf:
    """Those of the rows that all the filters keep; one that is absent has nothing but nulls."""
    link = INSTALL.relations[relation]
    together = conjunction(*about)
    keep, need = compile_filter(together), relations_needed(together).get(relation)
    wanted = need.fields if need else frozenset()
    found = reader.rows(link.target, ids) if need else {}
    rows = {one: decode_fields(item, wanted) for one, item in found.items()}
    kept = (one for one in ids if keep({link.key: one, relation: rows.get(one)}))
    return Leaf(link.key, "in", tuple(kept))
