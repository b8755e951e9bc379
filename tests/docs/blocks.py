"""The fenced blocks of the pages, and the commands in them.

A block says what it is: ``sh`` holds commands, ``console`` a session (``$ command`` and what it
shows). Both are run on the local system, in the order of their page and in one shell, unless they
need more than that: then they are checked, see ``CHECKED_ONLY``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import tree_sitter_bash
from tree_sitter import Language, Parser

from tools.local.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

PAGES: Final = sorted(
    [
        *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "CONTRACT.md")),
        *(ROOT / "docs").rglob("*.md"),
    ]
)

CHECKED_ONLY: Final = {
    "aws": "needs an AWS account",
    "sam": "needs an AWS account or Docker; tests/integration/test_sam.py validates and builds",
    "make": "installs, starts or tests the project itself",
    "git": "changes the checkout",
    "uvx": "fetches a program",
    "uv": "compiles the project's own requirements",
}
"""Blocks that are checked and not run: the shell parses them, and commands and options exist."""

ELSEWHERE: Final = {
    "cli.md": "tests/integration/test_cli_docs.py",
    "query-language.md": "tests/unit/query",
}
"""Pages whose examples tests of their own run."""

LANGUAGES: Final = {
    "sh",
    "console",
    "python",
    "js",
    "ts",
    "json",
    "text",
    "ids",
    "mermaid",
    "logs-insights",
}
_FENCE: Final = re.compile(r"^```(\S*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN: Final = re.compile(r"`((?:\.venv/bin/)?(?:make|python -m tools|sam) [^`\n]+)`")
_PARSER: Final = Parser(Language(tree_sitter_bash.language()))


@dataclass(frozen=True)
class Step:
    """One command of a block, and what it shows; nothing where the page does not say."""

    command: str
    shown: str | None = None


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, or a command in a sentence."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def steps(self) -> list[Step]:
        """Its commands in order; all of a ``sh`` block is one."""
        if self.language == "sh":
            return [Step(self.text)]
        parts = re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]
        return [_step(part) for part in parts]

    @property
    def script(self) -> str:
        """Its commands alone."""
        return "\n".join(step.command for step in self.steps)

    def calls(self) -> Iterator[list[str]]:
        """Each program that it calls, with the words that follow, as they are written."""
        for node in _nodes(self.script, "command"):
            words = [one for one in node.children if one.type != "variable_assignment"]
            yield [_text(one).strip("\"'") for one in words]

    def programs(self) -> set[str]:
        """The programs that it calls, without their folders."""
        return {Path(words[0]).name for words in self.calls()}

    def sets(self) -> set[str]:
        """The variables and functions that it defines."""
        found = (*_nodes(self.script, "variable_assignment"),
                 *_nodes(self.script, "function_definition"))  # fmt: skip
        return {_text(node.children[0]) for node in found}

    def uses(self) -> set[str]:
        """The variables that it reads, and the programs that it calls."""
        return {_text(node) for node in _nodes(self.script, "variable_name")} | self.programs()


def _step(part: str) -> Step:
    lines = part.split("\n")
    end = next(number for number, line in enumerate(lines, 1) if not line.endswith("\\"))
    return Step("\n".join(lines[:end]), "\n".join(lines[end:]).strip("\n"))


def _nodes(script: str, kind: str) -> Iterator[Node]:
    ahead = [_PARSER.parse(script.encode()).root_node]
    while ahead:
        node = ahead.pop()
        if node.type == kind:
            yield node
        ahead += reversed(node.children)


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def blocks(page: Path) -> list[Block]:
    """All blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found[1], found[3])
        for found in _FENCE.finditer(text)
    ]


def spans(page: Path) -> list[Block]:
    """The commands that stand in the sentences of a page."""
    text = _FENCE.sub(lambda found: "\n" * found[0].count("\n"), page.read_text(encoding="utf-8"))
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, "sh", found[1])
        for found in _SPAN.finditer(text)
    ]


def commands(page: Path) -> list[Block]:
    """The blocks of a page that hold commands."""
    return [block for block in blocks(page) if block.language in {"sh", "console"}]


def to_run(page: Path) -> list[Block]:
    """The blocks of a page that are run, in order: all that need nothing of those that are not."""
    run: list[Block] = []
    unset: set[str] = set()
    if page.name in ELSEWHERE:
        return run
    for block in commands(page):
        if block.programs() & CHECKED_ONLY.keys() or block.uses() & unset:
            unset |= block.sets()
        else:
            run.append(block)
    return run


COMMANDS: Final = [block for page in PAGES for block in commands(page)]
"""Every block of commands in the pages."""
SPANS: Final = [span for page in PAGES for span in spans(page)]
"""Every command that stands in a sentence."""


def each(*of: str) -> Iterator[tuple[Block, list[str]]]:
    """Each call of a program in the pages, by its first words."""
    for block in [*COMMANDS, *SPANS]:
        for words in block.calls():
            call = [Path(words[0]).name, *words[1:]]
            if call[: len(of)] == list(of):
                yield block, call
