"""The keys of the table: the only module that composes them.

docs/adr/0003-single-table.md lists the access patterns. ``#`` separates the parts of a key; it is
not a character of ids, and sorts below every character of them.

Base table
    ============================== ========================= =====================================
    ``pk``                         ``sk``                    item
    ============================== ========================= =====================================
    ``INSTALL#<id>``               ``INSTALL``               an install
    ``INSTALL#<id>``               ``MEMBER#<id>``           one of its members
    ``INSTALL#<id>``               ``ADDON#<id>``            a pointer to an add-on of it
    ``INSTALL#<id>``               ``DUE``                   its pending work
    ``INSTALL#<id>``               ``HISTORY#<revision>``    an entry of its history: a change
    ``INSTALL#<id>``               ``HISTORY#<revision>``    the same: all that the change of this
                                   ``#SETTLED``              revision entails is done
    ``SOLUTION#<id>``              ``SOLUTION``              a solution
    ``SOLUTION#<id>``              ``MEMBER#<id>``           one of its members
    ``SOLUTION#<id>``              ``INSTALL#<id>``          a pointer to an install in it
    ``SOLUTION#<id>``              ``EPOCH``                 its version: changes of its installs
    ``SOLUTION#<id>``              ``DUE``                   its pending work
    ``INTEGRATION#<id>``           ``INTEGRATION``           an integration
    ``INTEGRATION#<id>#<shard>``   ``LIVE``                  a part of the count of its live ones
    ``LIVE#<shard>``               ``LIVE``                  a part of the count of all live ones
    ``VERSION#<id>``               ``VERSION``               a version of an integration
    ``WORKSPACE#<id>``             ``WORKSPACE``             a workspace
    ``WORKSPACE#<id>``             ``LIVE``                  counts its live installs
    ``WORKSPACE#<id>``             ``LIVE#<integrationId>``  the same, of one integration
    ``USER#<id>``                  ``USER``                  a user
    ``USER#<id>``                  ``ROLE#<workspaceId>``    the user's role in a workspace
    ``KEY#<id>``                   ``KEY``                   an API key
    ``SECRET#<sha256>``            ``SECRET``                a pointer to the API key of this secret
    ``LOCATOR#<type>#<id>``        ``LOCATOR``               the key of the row of this type and
                                                             id, if its key contains its owner
    ``TOMBSTONE#<type>#<id>``      ``TOMBSTONE``             a row of this type and id was removed
    ============================== ========================= =====================================

Indexes (only installs, in ``byDue`` only pending work; ``<state>`` is ``live`` or ``deleted``)
    =================== ==================================== ======================================
    index               partition key                        sort key
    =================== ==================================== ======================================
    ``byWorkspace``     ``workspaceKey``: workspace, state    ``installedKey``: installedAt, id
    ``byLatest``        ``workspaceKey``                     ``latestKey``: lastUpgradedAt (live) or
                                                             deletedAt (deleted), id
    ``byIntegration``   ``integrationKey``: integration,     ``workspaceInstalledKey``: workspace,
                        state                                installedAt, id
    ``byParent``        ``parentKey``: parent, state          ``installedKey``
    ``bySolution``      ``solutionKey``: solution, state      ``installedKey``
    ``byShard``         ``shardKey``: shard of the id, state ``installedKey``
    ``byDue``           ``dueShard``: shard of the id         ``dueKey``: when, id
    =================== ==================================== ======================================
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from zlib import crc32

from installs.store import sort_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PK: Final = "pk"
SK: Final = "sk"

SHARDS: Final = 8
"""The number of partitions with the installs of all workspaces (a platform admin's list)."""

COUNTER_SHARDS: Final = 64
"""The number of items that share a count which every workspace writes; their sum is the count."""


@dataclass(frozen=True, slots=True)
class Key:
    """The primary key of one item."""

    pk: str
    sk: str


class State(StrEnum):
    """The state of an install in an index: in the list, or in the trash."""

    LIVE = "live"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index: its name and the names of its two key attributes."""

    name: str
    partition: str
    sort: str


BY_WORKSPACE: Final = Index("byWorkspace", "workspaceKey", "installedKey")
BY_LATEST: Final = Index("byLatest", "workspaceKey", "latestKey")
BY_INTEGRATION: Final = Index("byIntegration", "integrationKey", "workspaceInstalledKey")
BY_PARENT: Final = Index("byParent", "parentKey", "installedKey")
BY_SOLUTION: Final = Index("bySolution", "solutionKey", "installedKey")
BY_SHARD: Final = Index("byShard", "shardKey", "installedKey")
BY_PENDING: Final = Index("byDue", "dueShard", "dueKey")
INDEXES: Final = (BY_WORKSPACE, BY_LATEST, BY_INTEGRATION, BY_PARENT, BY_SOLUTION, BY_SHARD)

INSTALL_SK: Final = "INSTALL"
PENDING_SK: Final = "DUE"
MEMBER_PREFIX: Final = "MEMBER#"
ADD_ON_PREFIX: Final = "ADDON#"
SOLUTION_INSTALL_PREFIX: Final = "INSTALL#"
HISTORY_PREFIX: Final = "HISTORY#"
ROLE_PREFIX: Final = "ROLE#"
LIVE_PREFIX: Final = "LIVE#"
INTEGRATION_PREFIX: Final = "INTEGRATION#"


def install(install_id: str) -> Key:
    """The key of an install."""
    return Key(f"INSTALL#{install_id}", INSTALL_SK)


def member(install_id: str, member_id: str) -> Key:
    """The key of a member of an install."""
    return Key(f"INSTALL#{install_id}", f"{MEMBER_PREFIX}{member_id}")


def add_on(parent_id: str, install_id: str) -> Key:
    """The key of the pointer from a parent install to its add-on."""
    return Key(f"INSTALL#{parent_id}", f"{ADD_ON_PREFIX}{install_id}")


def solution(solution_id: str) -> Key:
    """The key of a solution."""
    return Key(f"SOLUTION#{solution_id}", "SOLUTION")


def solution_member(solution_id: str, member_id: str) -> Key:
    """The key of a member of a solution."""
    return Key(f"SOLUTION#{solution_id}", f"{MEMBER_PREFIX}{member_id}")


def solution_install(solution_id: str, install_id: str) -> Key:
    """The key of the pointer from a solution to an install in it."""
    return Key(f"SOLUTION#{solution_id}", f"{SOLUTION_INSTALL_PREFIX}{install_id}")


def solution_version(solution_id: str) -> Key:
    """The key of a solution's version, which counts the changes of its installs."""
    return Key(f"SOLUTION#{solution_id}", "EPOCH")


def pending_work(install_id: str) -> Key:
    """The key of an install's pending work."""
    return Key(f"INSTALL#{install_id}", PENDING_SK)


def pending_solution(solution_id: str) -> Key:
    """The key of a solution's pending work."""
    return Key(f"SOLUTION#{solution_id}", PENDING_SK)


def history(install_id: str, revision: int, *, settled: bool = False) -> Key:
    """The key of an entry of an install's history; 15 digits keep the order of revisions."""
    end = "#SETTLED" if settled else ""
    return Key(f"INSTALL#{install_id}", f"{HISTORY_PREFIX}{revision:0>15}{end}")


def locator(type_name: str, row_id: str) -> Key:
    """The key of the locator of a row: the item that has its key."""
    return Key(f"LOCATOR#{type_name}#{row_id}", "LOCATOR")


def tombstone(type_name: str, row_id: str) -> Key:
    """The key of the tombstone of a removed row, which TTL deletes."""
    return Key(f"TOMBSTONE#{type_name}#{row_id}", "TOMBSTONE")


def integration(integration_id: str) -> Key:
    """The key of an integration."""
    return Key(f"{INTEGRATION_PREFIX}{integration_id}", "INTEGRATION")


def integration_version(version_id: str) -> Key:
    """The key of an integration's version."""
    return Key(f"VERSION#{version_id}", "VERSION")


def workspace(workspace_id: str) -> Key:
    """The key of a workspace."""
    return Key(f"WORKSPACE#{workspace_id}", "WORKSPACE")


def live_count(workspace_id: str, integration_id: str | None = None) -> Key:
    """The key of the counter of a workspace's live installs, of all integrations or of one."""
    sort = "LIVE" if integration_id is None else f"{LIVE_PREFIX}{integration_id}"
    return Key(f"WORKSPACE#{workspace_id}", sort)


def platform_live_count(shard: int) -> Key:
    """The key of a shard of the counter of all live installs; their sum is the count."""
    return Key(f"{LIVE_PREFIX}{shard}", "LIVE")


def integration_live_count(integration_id: str, shard: int) -> Key:
    """The key of a part of the count of an integration's live installs in all workspaces.

    Each has a partition key of its own: those of one partition key share its 1,000 writes a second.
    """
    return Key(f"{INTEGRATION_PREFIX}{integration_id}#{shard}", "LIVE")


def user(user_id: str) -> Key:
    """The key of a user."""
    return Key(f"USER#{user_id}", "USER")


def role(user_id: str, workspace_id: str) -> Key:
    """The key of a user's role in a workspace."""
    return Key(f"USER#{user_id}", f"{ROLE_PREFIX}{workspace_id}")


def api_key(key_id: str) -> Key:
    """The key of an API key."""
    return Key(f"KEY#{key_id}", "KEY")


def secret(secret_sha256: str) -> Key:
    """The key of the pointer from a secret's hash to its API key."""
    return Key(f"SECRET#{secret_sha256}", "SECRET")


def owner_of(key: Key) -> tuple[str, str]:
    """Split a partition key into the kind of its owner and the id: ``("INSTALL", "ins_1")``."""
    kind, _, owner_id = key.pk.partition("#")
    return kind, owner_id


def kind_of(key: Key) -> tuple[str, str]:
    """Return the kind of an item, without ids: ``("INSTALL", "MEMBER#")`` for a member."""
    kind, separator, _ = key.sk.partition("#")
    return owner_of(key)[0], kind + separator


def target_of(key: Key) -> str:
    """Return the id in a sort key: of the install of a pointer, of the member of an owner."""
    return key.sk.partition("#")[2]


def located_row(key: Key) -> tuple[str, str]:
    """Return the type's name and the id of the row of a locator."""
    type_name, _, row_id = owner_of(key)[1].partition("#")
    return type_name, row_id


def counted_integration(key: Key) -> str:
    """Return the integration of a shard of its counter."""
    return key.pk.removeprefix(INTEGRATION_PREFIX).partition("#")[0]


def time_of(pending_sort_key: str) -> str:
    """Return the time in a sort key of ``byDue``."""
    return pending_sort_key.partition("#")[0]


def shard(install_id: str) -> int:
    """Return the shard of an install: uniform over ids, and the same in every process."""
    return crc32(install_id.encode()) % SHARDS


def partition(value: str | int, state: State) -> str:
    """Compose an index's partition key from a value and the state."""
    return f"{value}#{state}"


def installed(installed_at: str, install_id: str) -> str:
    """Compose the sort key by time of installation; the id makes it unique."""
    return sort_keys.INSTALLED.compose(installed_at, install_id)


def latest(at: str | None, install_id: str) -> str:
    """Compose the sort key by the last upgrade, or by deletion; a null sorts first."""
    if at is None:
        return sort_keys.NEVER_UPGRADED.compose(install_id)
    return sort_keys.LATEST_UPGRADE.compose(at, install_id)


def pending_at(at: str, install_id: str) -> str:
    """Compose the sort key by time; the id makes it unique."""
    return f"{at}#{install_id}"


def workspace_installed(workspace_id: str, installed_at: str, install_id: str) -> str:
    """Compose the sort key within an integration: by workspace, then by installation."""
    return sort_keys.WORKSPACE_INSTALLED.compose(workspace_id, installed_at, install_id)


ROW_KEYS: Final[Mapping[str, Callable[[str], Key]]] = {
    "Install": install,
    "Integration": integration,
    "IntegrationVersion": integration_version,
    "Workspace": workspace,
    "User": user,
    "Solution": solution,
}
"""The entities whose rows are read by id, each with the function from an id to its key."""
