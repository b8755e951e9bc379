"""The state when the work of an install is settled: all that depends on it agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from installs.store import items, keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from installs.store.items import Fields
    from tests.property.cascade.memory import MemoryTable


def unfinished(
    memory: MemoryTable, install_id: str, deletion_id: str | None, *, gone: bool
) -> Iterator[str]:
    """The dependents that are not as the settled change wants them.

    ``deletion_id``: of the install after the change, if it is in the trash or ``gone``.
    """
    for member in _members(memory, install_id):
        own_trash = "deletedAt" in member and items.DELETION_ID not in member
        if not own_trash and (gone or member.get(items.DELETION_ID) != deletion_id):
            yield f"{member['id']} is {_shown(member)}"
    for add_on in _add_ons(memory, install_id):
        cascaded = items.CASCADED in add_on
        own_trash = "deletedAt" in add_on and not cascaded
        stays = own_trash or (not cascaded and (gone or add_on.get(items.ORPHAN_OF) == deletion_id))
        if not stays and (gone or add_on.get(items.DELETION_ID) != deletion_id):
            yield f"{add_on['id']} is {_shown(add_on)}"


def _members(memory: MemoryTable, install_id: str) -> Iterator[Fields]:
    partition = memory.partitions.get(keys.install(install_id).pk, {})
    for sort, item in partition.items():
        if sort.startswith(keys.MEMBER_PREFIX):
            yield items.decode(item)


def _add_ons(memory: MemoryTable, install_id: str) -> Iterator[Fields]:
    for item in memory.all():
        if item["sk"]["S"] == keys.INSTALL_SK and item.get("parentInstallId") == {"S": install_id}:
            yield items.decode(item)


def _shown(row: Fields) -> str:
    return str(row.get(items.DELETION_ID, "live"))
