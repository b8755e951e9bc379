"""Related rows, read in batches and attached to the rows that a filter looks at.

They are seen with the caller's eyes (section 2): what is out of reach or past its retention is not
there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from installs.lifecycle import is_past

if TYPE_CHECKING:
    from datetime import datetime

    from installs.query.nodes import Need

Fields = Mapping[str, Any]


class Related(Protocol):
    """What relations need of the store."""

    def rows(self, entity: str, ids: Iterable[str]) -> Mapping[str, Fields]:
        """Rows of an entity by id."""

    def members(self, install_ids: Iterable[str]) -> Mapping[str, Sequence[Fields]]:
        """The members of installs, by install."""

    def add_ons(self, install_ids: Iterable[str]) -> Mapping[str, Sequence[Fields]]:
        """The add-ons of installs, by parent."""


@dataclass(frozen=True, slots=True)
class ToOne:
    """A relation to one row: the field that holds its id, and what it is."""

    field: str
    entity: str
    scoped: bool
    """Whether the related row belongs to a workspace that the caller may not see."""


TO_ONE: Final = {
    "integration": ToOne("integrationId", "Integration", scoped=False),
    "integrationVersion": ToOne("integrationVersionId", "IntegrationVersion", scoped=False),
    "workspace": ToOne("workspaceId", "Workspace", scoped=False),
    "installer": ToOne("installedBy", "User", scoped=False),
    "solution": ToOne("solutionId", "Solution", scoped=True),
    "parentInstall": ToOne("parentInstallId", "Install", scoped=True),
}
"""An integration is seen by whoever sees an install of it; so are its version and the installer."""


def attach(
    rows: Iterable[dict[str, Any]],
    needed: Mapping[str, Need],
    reader: Related,
    scope: frozenset[str] | None,
    now: datetime,
) -> list[dict[str, Any]]:
    """The rows with what they are related to under the relations' names."""
    found = list(rows)
    for name, need in needed.items():
        if name in TO_ONE:
            _attach_one(found, name, need, reader, scope, now)
        else:
            _attach_many(found, name, need, reader, scope, now)
    return found


def _attach_one(
    rows: list[dict[str, Any]],
    name: str,
    need: Need,
    reader: Related,
    scope: frozenset[str] | None,
    now: datetime,
) -> None:
    about = TO_ONE[name]
    ids = {row[about.field] for row in rows if about.field in row}
    related = {
        row_id: dict(row)
        for row_id, row in reader.rows(about.entity, ids).items()
        if _seen(row, scope if about.scoped else None, now)
    }
    attach(related.values(), need.relations, reader, scope, now)
    for row in rows:
        row[name] = related.get(row.get(about.field, ""))


def _attach_many(
    rows: list[dict[str, Any]],
    name: str,
    need: Need,
    reader: Related,
    scope: frozenset[str] | None,
    now: datetime,
) -> None:
    read = reader.members if name == "members" else reader.add_ons
    by_install = read({row["id"] for row in rows})
    for row in rows:
        row[name] = [
            dict(one)
            for one in by_install.get(row["id"], ())
            if _seen(one, scope, now) and (need.with_deleted or "deletedAt" not in one)
        ]
    attach([one for row in rows for one in row[name]], need.relations, reader, scope, now)


def _seen(row: Fields, scope: frozenset[str] | None, now: datetime) -> bool:
    in_reach = scope is None or row["workspaceId"] in scope
    return in_reach and not is_past(row.get("purgeAt"), now)
