"""Access paths: where the rows of a search can be found (docs/adr/0003-single-table.md)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from installs.query.planning.key_ranges import ABOVE, KeyRange
from installs.store import keys
from installs.store.keys import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from installs.query.planning.list_request import ListRequest
    from installs.store.counters import LiveCount
    from installs.store.keys import Index

MAX_RANGES: Final = 2_500
"""A path of more lanes than this is none: each is a request at least, of half a unit."""

MAX_SEPARATE_WORKSPACES: Final = 100
"""Up to so many workspaces are looked into one by one, never by way of all there are."""

MAX_COUNTED_INTEGRATIONS: Final = 8
"""The counts of more integrations in all workspaces are not read: each is 64 items."""

_LIVE_ONLY: Final = {"deletedAt": None, "retentionTier": None}


@dataclass(frozen=True, slots=True)
class AccessPath:
    """Lanes that hold every row of a search, or the ids of all of them."""

    name: str
    ranges: tuple[KeyRange, ...] = ()
    ids: tuple[str, ...] = ()
    covered_fields: frozenset[str] = frozenset()
    """The fields whose values the keys of the lanes hold."""


def access_paths(request: ListRequest) -> tuple[AccessPath, ...]:
    """Every way to the rows of a search; at least one."""
    values = request.constraints.values
    if "id" in values:
        return (AccessPath("ids", ids=tuple(sorted(values["id"]))),)
    found = tuple(path for path in _by_index(request) if len(path.ranges) <= MAX_RANGES)
    return found or (_shards(request),)


def _by_index(request: ListRequest) -> Iterator[AccessPath]:
    values, workspaces = request.constraints.values, request.workspaces
    for field, index in (("parentInstallId", keys.BY_PARENT), ("solutionId", keys.BY_SOLUTION)):
        if field in values and field not in request.hidden_references:
            lanes = (_lane(request, index, one, state, {field: one})
                     for one in sorted(values[field]) for state in request.states)  # fmt: skip
            yield _path(index.name, lanes, field)
    integrations = sorted(values.get("integrationId", ()))
    if integrations:
        if workspaces is not None:
            yield _integrations_in_workspaces(request, integrations, workspaces)
        few = len(integrations) <= MAX_COUNTED_INTEGRATIONS
        if workspaces is None or (few and _may_read_all(request, workspaces)):
            yield _integrations(request, integrations)
    if workspaces is not None:
        yield _workspaces(request, workspaces)
        yield _latest(request, workspaces)
    if workspaces is None or _may_read_all(request, workspaces):
        yield _shards(request)


def _may_read_all(request: ListRequest, workspaces: Sequence[str]) -> bool:
    """Whether the rows of other tenants may be read along, where that is less than their own ways.

    Not the deleted: nothing counts those, so that nobody knows whether it is less.
    """
    return len(workspaces) > MAX_SEPARATE_WORKSPACES and State.DELETED not in request.states


def _path(name: str, lanes: Iterable[KeyRange], *keyed: str) -> AccessPath:
    """A path of lanes, of which no more are made than tell that there are too many."""
    return AccessPath(name, tuple(islice(lanes, MAX_RANGES + 1)), covered_fields=frozenset(keyed))


def _shards(request: ListRequest) -> AccessPath:
    lanes = (
        _lane(request, keys.BY_SHARD, shard, state, {})
        for shard in range(keys.SHARDS)
        for state in request.states
    )
    return AccessPath(keys.BY_SHARD.name, tuple(lanes))


def _integrations_in_workspaces(
    request: ListRequest, integrations: Iterable[str], workspaces: Iterable[str]
) -> AccessPath:
    lanes = (
        _lane(
            request,
            keys.BY_INTEGRATION,
            one,
            state,
            {"integrationId": one, "workspaceId": place},
            prefix=f"{place}#",
            count=(place, one),
        )
        for one in integrations
        for place in workspaces
        for state in request.states
    )
    return _path("byIntegration, workspaces", lanes, "integrationId", "workspaceId")


def _integrations(request: ListRequest, integrations: Sequence[str]) -> AccessPath:
    """Integrations as a whole: a lane of each is in the order of workspaces."""
    carried = ("workspaceId", "installedAt", "id")
    lanes = (
        _lane(
            request,
            keys.BY_INTEGRATION,
            one,
            state,
            {"integrationId": one},
            carried=carried,
            count=(None, one),
        )
        for one in integrations
        for state in request.states
    )
    return _path(keys.BY_INTEGRATION.name, lanes, "integrationId")


def _workspaces(request: ListRequest, workspaces: Iterable[str]) -> AccessPath:
    lanes = (
        _lane(request, keys.BY_WORKSPACE, place, state, {"workspaceId": place}, count=(place, None))
        for place in workspaces
        for state in request.states
    )
    return _path(keys.BY_WORKSPACE.name, lanes, "workspaceId")


def _latest(request: ListRequest, workspaces: Iterable[str]) -> AccessPath:
    """By what happened last: the live that were upgraded, those that were not; the deleted."""
    lanes = (
        _lane(
            request,
            keys.BY_LATEST,
            place,
            state,
            fixed,
            prefix=f"{rank}#",
            carried=carried,
            count=(place, None),
        )
        for place in workspaces
        for state in request.states
        for rank, carried, fixed in _latest_forms(place, state)
    )
    return _path(keys.BY_LATEST.name, lanes, "workspaceId")


def _latest_forms(
    place: str, state: State
) -> Iterator[tuple[str, tuple[str, ...], dict[str, str | None]]]:
    """Of a workspace's half: the ranks of its sort keys, what follows each, and what is fixed."""
    date = "deletedAt" if state is State.DELETED else "lastUpgradedAt"
    yield keys.WITH_VALUE, (date, "id"), {"workspaceId": place}
    if state is State.LIVE:
        yield keys.NO_VALUE, ("id",), {"workspaceId": place, date: None}


def _lane(
    request: ListRequest,
    index: Index,
    value: str | int,
    state: State,
    fixed: Mapping[str, str | None],
    *,
    prefix: str = "",
    carried: tuple[str, ...] = ("installedAt", "id"),
    count: LiveCount | None = None,
) -> KeyRange:
    needs = request.constraints
    low, high = (prefix, prefix + ABOVE) if prefix else (None, None)
    if carried[0] == "installedAt":
        low = low if needs.installed_from is None else prefix + needs.installed_from
        high = high if needs.installed_until is None else prefix + needs.installed_until + ABOVE
    constant = {**needs.constants(), **(_LIVE_ONLY if state is State.LIVE else {}), **fixed}
    return KeyRange(
        index=index,
        partition=keys.partition(value, state),
        state=state,
        sort_key_fields=carried,
        prefix=prefix,
        constants={name: one for name, one in constant.items() if name not in carried},
        lower=low,
        upper=high,
        live_count=count if state is State.LIVE else None,
        complete=index is not keys.BY_LATEST
        and needs.installed_from is None
        and needs.installed_until is None,
    )
