"""Access paths: where the rows of a search can be found (docs/adr/0003-single-table.md)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from installs.query.planning.key_ranges import ABOVE, Lane
from installs.store import keys
from installs.store.keys import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from installs.query.planning.list_request import Search
    from installs.store.counters import Count
    from installs.store.keys import Index

MOST_LANES: Final = 2_500
"""A path of more lanes than this is none: each is a request at least, of half a unit."""

FEW_WORKSPACES: Final = 100
"""Up to so many workspaces are looked into one by one, never by way of all there are."""

FEW_INTEGRATIONS: Final = 8
"""The counts of more integrations in all workspaces are not read: each is 64 items."""

_LIVE_ONLY: Final = {"deletedAt": None, "retentionTier": None}


@dataclass(frozen=True, slots=True)
class Path:
    """Lanes that hold every row of a search, or the ids of all of them."""

    name: str
    lanes: tuple[Lane, ...] = ()
    ids: tuple[str, ...] = ()
    keyed: frozenset[str] = frozenset()
    """The fields whose values the keys of the lanes hold."""


def paths(search: Search) -> tuple[Path, ...]:
    """Every way to the rows of a search; at least one."""
    values = search.necessary.values
    if "id" in values:
        return (Path("ids", ids=tuple(sorted(values["id"]))),)
    found = tuple(path for path in _by_index(search) if len(path.lanes) <= MOST_LANES)
    return found or (_shards(search),)


def _by_index(search: Search) -> Iterator[Path]:
    values, workspaces = search.necessary.values, search.workspaces
    for field, index in (("parentInstallId", keys.BY_PARENT), ("solutionId", keys.BY_SOLUTION)):
        if field in values and field not in search.unseen:
            lanes = (_lane(search, index, one, state, {field: one})
                     for one in sorted(values[field]) for state in search.states)  # fmt: skip
            yield _path(index.name, lanes, field)
    integrations = sorted(values.get("integrationId", ()))
    if integrations:
        if workspaces is not None:
            yield _integrations_in_workspaces(search, integrations, workspaces)
        few = len(integrations) <= FEW_INTEGRATIONS
        if workspaces is None or (few and _may_read_all(search, workspaces)):
            yield _integrations(search, integrations)
    if workspaces is not None:
        yield _workspaces(search, workspaces)
        yield _latest(search, workspaces)
    if workspaces is None or _may_read_all(search, workspaces):
        yield _shards(search)


def _may_read_all(search: Search, workspaces: Sequence[str]) -> bool:
    """Whether the rows of other tenants may be read along, where that is less than their own ways.

    Not the deleted: nothing counts those, so that nobody knows whether it is less.
    """
    return len(workspaces) > FEW_WORKSPACES and State.DELETED not in search.states


def _path(name: str, lanes: Iterable[Lane], *keyed: str) -> Path:
    """A path of lanes, of which no more are made than tell that there are too many."""
    return Path(name, tuple(islice(lanes, MOST_LANES + 1)), keyed=frozenset(keyed))


def _shards(search: Search) -> Path:
    lanes = (
        _lane(search, keys.BY_SHARD, shard, state, {})
        for shard in range(keys.SHARDS)
        for state in search.states
    )
    return Path(keys.BY_SHARD.name, tuple(lanes))


def _integrations_in_workspaces(
    search: Search, integrations: Iterable[str], workspaces: Iterable[str]
) -> Path:
    lanes = (
        _lane(
            search,
            keys.BY_INTEGRATION,
            one,
            state,
            {"integrationId": one, "workspaceId": place},
            prefix=f"{place}#",
            count=(place, one),
        )
        for one in integrations
        for place in workspaces
        for state in search.states
    )
    return _path("byIntegration, workspaces", lanes, "integrationId", "workspaceId")


def _integrations(search: Search, integrations: Sequence[str]) -> Path:
    """Integrations as a whole: a lane of each is in the order of workspaces."""
    carried = ("workspaceId", "installedAt", "id")
    lanes = (
        _lane(
            search,
            keys.BY_INTEGRATION,
            one,
            state,
            {"integrationId": one},
            carried=carried,
            count=(None, one),
        )
        for one in integrations
        for state in search.states
    )
    return _path(keys.BY_INTEGRATION.name, lanes, "integrationId")


def _workspaces(search: Search, workspaces: Iterable[str]) -> Path:
    lanes = (
        _lane(search, keys.BY_WORKSPACE, place, state, {"workspaceId": place}, count=(place, None))
        for place in workspaces
        for state in search.states
    )
    return _path(keys.BY_WORKSPACE.name, lanes, "workspaceId")


def _latest(search: Search, workspaces: Iterable[str]) -> Path:
    """By what happened last: the live that were upgraded, those that were not; the deleted."""
    lanes = (
        _lane(
            search,
            keys.BY_LATEST,
            place,
            state,
            fixed,
            prefix=f"{rank}#",
            carried=carried,
            count=(place, None),
        )
        for place in workspaces
        for state in search.states
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
    search: Search,
    index: Index,
    value: str | int,
    state: State,
    fixed: Mapping[str, str | None],
    *,
    prefix: str = "",
    carried: tuple[str, ...] = ("installedAt", "id"),
    count: Count | None = None,
) -> Lane:
    needs = search.necessary
    low, high = (prefix, prefix + ABOVE) if prefix else (None, None)
    if carried[0] == "installedAt":
        low = low if needs.first is None else prefix + needs.first
        high = high if needs.last is None else prefix + needs.last + ABOVE
    constant = {**needs.fixed(), **(_LIVE_ONLY if state is State.LIVE else {}), **fixed}
    return Lane(
        index=index,
        partition=keys.partition(value, state),
        state=state,
        carried=carried,
        prefix=prefix,
        fixed={name: one for name, one in constant.items() if name not in carried},
        low=low,
        high=high,
        count=count if state is State.LIVE else None,
        whole=index is not keys.BY_LATEST and needs.first is None and needs.last is None,
    )
