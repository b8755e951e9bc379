"""Prose of the pages: lines of at most 100 columns, sentences of at most 25 words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from tests.docs.blocks import PAGES
from tools.local.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUMNS: Final = 100
WORDS: Final = 25

PROSE: Final = [*PAGES, *(ROOT / "clients").glob("*/README.md")]

_FENCE: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_TABLE: Final = re.compile(r"^\|.*$", re.MULTILINE)
_LINK: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_ITEM: Final = re.compile(r"^\s*(?:[-*]|\d+\.) ")
_ATOM: Final = re.compile(r"(?:!?\[[^\]]*\]\([^)]*\)|`[^`]*`|\S)+")
"""A part of a line that cannot be broken: a word, a link, a span of code."""
_END: Final = re.compile(r"(?<=[.?!])[)\"*]*\s+")


def prose(page: Path) -> list[str]:
    """The lines of a page outside of its blocks, tables and headings; the others are empty."""
    text = page.read_text(encoding="utf-8")
    for part in (_FENCE, _TABLE):
        text = part.sub(lambda found: "\n" * found[0].count("\n"), text)
    return ["" if line.startswith("#") else line for line in text.splitlines()]


def sentences(page: Path) -> Iterator[tuple[int, str]]:
    """The sentences of a page with the line that their paragraph or item begins on."""
    start, paragraph = 0, ""
    for number, line in enumerate([*prose(page), ""], 1):
        if not line or _ITEM.match(line):
            yield from ((start, sentence) for sentence in _END.split(paragraph) if sentence)
            start, paragraph = number, ""
        paragraph += " " + line.strip()


def words(sentence: str) -> list[str]:
    """The words of a sentence: a link is its text, a span of code is one word."""
    plain = re.sub(r"`[^`]*`", "code", _LINK.sub(r"\1", sentence))
    return re.findall(r"[^\W_][\w'\u2019.,/-]*", plain)


@pytest.mark.parametrize("page", PROSE, ids=lambda page: str(page.relative_to(ROOT)))
def test_lines_are_short(page: Path) -> None:
    long = [
        number
        for number, line in enumerate(prose(page), 1)
        if len(line) > COLUMNS and len(_ATOM.findall(_ITEM.sub("", line))) > 1
    ]

    assert long == []


@pytest.mark.parametrize("page", PROSE, ids=lambda page: str(page.relative_to(ROOT)))
def test_sentences_are_short(page: Path) -> None:
    long = [(line, text) for line, text in sentences(page) if len(words(text)) > WORDS]

    assert long == []
