"""The reads of a list: installs by id and by span, counts, and related rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar, cast

from installs.store import keys, span_reads
from installs.store.counters import counter_keys
from installs.store.items import LIVE, Item
from installs.store.keys import Key, State
from installs.store.parallel import begin, gather
from installs.store.table import Range, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from installs.store.counters import LiveCounter
    from installs.store.filters import Filter
    from installs.store.parallel import Caller, Read
    from installs.store.spans import Batch, Span

T = TypeVar("T")


class TableReader:
    """The reads of one list; a row that was read by its id is not read again.

    ``budget``: the most capacity units that reads of the table may use.
    """

    def __init__(self, table: Table, budget: float) -> None:
        table.usage.budget = budget
        self._table = table
        self._caller = cast("Caller", table.client)
        self._read: dict[Key, Item | None] = {}

    def by_ids(self, ids: Iterable[str]) -> Sequence[Item]:
        """Return the installs with these ids; missing ones are left out."""
        return list(self.rows("Install", ids).values())

    def batches(
        self, wanted: Sequence[tuple[Span, int, Item | None]], condition: Filter | None
    ) -> Sequence[Batch]:
        """Return the next items of several spans: each with the number of rows, and the start."""
        return self._gather(
            [
                span_reads.read_batch(
                    self._table, span, limit=limit, condition=condition, start=start
                )
                for span, limit, start in wanted
            ]
        )

    def read_all(
        self, wanted: Sequence[Span], condition: Filter | None
    ) -> Sequence[Sequence[Item]]:
        """Return every item of each span that meets the condition."""
        return self._gather([span_reads.read_all(self._table, span, condition) for span in wanted])

    def live_counts(self, wanted: Iterable[LiveCounter]) -> Mapping[LiveCounter, int]:
        """Return the numbers of live installs by workspace, integration, or both."""
        keys_of, reads = self._reading_counts(wanted)
        return _counts(keys_of, self._gather(reads))

    def begin_total(
        self, counts: Iterable[LiveCounter], spans: Sequence[Span], condition: Filter | None
    ) -> Callable[[], int]:
        """Begin to add up live counts and the items of spans that meet the condition.

        The function returned waits for the sum.
        """
        keys_of, reads = self._reading_counts(counts)
        counted = [span_reads.count(self._table, span, condition) for span in spans]
        counters = begin(self._caller, reads)
        items = begin(self._caller, counted)
        return lambda: sum(_counts(keys_of, counters()).values()) + sum(items())

    def installed_integrations(self, workspace_ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Return the integrations that have live installs, by workspace."""
        ranges = {
            workspace_id: Range(keys.workspace(workspace_id).pk, keys.LIVE_PREFIX)
            for workspace_id in workspace_ids
        }
        found = self._gather([self._table.reading_range(wanted) for wanted in ranges.values()])
        return {
            workspace_id: frozenset(
                item[keys.SK]["S"].removeprefix(keys.LIVE_PREFIX)
                for item in counters
                if int(item[LIVE]["N"]) > 0
            )
            for workspace_id, counters in zip(ranges, found, strict=True)
        }

    def rows(self, entity: str, ids: Iterable[str]) -> Mapping[str, Item]:
        """Return the rows of an entity that exist, by id."""
        return self.rows_of({entity: list(ids)})[entity]

    def rows_of(self, wanted: Mapping[str, Collection[str]]) -> Mapping[str, Mapping[str, Item]]:
        """Return the rows of several entities, each by id; all are read at once."""
        by_id = {
            entity: {row_id: keys.ROW_KEYS[entity](row_id) for row_id in ids}
            for entity, ids in wanted.items()
        }
        missing = [
            key for keys_of in by_id.values() for key in keys_of.values() if key not in self._read
        ]
        found = _merged(self._gather(self._table.reading_many(missing, consistent=False)))
        self._read.update((key, found.get(key)) for key in missing)
        return {
            entity: {
                row_id: item
                for row_id, key in keys_of.items()
                if (item := self._read[key]) is not None
            }
            for entity, keys_of in by_id.items()
        }

    def referencing(
        self, entity: str, field: str, ids: Iterable[str], *, with_deleted: bool
    ) -> Mapping[str, Sequence[Item]]:
        """Return the rows of an entity whose field names one of the ids, by that id.

        Without ``with_deleted``, deleted rows are left out where an index has them apart.
        """
        ranges_of = REFERENCES[entity, field]
        states = tuple(State) if with_deleted else (State.LIVE,)
        ranges = [(owner_id, wanted) for owner_id in ids for wanted in ranges_of(owner_id, states)]
        found: dict[str, list[Item]] = {owner_id: [] for owner_id, _ in ranges}
        read = self._gather([self._table.reading_range(wanted) for _, wanted in ranges])
        for (owner_id, _), items in zip(ranges, read, strict=True):
            found[owner_id] += items
        return found

    def _reading_counts(
        self, wanted: Iterable[LiveCounter]
    ) -> tuple[Mapping[LiveCounter, Sequence[Key]], list[Read[dict[Key, Item]]]]:
        """Return the keys of the counters of each count, and the reads of them all."""
        keys_of = {count: counter_keys(count) for count in wanted}
        wanted_keys = (key for counter in keys_of.values() for key in counter)
        return keys_of, self._table.reading_many(wanted_keys, consistent=False)

    def _gather(self, reads: Sequence[Read[T]]) -> list[T]:
        return gather(self._caller, reads)


def _merged(found: Sequence[dict[Key, Item]]) -> dict[Key, Item]:
    return {key: item for items in found for key, item in items.items()}


def _counts(
    keys_of: Mapping[LiveCounter, Sequence[Key]], found: Sequence[dict[Key, Item]]
) -> dict[LiveCounter, int]:
    """Return each count; its parts are read while they change, and may sum up to less than zero."""
    parts = {key: int(item[LIVE]["N"]) for key, item in _merged(found).items() if LIVE in item}
    return {
        count: max(0, sum(parts.get(key, 0) for key in counter))
        for count, counter in keys_of.items()
    }


def _members(install_id: str, _: Sequence[State]) -> Sequence[Range]:
    return (Range(keys.install(install_id).pk, keys.MEMBER_PREFIX),)


def _add_ons(parent_id: str, states: Sequence[State]) -> Sequence[Range]:
    return [Range(keys.partition(parent_id, state), "", keys.BY_PARENT) for state in states]


REFERENCES: Final[Mapping[tuple[str, str], Callable[[str, Sequence[State]], Sequence[Range]]]] = {
    ("IntegrationMember", "integrationInstallId"): _members,
    ("Install", "parentInstallId"): _add_ons,
}
"""The ranges that hold the rows of an entity whose field names a row, by that row's id."""
