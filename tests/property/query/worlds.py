"""Small worlds of rows in which every null, tie and odd string happens.

The tables here are written by hand from CONTRACT.md sections 1 and 2, so that a mistake in the
engine's own schema is not repeated by its oracle.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from hypothesis import strategies as st

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

IDS: Final = ("a", "B", "b", "_", "-", "a0", "Z9")
DATES: Final = (
    "1999-12-31T23:59:59.999Z",
    "2026-11-23T10:00:00.000Z",
    "2026-11-23T10:00:00.001Z",
    "2026-11-23T12:00:00.000Z",
)
PIECES: Final = (
    "", "a", "A", "b", "ab", "%", "_", "\\", "'", '"', " ", "ß", "ss", "SS", "ẞ", "é", "É",
    "e\u0301", "E\u0301", "e", "İ", "i", "ı", "I", "i\u0307", "ſ", "K", "k", "ﬁ", "FI", "Ω", "ω",
    "ς", "Σ", "σ", "ΐ", "\u0345", "\u0301", "ᾳ", "\ufffd", "\uffff", "\U0001d4b3", "😀", "한", "각",
)  # fmt: skip
KEYS: Final = ("a", "b", "0", "1", "A")
JSON_VALUES: Final[tuple[object, ...]] = (
    None, True, False, 0, 1, 1.0, 1.5, -2, 10**15, "", "a", "A", "é", "E\u0301", "1", "0", "true",
    [], ["a", 1, {"a": 1}], [[1], [True]], {}, {"a": 1}, {"a": {"b": True}}, {"0": "x"},
    {"b": None}, {"a": ["a"], "b": "A"},
)  # fmt: skip

strings: Final = st.lists(st.sampled_from(PIECES), max_size=2).map("".join)
json_objects: Final = st.dictionaries(
    st.sampled_from(KEYS), st.sampled_from(JSON_VALUES), max_size=2
)


def values_of(field: str, kind: str) -> st.SearchStrategy[object]:
    """The values that a field can hold, but for null."""
    pools: dict[str, st.SearchStrategy[object]] = {
        "i": st.sampled_from(IDS),
        "e": st.sampled_from(ENUMS.get(field, ("",))),
        "d": st.sampled_from(DATES),
        "s": strings,
        "b": st.booleans(),
        "j": json_objects.map(json.dumps),
    }
    return pools[kind[0]]


def _row(entity: str) -> st.SearchStrategy[Row]:
    columns: dict[str, st.SearchStrategy[object]] = {}
    for field, kind in ENTITIES[entity].items():
        values = values_of(field, kind)
        columns[field] = st.one_of(st.none(), values) if kind.endswith("?") else values
    return st.fixed_dictionaries(columns)


def _rows(entity: str, most: int) -> st.SearchStrategy[list[Row]]:
    return st.lists(_row(entity), max_size=most, unique_by=lambda row: str(row["id"]))


worlds: Final[st.SearchStrategy[World]] = st.fixed_dictionaries(
    {
        "install": _rows("install", 6),
        "member": _rows("member", 4),
        "solution": _rows("solution", 2),
        "integration": _rows("integration", 2),
        "version": _rows("version", 2),
        "workspace": _rows("workspace", 2),
        "user": _rows("user", 2),
    }
)


def fields_of(row: Row, wanted: Callable[[str], bool]) -> Row:
    """A row as the engine reads it: only some fields, and nulls absent."""
    return {name: value for name, value in row.items() if value is not None and wanted(name)}
