"""The list's eyes: installs by id and by range, and what they are related to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from installs.store import keys
from installs.store.items import Fields, decode
from installs.store.keys import Key, State
from installs.store.table import Range, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

FAN_OUT: Final = 16

_KEY_OF: Final[Mapping[str, Callable[[str], Key]]] = {
    "Install": keys.install,
    "Integration": keys.integration,
    "IntegrationVersion": keys.integration_version,
    "Workspace": keys.workspace,
    "User": keys.user,
    "Solution": keys.solution,
}


@dataclass(frozen=True, slots=True)
class TableReader:
    """Reads for the list. Rows are plain values by the contract's field names."""

    table: Table

    def by_ids(self, ids: Iterable[str]) -> Iterable[Fields]:
        """The installs of the ids that are there."""
        return self.rows("Install", ids).values()

    def by_range(self, wanted: Range) -> Iterable[Fields]:
        """The installs of a range of an index."""
        return map(decode, self.table.query(wanted))

    def rows(self, entity: str, ids: Iterable[str]) -> Mapping[str, Fields]:
        """Rows of an entity by id."""
        found = self.table.get_many(map(_KEY_OF[entity], ids), consistent=False)
        rows = map(decode, found.values())
        return {row["id"]: row for row in rows}

    def members(self, install_ids: Iterable[str]) -> Mapping[str, Sequence[Fields]]:
        """The members of installs, by install."""
        return self._many(
            install_ids, lambda one: (Range(keys.install(one).pk, keys.MEMBER_PREFIX),)
        )

    def add_ons(self, install_ids: Iterable[str]) -> Mapping[str, Sequence[Fields]]:
        """The add-ons of installs, live and deleted, by parent."""
        return self._many(
            install_ids,
            lambda one: tuple(
                Range(keys.partition(one, state), "", keys.BY_PARENT) for state in State
            ),
        )

    def _many(
        self, install_ids: Iterable[str], ranges: Callable[[str], tuple[Range, ...]]
    ) -> Mapping[str, Sequence[Fields]]:
        def read(install_id: str) -> list[dict[str, Any]]:
            return [
                row
                for wanted in ranges(install_id)
                for row in map(decode, self.table.query(wanted))
            ]

        wanted = list(install_ids)
        with ThreadPoolExecutor(FAN_OUT) as pool:
            return dict(zip(wanted, pool.map(read, wanted), strict=True))
