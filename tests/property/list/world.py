"""Small worlds as the table holds them, and as one caller sees them.

The rows come from ``tests.property.query.worlds``; what retention and reach hide is worked out here
by hand from CONTRACT.md sections 1, 2 and 4, for the oracle, which knows of neither.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from installs import model
from installs.lifecycle import Deletion, InstallState
from installs.store import items, keys
from tests.property.query.worlds import (
    ENTITIES,
    IDS,
    Row,
    World,
    random_value,
    random_world,
    worlds,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from installs.store.items import Item
    from installs.store.keys import Key

NOW: Final = datetime(2026, 11, 30, 10, 0, 0, 500_000, tzinfo=UTC)
"""A week after the rows' usual date: what was deleted with the shortest retention is just gone."""

DAYS: Final = {"short": 7, "medium": 30, "long": 90}
TABLES: Final = {
    "member": model.IntegrationMember,
    "solution": model.Solution,
    "integration": model.Integration,
    "version": model.IntegrationVersion,
    "workspace": model.Workspace,
    "user": model.User,
}
TRASHED: Final = ("install", "member", "solution")


@dataclass(frozen=True)
class Stage:
    """A world, and the workspaces that the caller sees (``None``: all)."""

    world: World
    scope: frozenset[str] | None

    @property
    def seen(self) -> World:
        """The rows that exist for this caller."""
        return {
            entity: [row for row in rows if entity not in TRASHED or self._sees(row)]
            for entity, rows in self.world.items()
        }

    def _sees(self, row: Row) -> bool:
        gone = purged(row)
        return (self.scope is None or row["workspaceId"] in self.scope) and (
            gone is None or gone > NOW.timestamp()
        )

    def items(self) -> dict[Key, Item]:
        """The table."""
        found = {items_key(item): item for item in self._items()}
        counted = Counter(
            key
            for row in self.world["install"]
            if row["deletedAt"] is None
            for key in _counters(row)
        )
        for key, number in counted.items():
            found[key] = items.encode_key(key) | {"live": {"N": str(number)}}
        return found

    def _items(self) -> Iterator[Item]:
        for row in self.world["install"]:
            yield install_item(row)
        for entity, record in TABLES.items():
            for row in self.world[entity]:
                values = [row[name] for _, name in items.FIELD_NAMES[record]]
                marks = {"purgeAt": purged(row)} if entity in TRASHED else {}
                yield items.row_to_item(_key(entity, row), record(*values), **marks)


def install_item(row: Row) -> Item:
    """An install as the table holds it."""
    values = [row[name] for _, name in items.FIELD_NAMES[model.Install]]
    install = model.Install(*values)  # type: ignore[arg-type]
    if install.deleted_at is None:
        return items.install_to_item(InstallState(install))
    deletion = Deletion("d", install.deleted_at, install.retention_tier, purged(row))
    return items.install_to_item(InstallState(install, deletion))


def purged(row: Row) -> int | None:
    """Return the end of a row's retention, in epoch seconds."""
    deleted, tier = row["deletedAt"], row["retentionTier"]
    if deleted is None or tier not in DAYS:
        return None
    moment = datetime.fromisoformat(str(deleted)) + timedelta(days=DAYS[str(tier)])
    return int(moment.timestamp())


def items_key(item: Item) -> Key:
    return keys.Key(item["pk"]["S"], item["sk"]["S"])


def _key(entity: str, row: Row) -> Key:
    one = str(row["id"])
    if entity == "member":
        return keys.member(str(row["integrationInstallId"]), one)
    return {
        "solution": keys.solution,
        "integration": keys.integration,
        "version": keys.integration_version,
        "workspace": keys.workspace,
        "user": keys.user,
    }[entity](one)


def _counters(row: Row) -> list[Key]:
    workspace, integration = str(row["workspaceId"]), str(row["integrationId"])
    shard = len(str(row["id"])) % keys.COUNTER_SHARDS
    return [
        keys.live_count(workspace),
        keys.live_count(workspace, integration),
        keys.platform_live_count(shard),
        keys.integration_live_count(integration, shard),
    ]


def _as_stored(world: World) -> World:
    """A tier is set on deleted rows alone (section 2); most installs are live."""
    for row in world["install"][::2]:
        row["deletedAt"] = None
    for entity in TRASHED:
        for row in world[entity]:
            if row["deletedAt"] is None:
                row["retentionTier"] = None
    return world


def _crowd(seed: int, number: int) -> World:
    """Many installs, of which many are alike in any field."""
    random = Random(f"{seed} crowd")  # noqa: S311 - test data
    rows = [
        {"id": f"{one}{at}"} | {name: random_value(random, name, kind) for name, kind in _FEW}
        for at in range(number // 2)
        for one in "bZ"
    ]
    return random_world(seed, dict.fromkeys(ENTITIES, 0)) | {"install": rows}


_FEW: Final = [(name, kind) for name, kind in ENTITIES["install"].items() if name != "id"]
stages: Final = st.builds(
    Stage,
    worlds.map(_as_stored),
    st.one_of(
        st.none(),
        st.frozensets(st.sampled_from(IDS[:4]), max_size=4),
        st.just(frozenset(IDS[:3])),
    ),
)
crowds: Final = st.builds(
    Stage,
    st.builds(_crowd, st.integers(0, 2**32), st.integers(6, 24)).map(_as_stored),
    st.sampled_from([None, frozenset(IDS[:3])]),
)
