"""Access paths: the sets of keys that hold every row of a request (docs/adr/0003-single-table.md).

A caller who sees ``wsp_1`` and ``wsp_2`` and asks for the live installs of ``itg_1`` has three::

    byIntegration, workspaces   itg_1#live, workspace wsp_1; itg_1#live, workspace wsp_2
    byWorkspace                 wsp_1#live; wsp_2#live
    byLatest                    wsp_1#live and wsp_2#live, each upgraded and never upgraded
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from installs.query.planning.coverage import STATE_FIELD
from installs.query.planning.key_ranges import KeyRange
from installs.query.planning.ordered_ranges import OrderedRange, ordered_range
from installs.store import keys, sort_keys
from installs.store.keys import State
from installs.store.sort_keys import INSTALLED, SortKeyLayout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from installs.query.planning.list_request import ListRequest
    from installs.store.counters import LiveCounter
    from installs.store.keys import Index

MAX_RANGES: Final = 2_500
"""The most ranges of a path: each takes a request at least, of half a capacity unit."""

MAX_SEPARATE_WORKSPACES: Final = 100
"""Up to this number, only the partitions of the workspaces are read, no shared ones."""

MAX_COUNTED_INTEGRATIONS: Final = 8
"""The most integrations whose counts in all workspaces are read: each has 64 counters."""

_LIVE_CONSTANTS: Final = {"deletedAt": None, "retentionTier": None}

_LATEST_LAYOUTS: Final[Mapping[State, tuple[tuple[SortKeyLayout, dict[str, None]], ...]]] = {
    State.LIVE: (
        (sort_keys.LATEST_UPGRADE, {}),
        (sort_keys.NEVER_UPGRADED, {"lastUpgradedAt": None}),
    ),
    State.DELETED: ((sort_keys.LATEST_DELETION, {}),),
}
"""By state, the layouts of the sort keys, each with the fields that are constant in it."""


@dataclass(frozen=True, slots=True)
class KeyLookup:
    """Reads of rows by their ids."""

    ids: tuple[str, ...]
    name: ClassVar[str] = "ids"
    ranges: ClassVar[tuple[KeyRange, ...]] = ()
    covered_fields: ClassVar[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class IndexPath:
    """Ranges of one index, each read by DynamoDB Queries."""

    name: str
    """The index, and how it is read; for logs."""
    index: Index
    ranges: tuple[KeyRange, ...]
    covered_fields: frozenset[str]
    """The key fields whose requested values the ranges already enforce."""
    ordered: tuple[OrderedRange | None, ...] = ()
    """Each range as it is read in the order of the request; ``None``: it cannot be."""

    @property
    def merge_ranges(self) -> tuple[OrderedRange, ...] | None:
        """All ranges in the order of the request; ``None`` if one of them cannot be read so."""
        merged = tuple(ordered for ordered in self.ordered if ordered is not None)
        return merged if len(merged) == len(self.ranges) else None

    def without(self, is_empty: Callable[[KeyRange], bool]) -> IndexPath:
        """Return the same path without its empty ranges."""
        kept = [at for at, key_range in enumerate(self.ranges) if not is_empty(key_range)]
        return replace(
            self,
            ranges=tuple(self.ranges[at] for at in kept),
            ordered=tuple(self.ordered[at] for at in kept),
        )


AccessPath = KeyLookup | IndexPath


def access_paths(request: ListRequest) -> tuple[AccessPath, ...]:
    """Return every access path of a request; at least one."""
    values = request.constraints.values
    if "id" in values:
        return (KeyLookup(tuple(sorted(values["id"]))),)
    paths = [path for path in _index_paths(request) if len(path.ranges) <= MAX_RANGES]
    return tuple(_in_order(request, path) for path in paths or [_shards(request)])


def _in_order(request: ListRequest, path: IndexPath) -> IndexPath:
    ordered = tuple(ordered_range(key_range, request.order) for key_range in path.ranges)
    return replace(path, ordered=ordered)


def _index_paths(request: ListRequest) -> Iterator[IndexPath]:
    values, workspace_ids = request.constraints.values, request.workspaces
    for field, index in (("parentInstallId", keys.BY_PARENT), ("solutionId", keys.BY_SOLUTION)):
        if field in values and field not in request.hidden_references:
            yield _by_reference(request, index, field, sorted(values[field]))
    integration_ids = sorted(values.get("integrationId", ()))
    if integration_ids:
        if workspace_ids is not None:
            yield _integrations_in_workspaces(request, integration_ids, workspace_ids)
        few = len(integration_ids) <= MAX_COUNTED_INTEGRATIONS
        if workspace_ids is None or (few and _may_read_all(request, workspace_ids)):
            yield _integrations(request, integration_ids)
    if workspace_ids is not None:
        yield _workspaces(request, workspace_ids)
        yield _latest(request, workspace_ids)
    if workspace_ids is None or _may_read_all(request, workspace_ids):
        yield _shards(request)


def _may_read_all(request: ListRequest, workspace_ids: Sequence[str]) -> bool:
    """Return True if partitions shared with other tenants may be read.

    They may not if the request includes deleted rows: nothing counts them, so that the cost is
    unknown.
    """
    many = len(workspace_ids) > MAX_SEPARATE_WORKSPACES
    return many and State.DELETED not in request.states


class _Part(NamedTuple):
    """A part of an index: the rows with one value, whose sort keys have one layout."""

    value: str | int
    """The value in the partition keys, beside the state."""
    constants: Mapping[str, str | None]
    """The fields that are constant in the part."""
    layout: SortKeyLayout = INSTALLED
    counter: LiveCounter | None = None
    """The counter of its live rows; ``None``: nothing counts them."""


def _by_reference(
    request: ListRequest, index: Index, field: str, owner_ids: Iterable[str]
) -> IndexPath:
    """Return the path by owners that the installs reference: parents, or solutions."""
    parts = (_Part(owner_id, {field: owner_id}) for owner_id in owner_ids)
    return _index_path(index.name, index, _ranges(request, index, parts), field)


def _shards(request: ListRequest) -> IndexPath:
    """Return the path through the installs of all workspaces; it is never cut: it has every row."""
    index = keys.BY_SHARD
    parts = (_Part(shard, {}) for shard in range(keys.SHARDS))
    ranges = tuple(_ranges(request, index, parts))
    return IndexPath(index.name, index, ranges, frozenset({STATE_FIELD}))


def _integrations_in_workspaces(
    request: ListRequest, integration_ids: Iterable[str], workspace_ids: Iterable[str]
) -> IndexPath:
    """Return the path by each integration in each workspace."""
    index = keys.BY_INTEGRATION
    parts = (
        _Part(
            integration_id,
            {"integrationId": integration_id, "workspaceId": workspace_id},
            sort_keys.WORKSPACE_INSTALLED.within(workspace_id),
            (workspace_id, integration_id),
        )
        for integration_id in integration_ids
        for workspace_id in workspace_ids
    )
    ranges = _ranges(request, index, parts)
    return _index_path(f"{index.name}, workspaces", index, ranges, "integrationId", "workspaceId")


def _integrations(request: ListRequest, integration_ids: Iterable[str]) -> IndexPath:
    """Return the path by integrations in all workspaces."""
    index = keys.BY_INTEGRATION
    parts = (
        _Part(
            integration_id,
            {"integrationId": integration_id},
            sort_keys.WORKSPACE_INSTALLED,
            (None, integration_id),
        )
        for integration_id in integration_ids
    )
    return _index_path(index.name, index, _ranges(request, index, parts), "integrationId")


def _workspaces(request: ListRequest, workspace_ids: Iterable[str]) -> IndexPath:
    """Return the path by workspaces."""
    index = keys.BY_WORKSPACE
    parts = (
        _Part(workspace_id, {"workspaceId": workspace_id}, counter=(workspace_id, None))
        for workspace_id in workspace_ids
    )
    return _index_path(index.name, index, _ranges(request, index, parts), "workspaceId")


def _latest(request: ListRequest, workspace_ids: Iterable[str]) -> IndexPath:
    """Return the path by the latest change: upgraded, never upgraded, and deleted rows."""
    index = keys.BY_LATEST
    ranges = (
        _key_range(
            request,
            index,
            _Part(
                workspace_id,
                {"workspaceId": workspace_id, **constants},
                layout,
                (workspace_id, None),
            ),
            state,
        )
        for workspace_id in workspace_ids
        for state in request.states
        for layout, constants in _LATEST_LAYOUTS[state]
    )
    return _index_path(index.name, index, ranges, "workspaceId")


def _index_path(
    name: str, index: Index, ranges: Iterable[KeyRange], *covered_fields: str
) -> IndexPath:
    """Return a path of ranges; stop at ``MAX_RANGES`` + 1, so that the caller sees the excess."""
    return IndexPath(
        name,
        index,
        tuple(islice(ranges, MAX_RANGES + 1)),
        frozenset({STATE_FIELD, *covered_fields}),
    )


def _ranges(request: ListRequest, index: Index, parts: Iterable[_Part]) -> Iterator[KeyRange]:
    """Return the ranges of parts, in each state of the request."""
    return (_key_range(request, index, part, state) for part in parts for state in request.states)


def _key_range(request: ListRequest, index: Index, part: _Part, state: State) -> KeyRange:
    """Return the range of a part in one state, within the dates of the request."""
    layout = part.layout
    installed = request.constraints.installed_from, request.constraints.installed_until
    lower, upper = (
        layout.bounds(*installed) if layout.fields[0] == "installedAt" else layout.bounds()
    )
    of_state = _LIVE_CONSTANTS if state is State.LIVE else {}
    known = {**request.constants, **of_state, **part.constants}
    return KeyRange(
        index=index,
        partition=keys.partition(part.value, state),
        state=state,
        layout=layout,
        constants={name: value for name, value in known.items() if name not in layout.fields},
        lower=lower,
        upper=upper,
        live_counter=part.counter if state is State.LIVE else None,
        complete=index is not keys.BY_LATEST and installed == (None, None),
    )
