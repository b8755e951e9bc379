"""The list's eyes: installs by id and by span, counts, and what installs are related to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from installs.store import keys, spans
from installs.store.counters import counter_keys
from installs.store.items import LIVE, Item
from installs.store.keys import Key, State
from installs.store.parallel import begin, gather
from installs.store.table import BATCH_LIMIT, Range, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from installs.store.counters import LiveCount
    from installs.store.filters import Filter
    from installs.store.spans import Batch, Span

T = TypeVar("T")

_KEY_OF: Final[Mapping[str, Callable[[str], Key]]] = {
    "Install": keys.install,
    "Integration": keys.integration,
    "IntegrationVersion": keys.integration_version,
    "Workspace": keys.workspace,
    "User": keys.user,
    "Solution": keys.solution,
}


class TableReader:
    """Reads for one list: items as the table has them, each related row once."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._read: dict[Key, Item | None] = {}

    def by_ids(self, ids: Iterable[str]) -> Sequence[Item]:
        """The installs of the ids that are there."""
        return list(self.rows("Install", ids).values())

    def batches(
        self, wanted: Sequence[tuple[Span, int, Item | None]], condition: Filter | None
    ) -> Sequence[Batch]:
        """The next items of several spans at once: of each a span, how many, and the start."""
        return gather(
            [
                partial(
                    spans.read_batch,
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
        """Every item of each span that passes."""
        return gather([partial(spans.read_all, self._table, span, condition) for span in wanted])

    def count(self, wanted: Sequence[Span], condition: Filter | None) -> int:
        """How many items of all the spans pass."""
        return sum(gather([partial(spans.count, self._table, span, condition) for span in wanted]))

    def live_counts(self, wanted: Iterable[LiveCount]) -> Mapping[LiveCount, int]:
        """How many live installs there are of each workspace, integration, or both.

        The parts of one count are read while they change, and may sum up to less than nought.
        """
        by_count = {count: counter_keys(count) for count in wanted}
        every = list(dict.fromkeys(key for each in by_count.values() for key in each))
        found = self._items(every, consistent=False)
        parts = {key: int(item[LIVE]["N"]) for key, item in found.items() if LIVE in item}
        return {
            count: max(0, sum(parts.get(key, 0) for key in its_keys))
            for count, its_keys in by_count.items()
        }

    def start(self, task: Callable[[], T]) -> Callable[[], T]:
        """Begin a task of this reader's; what is returned waits for its result."""
        return begin(task)

    def installed_integrations(self, workspace_ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """The integrations of which each workspace has live installs."""

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
        """Rows of an entity by id; what was read before is not read again."""
        by_id = {row_id: _KEY_OF[entity](row_id) for row_id in ids}
        missing = [key for key in by_id.values() if key not in self._read]
        found = self._items(missing, consistent=False)
        self._read.update((key, found.get(key)) for key in missing)
        read = ((row_id, self._read[key]) for row_id, key in by_id.items())
        return {row_id: item for row_id, item in read if item is not None}

    def members(self, install_ids: Iterable[str]) -> Mapping[str, Sequence[Item]]:
        """The members of installs, by install."""
        return self._many(
            install_ids, lambda one: (Range(keys.install(one).pk, keys.MEMBER_PREFIX),)
        )

    def add_ons(
        self, install_ids: Iterable[str], *, with_deleted: bool
    ) -> Mapping[str, Sequence[Item]]:
        """The live add-ons of installs, or the deleted as well, by parent."""
        states = tuple(State) if with_deleted else (State.LIVE,)
        return self._many(
            install_ids,
            lambda one: tuple(
                Range(keys.partition(one, state), "", keys.BY_PARENT) for state in states
            ),
        )

    def _items(self, wanted: Sequence[Key], *, consistent: bool) -> dict[Key, Item]:
        """The items of the keys that are there, in batches side by side."""
        batches = [wanted[at : at + BATCH_LIMIT] for at in range(0, len(wanted), BATCH_LIMIT)]
        read = partial(self._table.get_many, consistent=consistent)
        found: dict[Key, Item] = {}
        for some in gather([partial(read, batch) for batch in batches]):
            found.update(some)
        return found

    def _many(
        self, install_ids: Iterable[str], ranges: Callable[[str], tuple[Range, ...]]
    ) -> Mapping[str, Sequence[Item]]:
        def read(install_id: str) -> list[Item]:
            return [item for wanted in ranges(install_id) for item in self._table.query(wanted)]

        wanted = list(install_ids)
        found = gather([partial(read, install_id) for install_id in wanted])
        return dict(zip(wanted, found, strict=True))
