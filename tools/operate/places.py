"""Places of the rows whose key holds their owner: one for each id, and a locator leads to it.

Members, solution members and roles have locators. Lines that merge or remove such a row find it by
its locator, which a table of version 0.1.0 does not have (docs/upgrade.md).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from installs.ingest.models import MODELS
from installs.store import items, keys, rows
from installs.store.expressions import Check, Delete, same
from tools.operate.findings import Finding, examples, write_repair

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from installs.model import Row
    from installs.store.expressions import Action
    from installs.store.items import Item
    from installs.store.keys import Key
    from installs.store.table import Table

BATCH: Final = 40
"""Rows that are looked at, or repaired, at once: two actions each in one transaction."""


class Identity(NamedTuple):
    """A type of row, by its name in lines, and an id."""

    type_name: str
    id: str

    @property
    def locator(self) -> Key:
        """The key of its locator."""
        return keys.locator(self.type_name, self.id)

    def __str__(self) -> str:
        """Return both words."""
        return f"{self.type_name} {self.id}"


class Located(NamedTuple):
    """The places of a row, and where its locator leads, as read."""

    places: tuple[Key, ...]
    locator: Key | None
    holder: str | None
    """The id of the row where the locator leads."""

    @property
    def agrees(self) -> bool:
        """Return True if there is one place, and the locator leads to it; or nothing at all."""
        return self.places == (() if self.locator is None else (self.locator,))


@dataclass(slots=True)
class Places:
    """Rows and locators of a scan that have not met; those that agree are forgotten."""

    rows: defaultdict[Identity, set[Key]] = field(default_factory=lambda: defaultdict(set))
    locators: dict[Identity, Key] = field(default_factory=dict)

    def add_row(self, row_type: type[Row], key: Key, item: Item) -> None:
        """Add a row."""
        row_id = item["id"]["S"]
        if rows.locator_key(row_type, row_id) is None:
            return
        identity = Identity(rows.type_name(row_type), row_id)
        if self.locators.get(identity) == key:
            del self.locators[identity]
        else:
            self.rows[identity].add(key)

    def add_locator(self, key: Key, item: Item) -> None:
        """Add a locator."""
        identity, place = Identity(*keys.located_row(key)), rows.located(items.decode(item))
        if place is None or identity.type_name not in MODELS:
            return
        places = self.rows.get(identity, set())
        if place not in places:
            self.locators[identity] = place
            return
        places.discard(place)
        if not places:
            del self.rows[identity]


def verify_places(table: Table, seen: Places, *, repair: bool) -> Iterator[Finding]:
    """Report rows of one id in several places, and locators that are missing or lead astray.

    A repair sets locators, and deletes those that lead to nothing; it deletes no row.
    """
    suspects = sorted(seen.rows.keys() | seen.locators.keys())
    unlocated: list[Identity] = []
    repaired = True
    for start in range(0, len(suspects), BATCH):
        wrong = _look_twice(table, seen, suspects[start : start + BATCH])
        for identity, located in wrong.items():
            if len(located.places) > 1:
                places = " and ".join(f"{key.pk} {key.sk}" for key in located.places)
                faults = (f"is in several places: {places}",)
                yield Finding(str(identity), faults, False if repair else None)
        one_place = {name: found for name, found in wrong.items() if len(found.places) < 2}
        unlocated += one_place
        if repair:
            repaired &= _repair(table, one_place)
    if unlocated:
        names = examples(list(map(str, unlocated)))
        faults = (f"{len(unlocated)} rows are not where their locators lead: {names}",)
        yield Finding("locators", faults, repaired if repair else None)


def _look_twice(
    table: Table, seen: Places, identities: Sequence[Identity]
) -> Mapping[Identity, Located]:
    """Return what disagrees, and is the same at a second look: a row may move between reads."""
    first = _look(table, seen, identities)
    wrong = [identity for identity, found in first.items() if not found.agrees]
    second = _look(table, seen, wrong)
    return {identity: found for identity, found in second.items() if found == first[identity]}


def _look(table: Table, seen: Places, identities: Sequence[Identity]) -> Mapping[Identity, Located]:
    locators = table.get_many(identity.locator for identity in identities)
    leads = {
        identity: rows.located(items.decode(locators[identity.locator]))
        for identity in identities
        if identity.locator in locators
    }
    wanted = {
        identity: {*seen.rows.get(identity, ()), *filter(None, [leads.get(identity)])}
        for identity in identities
    }
    stored = table.get_many({key for row_keys in wanted.values() for key in row_keys})
    ids = {key: item["id"]["S"] for key, item in stored.items()}
    return {
        identity: Located(
            tuple(sorted((key for key in row_keys if ids.get(key) == identity.id), key=str)),
            leads.get(identity),
            ids.get(leads[identity]) if leads.get(identity) is not None else None,  # type: ignore[arg-type]
        )
        for identity, row_keys in wanted.items()
    }


def _repair(table: Table, wrong: Mapping[Identity, Located]) -> bool:
    """Set or delete locators; return True if all are right."""
    planned = [_actions(identity, located) for identity, located in wrong.items()]
    together = [action for actions in planned for action in actions]
    # No item may be in a transaction twice: two locators may lead to one place.
    apart = len({action.key for action in together}) == len(together)
    if not planned or (apart and write_repair(table, together)):
        return True
    done = [write_repair(table, actions) for actions in planned]
    return all(done)


def _actions(identity: Identity, located: Located) -> list[Action]:
    if located.places:
        (place,) = located.places
        locate = rows.locate(identity.locator, place, located.locator)
        return [locate, Check(place, [same("id", identity.id)])]
    assert located.locator is not None  # noqa: S101 - nothing at all agrees
    return [
        Delete(identity.locator, rows.leads_to(located.locator)),
        Check(located.locator, [same("id", located.holder)]),
    ]
