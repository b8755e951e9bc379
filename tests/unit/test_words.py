"""The words of the project: the field's own terms, and nouns for names (CONTRIBUTING.md, Style).

A term that is only this project's must not come back; each has a term of the field in its place.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

import pytest

from tests.docs.blocks import PAGES
from tools.local.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRIVATE: Final = {
    "lane": "key range",
    "fate": "desired state",
    "hanging": "dependent",
    "hung": "dependent",
    "residue": "residual predicate",
    "necessary": "constraints",
    "nought": "zero",
    "dear": "expensive",
    "unseen": "hidden",
    "alike": "tied",
    "parked": "dead letter",
    "reminder": "pending work",
    "mend": "repair",
    "concerning": "log context",
    "peers": "alternatives",
    "contestants": "alternatives",
    "crowd": "bulk",
    "buried": "tombstone",
    "unburied": "tombstone",
    "bury": "dead letter",
    "circle": "cycle",
    "circles": "cycle",
}
"""Parts of names, and the terms in their place."""

VAGUE: Final = frozenset(
    {"asked", "given", "its", "meant", "mine", "one", "ours", "said", "shown", "some", "taken",
     "there", "told"}
)  # fmt: skip
"""Names that are no noun of the thing that they hold."""

PUBLIC: Final = {("clients/python/src/installs_client/fields.py", "some")}
"""The quantifier of the API."""

PROSE: Final = {
    r"\blanes?\b": "key range, or batch",
    r"\bwhat hangs\b|\bhangs? (from|together)\b|\bhung from\b": "dependents",
    r"\bis no id\b": "is not a valid id",
    r"\bis no more\b|\bno more:": "revoked",
    r"\bt(orn|ore|ear) down\b": "deleted",
    r"\bout of (the caller's )?reach\b|\bcaller's reach\b": "access scope",
    r"\bnought\b": "zero",
    r"\bresidue\b": "residual predicate",
    r"\bc[ao]mes? upon\b": "encounters",
    r"\bpark(ed|ing)\b": "dead letter",
    r"\breminders?\b": "pending work",
    r"\bmend(s|ed|ing)?\b": "fix, repair, or restore",
    r"\b(cascade|deletion)s? (takes|took)\b|\b(as|or) taken\b": "cascade-deleted",
    r"\bignore case and spelling\b": "ignore case and Unicode normalization form",
}
"""Patterns of private terms, and the terms in their place."""

SOURCES: Final = sorted(
    path
    for folder in ("layers/core", "functions", "tools", "clients/python/src")
    for path in (ROOT / folder).rglob("*.py")
)
TEXTS: Final = [
    *SOURCES,
    *PAGES,
    *(ROOT / name for name in ("template.yaml", "openapi.yaml", "samconfig.toml", "Makefile")),
    *sorted((ROOT / "console").glob("*.*")),
]


def names(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the names that a module defines, with their lines."""
    for node in ast.walk(module):
        match node:
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                yield node.lineno, name
            case ast.arg(name):
                yield node.lineno, name
            case ast.Name(name, ast.Store()):
                yield node.lineno, name


def parts(name: str) -> set[str]:
    """Return the words of a name, by underscores and capitals."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize(
    ("name", "words"),
    [("hung_rows", {"hung", "rows"}), ("HangingRow", {"hanging", "row"}), ("_LANE", {"lane"})],
)
def test_the_words_of_a_name(name: str, words: set[str]) -> None:
    assert parts(name) == words


def test_names_are_the_fields_terms() -> None:
    private = [
        f"{named(path)}:{line}: {name}: say {', '.join(PRIVATE[word] for word in found)}"
        for path in SOURCES
        for line, name in names(ast.parse(path.read_text(encoding="utf-8")))
        if (found := parts(name) & PRIVATE.keys())
    ]

    assert private == []


def test_names_are_nouns_of_the_thing() -> None:
    vague = [
        f"{named(path)}:{line}: {name}"
        for path in SOURCES
        for line, name in names(ast.parse(path.read_text(encoding="utf-8")))
        if name.strip("_") in VAGUE and (named(path), name) not in PUBLIC
    ]

    assert vague == []


@pytest.mark.parametrize("pattern", PROSE)
def test_prose_has_the_fields_terms(pattern: str) -> None:
    private = [
        f"{named(path)}:{number}: {line.strip()[:80]}: say {PROSE[pattern]}"
        for path in TEXTS
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line, re.IGNORECASE)
    ]

    assert private == []
