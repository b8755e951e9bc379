"""Pairs of worlds that differ only in what a caller may not see (CONTRACT.md sections 2, 3 and 8).

What is hidden is decided here from the contract's words alone, row by row, and not by asking the
engine. The twin of a world has each hidden row kept, dropped or rewritten, and others added.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Final

from installs.api_keys import digest
from tests.property.query.worlds import (
    DATES,
    ENTITIES,
    IDS,
    TIERS,
    TO_ONE,
    random_value,
    random_world,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.property.query.worlds import Row, World

CALLER: Final = "usr_caller"
KEY: Final = "key_caller"
WORKSPACES: Final = IDS[:4]

LINES: Final = {
    "install": "install", "member": "integrationMember", "solution": "solution",
    "integration": "integration", "version": "integrationVersion", "workspace": "workspace",
    "user": "user",
}  # fmt: skip
_SIZES: Final = {
    "install": 8, "member": 12, "solution": 4, "integration": 4, "version": 4, "workspace": 4,
    "user": 4,
}  # fmt: skip
_NEW: Final = ("n1", "n2")
INSTALLS: Final = (*IDS, *(f"i{number}" for number in range(10)), *_NEW)
"""The ids of installs, here and there; parents are among the first of them."""
_RANK: Final = {id_: rank for rank, id_ in enumerate(INSTALLS)}
_LONG_AGO: Final = "1998-12-31T23:59:59.999Z"
"""A moment of no install's deletion: a member of the same moment would follow its install."""
_DELETABLE: Final = ("install", "member", "solution")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two worlds, as lines of an import, that must look the same to the caller."""

    by_key: bool
    """True if the caller is an API key of a workspace, False if it is a user."""
    public: bool
    """True if that key is a public one, which is shown less of people."""
    worlds: tuple[list[Row], list[Row]]
    hidden: tuple[Row, ...]
    """The installs that the caller may not see, of either world: what an attacker would guess."""
    differences: int
    """In how many rows the worlds differ."""

    def joined(self, install: Row) -> Row:
        """An install with its related rows of either world, whether the caller sees them or not."""
        lines = [line for world in self.worlds for line in world]
        related = {
            name: next(
                (r for r in lines if (r["type"], r.get("id")) == (LINES[entity], install[link])),
                None,
            )
            for name, (entity, link) in TO_ONE.items()
        }
        return install | related


def pair(seed: int) -> Pair:
    """A world and its twin."""
    random = Random(seed)  # noqa: S311 - test data
    by_key = random.random() < 0.4
    public = by_key and random.random() < 0.5
    roles = {WORKSPACES[n]: random.choice(("viewer", "editor", "admin")) for n in (0, 1)}
    if by_key:
        del roles[WORKSPACES[1]]
    sizes = {entity: random.randint(most // 2, most) for entity, most in _SIZES.items()}
    world = random_world(seed, sizes)
    world["install"] += [_random(random, "install", id_) for id_ in INSTALLS[len(IDS) : -len(_NEW)]]
    for row in world["install"][-4:]:
        row |= {"workspaceId": WORKSPACES[0], "deletedAt": None}
    world = _importable(world)
    twin = _twin(random, world, frozenset(roles))
    if public:
        twin["user"] = [_another_person(random, row) for row in twin["user"]]
    hidden = [
        row
        for one in (world, twin)
        for row in one["install"]
        if not _sight(one, frozenset(roles))("install", row)
    ]
    mine = list(_memberships(roles, by_key=by_key, public=public))
    lines = ([*_lines(world), *mine], [*_lines(twin), *mine, *_strangers(random)])
    differences = sum(line not in lines[1] for line in lines[0])
    differences += sum(line not in lines[0] for line in lines[1])
    return Pair(by_key, public, lines, tuple(hidden), differences)


def _sight(world: World, reach: frozenset[str]) -> Callable[[str, Row], bool]:
    """Return a predicate: True if the caller may see a row."""
    seen = [row for row in world["install"] if row["workspaceId"] in reach and not _is_past(row)]
    installed = {row["integrationId"] for row in seen}
    versions = {row["integrationVersionId"] for row in seen}
    installers = {row["installedBy"] for row in seen}

    def sees(entity: str, row: Row) -> bool:
        if entity in _DELETABLE:
            return row["workspaceId"] in reach and not _is_past(row)
        if entity == "integration":
            open_ = row["visibility"] in ("public", "unlisted") or row["workspaceId"] in reach
            return open_ or row["id"] in installed
        if entity == "version":
            return row["id"] in versions
        return row["id"] in (reach if entity == "workspace" else installers)

    return sees


def _is_past(row: Row) -> bool:
    """Return True if retention has expired: deleted long ago, and not kept for ever."""
    tier = row["retentionTier"]
    return str(row["deletedAt"]) < DATES[1] and tier is not None and tier != "none"


def _importable(world: World) -> World:
    """A random world as the importer takes it: nobody is its own ancestor, tiers are of the dead.

    An install's parent has an earlier id, whether there is such an install or not, so that no
    row's change depends on another's. A solution is never deleted at the time of an install: it
    would be taken as deleted with it, and the caller may see one of them alone.
    """
    for row in world["install"]:
        parent = row["parentInstallId"]
        if parent is not None and _RANK[str(parent)] >= _RANK[str(row["id"])]:
            row["parentInstallId"] = None
    for entity in _DELETABLE:
        for row in world[entity]:
            if row["deletedAt"] is None:
                row["retentionTier"] = None
            elif entity == "solution":
                row["deletedAt"] = f"{str(row['deletedAt'])[:-4]}500Z"
    return world


def _twin(random: Random, world: World, reach: frozenset[str]) -> World:
    """The same world to whoever has the reach."""
    sees = _sight(world, reach)
    twin: World = {}
    for entity, rows in world.items():
        changed = []
        for row in rows:
            change = random.random()
            if sees(entity, row) or change < 0.2:
                changed.append(row)
            elif change < 0.8:
                changed.append(_hidden(random, entity, row, reach))
        taken = {row["id"] for row in rows}
        changed += [
            _hidden(random, entity, {"id": new}, reach)
            for new in (*_NEW, *IDS)
            if new not in taken and random.random() < 0.6
        ]
        twin[entity] = [row for row in changed if row in rows or not sees(entity, row)]
    return _importable(twin)


def _random(random: Random, entity: str, id_: object) -> Row:
    return {
        field: id_ if field == "id" else random_value(random, field, kind)
        for field, kind in ENTITIES[entity].items()
    }


def _hidden(random: Random, entity: str, row: Row, reach: frozenset[str]) -> Row:
    """Another row of the same id that the caller may not see either."""
    other = _random(random, entity, row["id"])
    if "workspaceId" in other:
        other["workspaceId"] = random.choice([id_ for id_ in WORKSPACES if id_ not in reach])
    if entity == "integration":
        other["visibility"] = "private"
    if entity in _DELETABLE and random.random() < 0.3:
        gone = {"deletedAt": _LONG_AGO, "retentionTier": random.choice(TIERS[:3])}
        other |= gone | {"workspaceId": random.choice(WORKSPACES)}
    return other


def _another_person(random: Random, row: Row) -> Row:
    """A user who looks the same to a public key."""
    other = _random(random, "user", row["id"])
    return row | {"email": other["email"], "role": other["role"]}


def _lines(world: World) -> Iterator[Row]:
    for entity, rows in world.items():
        for row in rows:
            objects = {
                field: json.loads(str(row[field]))
                for field, kind in ENTITIES[entity].items()
                if kind == "j"
            }
            yield {"type": LINES[entity], **row, **objects}


def _memberships(roles: dict[str, str], *, by_key: bool, public: bool) -> Iterator[Row]:
    made = {"createdAt": DATES[1]}
    if by_key:
        ((workspace, role),) = roles.items()
        yield {
            "type": "apiKey", "id": KEY, "kind": "pub" if public else "sec",
            "workspaceId": workspace, "role": "viewer" if public else role,
            "secretSha256": digest("a secret"),
        }  # fmt: skip
        return
    yield {
        "type": "user", "id": CALLER, "name": "", "email": "", "handle": "", "role": "user", **made
    }  # fmt: skip
    for workspace, role in roles.items():
        yield {
            "type": "workspaceMember", "id": f"wsm_{workspace}", "workspaceId": workspace,
            "userId": CALLER, "role": role, **made,
        }  # fmt: skip


def _strangers(random: Random) -> Iterator[Row]:
    """Others' roles and keys, some of them in the caller's own workspaces."""
    for number, workspace in enumerate(WORKSPACES):
        if random.random() < 0.7:
            yield {
                "type": "workspaceMember", "id": f"wsm_x{number}", "workspaceId": workspace,
                "userId": "usr_other", "role": "admin", "createdAt": DATES[1],
            }  # fmt: skip
        yield {
            "type": "apiKey", "id": f"key_x{number}", "kind": "pub", "workspaceId": workspace,
            "role": "viewer", "secretSha256": digest(f"pub_{number}"),
        }  # fmt: skip


def moment() -> datetime:
    """The one time of all requests of a pair."""
    return datetime.fromisoformat("2026-11-24T12:00:00.000+00:00")
