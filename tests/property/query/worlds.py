"""Small worlds of rows in which every null, tie and odd string happens.

The tables here are written by hand from CONTRACT.md sections 1 and 2, so that a mistake in the
engine's own schema is not repeated by its oracle.
"""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Row = dict[str, object]
World = dict[str, list[Row]]

# Kinds: i(d) e(num) d(ate) s(tring) b(oolean) j(son); ? nullable.
ENTITIES: Final[Mapping[str, Mapping[str, str]]] = {
    "install": {
        "id": "i", "integrationId": "i", "integrationVersionId": "i", "workspaceId": "i",
        "variables": "j", "authStateId": "i?", "memberPolicy": "e", "parentInstallId": "i?",
        "solutionId": "i?", "installedBy": "i", "installedAt": "d", "lastUpgradedAt": "d?",
        "deletedAt": "d?", "retentionTier": "e?",
    },
    "member": {
        "id": "i", "integrationInstallId": "i", "workspaceId": "i", "entityId": "i",
        "entityVersionId": "i?", "sourceMemberSlug": "s", "isClone": "b", "sourceVersionId": "i?",
        "detached": "b", "enabled": "b", "permissions": "j", "addedBy": "i", "addedAt": "d",
        "deletedAt": "d?", "retentionTier": "e?",
    },
    "solution": {
        "id": "i", "workspaceId": "i", "name": "s", "description": "s?", "createdBy": "i",
        "createdAt": "d", "updatedAt": "d", "deletedAt": "d?", "retentionTier": "e?",
    },
    "integration": {
        "id": "i", "workspaceId": "i", "slug": "s", "name": "s", "description": "s?",
        "publisher": "s", "trustTier": "e", "currentVersion": "s?", "visibility": "e",
        "createdAt": "d", "updatedAt": "d", "deletedAt": "d?",
    },
    "version": {
        "id": "i", "integrationId": "i", "version": "s", "changelog": "s?", "publishedBy": "i",
        "publishedAt": "d",
    },
    "workspace": {
        "id": "i", "organizationId": "i?", "name": "s", "handle": "s", "ownerId": "i",
        "defaultRetentionTier": "e?", "createdAt": "d", "updatedAt": "d", "deletedAt": "d?",
    },
    "user": {
        "id": "i", "name": "s", "email": "s", "handle": "s", "role": "e", "createdAt": "d",
    },
}  # fmt: skip

TO_ONE: Final = {
    "integration": ("integration", "integrationId"),
    "integrationVersion": ("version", "integrationVersionId"),
    "workspace": ("workspace", "workspaceId"),
    "solution": ("solution", "solutionId"),
    "parentInstall": ("install", "parentInstallId"),
    "installer": ("user", "installedBy"),
}
INCLUDED: Final = {
    "integration": "integrations",
    "integrationVersion": "integrationVersions",
    "workspace": "workspaces",
    "solution": "solutions",
    "parentInstall": "parentInstalls",
    "installer": "users",
}
"""The members of an answer that have the included rows, by relation."""
TO_MANY: Final = {
    "members": ("member", "integrationInstallId"),
    "addOns": ("install", "parentInstallId"),
}

TIERS: Final = ("short", "medium", "long", "none")
ENUMS: Final = {
    "memberPolicy": ("auto_all", "auto_defaults", "manual"),
    "retentionTier": TIERS,
    "defaultRetentionTier": TIERS,
    "trustTier": (
        "first_party", "vendor_official", "verified_partner", "verified_publisher", "community",
    ),
    "visibility": ("private", "unlisted", "public"),
    "role": ("admin", "user", "service"),
}  # fmt: skip

IDS: Final = ("a", "B", "b", "_", "-", "a0", "Z9", "Z")
DATES: Final = (
    "1999-12-31T23:59:59.999Z",
    "2026-11-23T10:00:00.000Z",
    "2026-11-23T10:00:00.001Z",
    "2026-11-23T12:00:00.000Z",
)
FINER_DATES: Final = (
    "2026-11-23T10:00:00.0005Z",
    "2026-11-23T10:00:00.00000000000000000001Z",
    "2026-11-23T09:59:59.9999999Z",
    "2026-11-23T10:00:00.001000Z",
    "2026-11-23T10:00:00.0010001Z",
)
"""Values to compare with that have more digits than rows have."""
PIECES: Final = (
    "", "a", "A", "b", "ab", "%", "_", "\\", "'", '"', " ", "ß", "ss", "SS", "ẞ", "é", "É",
    "e\u0301", "E\u0301", "e", "İ", "i", "\u0131", "I", "i\u0307", "\u017f", "\u212a", "k", "ﬁ",
    "FI", "\u2126", "\u03a9", "ω", "ς", "Σ", "\u03c3", "ΐ", "\u0345", "\u0301", "ᾳ", "\ufffd",
    "\uffff", "\U0001d4b3", "😀", "한", "각",
)  # fmt: skip
KEYS: Final = ("a", "b", "0", "1", "A")
JSON_VALUES: Final[tuple[object, ...]] = (
    None, True, False, 0, 1, 1.0, 1.5, -2, 10**15, "", "a", "A", "é", "E\u0301", "1", "0", "true",
    [], ["a", 1, {"a": 1}], [[1], [True]], {}, {"a": 1}, {"a": {"b": True}}, {"0": "x"},
    {"b": None}, {"a": ["a"], "b": "A"},
)  # fmt: skip

strings: Final = st.lists(st.sampled_from(PIECES), max_size=2).map("".join)

_SIZES: Final = {
    "install": 8, "member": 10, "solution": 3, "integration": 3, "version": 3, "workspace": 3,
    "user": 3,
}  # fmt: skip
_LINKED: Final = {"install": IDS, "member": tuple(f"m{number}" for number in range(12))}


def values_of(field: str, kind: str) -> st.SearchStrategy[object]:
    """The values of a field to compare with, but for null."""
    pools: dict[str, st.SearchStrategy[object]] = {
        "i": st.sampled_from(IDS),
        "e": st.sampled_from(ENUMS.get(field, ("",))),
        "s": strings,
        "b": st.booleans(),
    }
    return pools[kind[0]]


def random_value(random: Random, field: str, kind: str) -> object:
    """A value of a field, null at times where it may be."""
    if kind.endswith("?") and random.random() < 0.4:
        return None
    if kind[0] == "i":
        linked = {"parentInstallId", "integrationInstallId"}
        return random.choice(IDS if field in linked else IDS[:4])
    if kind[0] == "e":
        return random.choice(ENUMS[field])
    if kind[0] == "d":
        return random.choice(DATES)
    if kind[0] == "b":
        return random.random() < 0.5
    if kind[0] == "s":
        return "".join(random.choices(PIECES, k=random.randrange(3)))
    chosen = random.choices(KEYS, k=random.randrange(4))
    return json.dumps({key: random.choice(JSON_VALUES) for key in chosen})


def _rows(entity: str, size: int, seed: int) -> list[Row]:
    """The first rows of an endless list, so that a failing case shrinks to fewer of the same."""
    random = Random(f"{seed} {entity}")  # noqa: S311 - test data
    ids = random.sample(_LINKED.get(entity, IDS[:4]), size)
    return [
        {"id": id_}
        | {f: random_value(random, f, k) for f, k in ENTITIES[entity].items() if f != "id"}
        for id_ in ids
    ]


def random_world(seed: int, sizes: Mapping[str, int]) -> World:
    """The world of a seed, with so many rows of each entity."""
    return {entity: _rows(entity, size, seed) for entity, size in sizes.items()}


worlds: Final = st.builds(
    random_world,
    st.integers(0, 2**32),
    st.fixed_dictionaries(
        {entity: st.one_of(st.just(most), st.integers(0, most)) for entity, most in _SIZES.items()}
    ),
)


def fields_of(row: Row, wanted: Callable[[str], bool]) -> Row:
    """A row as the engine reads it: only some fields, and nulls absent."""
    return {name: value for name, value in row.items() if value is not None and wanted(name)}
