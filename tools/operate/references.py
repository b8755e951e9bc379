"""References to rows that are not there: accepted when they come in, and listed (section 10)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from installs import model
from installs.store import rows
from tools.operate.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from installs.model import Row
    from installs.store.items import Item
    from installs.store.keys import Key
    from installs.store.table import Table

EXAMPLES: Final = 3

_FIELDS: Final[Mapping[type[Row], Mapping[str, type[Row]]]] = {
    model.Install: {
        "integrationId": model.Integration,
        "integrationVersionId": model.IntegrationVersion,
        "workspaceId": model.Workspace,
        "solutionId": model.Solution,
        "installedBy": model.User,
    },
    model.IntegrationMember: {"workspaceId": model.Workspace, "addedBy": model.User},
    model.Solution: {"workspaceId": model.Workspace, "createdBy": model.User},
    model.SolutionMember: {"solutionId": model.Solution, "addedBy": model.User},
    model.Integration: {"workspaceId": model.Workspace},
    model.IntegrationVersion: {"integrationId": model.Integration, "publishedBy": model.User},
    model.Workspace: {"ownerId": model.User},
    model.WorkspaceMember: {"workspaceId": model.Workspace, "userId": model.User},
    model.ApiKey: {"workspaceId": model.Workspace, "userId": model.User},
}
"""The fields of each type of row that name another row, with its type.

An install's parent and a member's install are looked at with their cascades (suspects.py).
"""


class Referrer(NamedTuple):
    """A field of a row that names another."""

    key: Key
    row: str
    attribute: str


@dataclass(slots=True)
class Referrers:
    """The rows that name one row: their number, and the first."""

    number: int = 0
    first: list[Referrer] = field(default_factory=list)


@dataclass(slots=True)
class References:
    """The rows of a scan, and the rows that they name."""

    present: set[tuple[type[Row], str]] = field(default_factory=set)
    named: defaultdict[tuple[type[Row], str], Referrers] = field(
        default_factory=lambda: defaultdict(Referrers)
    )

    def add(self, row_type: type[Row], key: Key, item: Item) -> None:
        """Add a row."""
        row_id = item["id"]["S"]
        if row_type in rows.BY_ID:
            self.present.add((row_type, row_id))
        for attribute, target in _FIELDS.get(row_type, {}).items():
            if attribute in item:
                referrers = self.named[target, item[attribute]["S"]]
                referrers.number += 1
                if len(referrers.first) < EXAMPLES:
                    name = f"{rows.type_name(row_type)} {row_id}"
                    referrers.first.append(Referrer(key, name, attribute))

    def missing(self, table: Table) -> Iterator[Finding]:
        """Return a note on each row that is named and not there, read consistently."""
        suspects = self.named.keys() - self.present
        for target, row_id in sorted(suspects, key=lambda name: (name[0].__name__, name[1])):
            referrers = self.named[target, row_id]
            place = rows.BY_ID[target](row_id)
            found = table.get_many([place, *(referrer.key for referrer in referrers.first)])
            still = [
                referrer.row
                for referrer in referrers.first
                if found.get(referrer.key, {}).get(referrer.attribute, {}).get("S") == row_id
            ]
            if place not in found and still:
                names = ", ".join(still) + (", ..." if referrers.number > EXAMPLES else "")
                fault = f"is not there, and {referrers.number} rows name it: {names}"
                yield Finding(f"{rows.type_name(target)} {row_id}", (fault,))
