"""The reads of a list: installs by id and by span, counts, and related rows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from installs.store import keys, span_reads
from installs.store.counters import counter_keys
from installs.store.items import LIVE, Item
from installs.store.keys import Key, State
from installs.store.parallel import begin, gather
from installs.store.table import BATCH_LIMIT, Range, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from installs.store.counters import LiveCount
    from installs.store.filters import Filter
    from installs.store.spans import Batch, Span

T = TypeVar("T")


class TableReader:
    """The reads of one list; a row that was read by its id is not read again."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._read: dict[Key, Item | None] = {}

    def by_ids(self, ids: Iterable[str]) -> Sequence[Item]:
        """Return the installs that exist of these ids."""
        return list(self.rows("Install", ids).values())

    def batches(
        self, wanted: Sequence[tuple[Span, int, Item | None]], condition: Filter | None
    ) -> Sequence[Batch]:
        """Return the next items of several spans: each with the number of rows, and the start."""
        return gather(
            [
                partial(
                    span_reads.read_batch,
                    self._table,
                    span,
                    limit=limit,
                    condition=condition,
                    start=start,
                )
                for span, limit, start in wanted
            ]
        )

    def read_all(
        self, wanted: Sequence[Span], condition: Filter | None
    ) -> Sequence[Sequence[Item]]:
        """Return every item of each span that meets the condition."""
        return gather(
            [partial(span_reads.read_all, self._table, span, condition) for span in wanted]
        )

    def count(self, wanted: Sequence[Span], condition: Filter | None) -> int:
        """Return the number of items of all spans that meet the condition."""
        return sum(
            gather([partial(span_reads.count, self._table, span, condition) for span in wanted])
        )

    def live_counts(self, wanted: Iterable[LiveCount]) -> Mapping[LiveCount, int]:
        """Return the numbers of live installs by workspace, integration, or both.

        The parts of one count are read while they change, and may sum up to less than zero.
        """
        by_count = {count: counter_keys(count) for count in wanted}
        wanted_keys = list(dict.fromkeys(key for keys_of in by_count.values() for key in keys_of))
        found = self._items(wanted_keys, consistent=False)
        parts = {key: int(item[LIVE]["N"]) for key, item in found.items() if LIVE in item}
        return {
            count: max(0, sum(parts.get(key, 0) for key in parts_of))
            for count, parts_of in by_count.items()
        }

    def start(self, task: Callable[[], T]) -> Callable[[], T]:
        """Start a task of this reader; the function returned waits for its result."""
        return begin(task)

    def installed_integrations(self, workspace_ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Return the integrations that have live installs, by workspace."""

        def read(workspace_id: str) -> frozenset[str]:
            counters = self._table.query(Range(keys.workspace(workspace_id).pk, keys.LIVE_PREFIX))
            return frozenset(
                item[keys.SK]["S"].removeprefix(keys.LIVE_PREFIX)
                for item in counters
                if int(item[LIVE]["N"]) > 0
            )

        wanted = list(workspace_ids)
        found = gather([partial(read, workspace_id) for workspace_id in wanted])
        return dict(zip(wanted, found, strict=True))

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
        found = self._items(missing, consistent=False)
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

        def read(owner_id: str) -> list[Item]:
            ranges = ranges_of(owner_id, states)
            return [item for wanted in ranges for item in self._table.query(wanted)]

        owner_ids = list(ids)
        found = gather([partial(read, owner_id) for owner_id in owner_ids])
        return dict(zip(owner_ids, found, strict=True))

    def _items(self, wanted: Sequence[Key], *, consistent: bool) -> dict[Key, Item]:
        """Return the items that exist, read in parallel batches."""
        batches = [wanted[at : at + BATCH_LIMIT] for at in range(0, len(wanted), BATCH_LIMIT)]
        read = partial(self._table.get_many, consistent=consistent)
        found: dict[Key, Item] = {}
        for items in gather([partial(read, batch) for batch in batches]):
            found.update(items)
        return found


def _members(install_id: str, _: Sequence[State]) -> Sequence[Range]:
    return (Range(keys.install(install_id).pk, keys.MEMBER_PREFIX),)


def _add_ons(parent_id: str, states: Sequence[State]) -> Sequence[Range]:
    return [Range(keys.partition(parent_id, state), "", keys.BY_PARENT) for state in states]


REFERENCES: Final[Mapping[tuple[str, str], Callable[[str, Sequence[State]], Sequence[Range]]]] = {
    ("IntegrationMember", "integrationInstallId"): _members,
    ("Install", "parentInstallId"): _add_ons,
}
"""The ranges that hold the rows of an entity whose field names a row, by that row's id."""
