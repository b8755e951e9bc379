"""Copies of pages that are written for GitHub, as a site's builder reads them (docs/adr/0044).

Python-Markdown wants an empty line before a list and a table, which CommonMark does not. A link to
a file of the repository that is no page becomes its text: a site cannot show a folder.
"""

from __future__ import annotations

import posixpath
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

DIAGRAMS: Final = "assets/mermaid.min.js"

_FENCE: Final = re.compile(r"^(```.*?^```$)", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#:]+)(?:#[^)]*)?\)")
_LIST: Final = re.compile(r"(?:[-*]|\d+\.) ")
_INDENTED: Final = re.compile(r"^ {3}(?=[-*] )", re.MULTILINE)


def main(target: str, *paths: str) -> None:
    """Copy files to the same paths below a folder; pages are adjusted."""
    for path in paths:
        copy = Path(target) / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        content = Path(path).read_bytes()
        if copy.suffix == ".md":
            content = adjusted(content.decode(), path, paths).encode()
        copy.write_bytes(content)


def adjusted(text: str, path: str, paths: Collection[str]) -> str:
    """Return a page as Python-Markdown reads it, with links to copied files alone.

    A page with a diagram loads the script that draws it.
    """
    folder = posixpath.dirname(path)

    def link(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, found[2]))
        return found[0] if target in paths else found[1]

    parts = _FENCE.split(text)
    parts[::2] = ["\n".join(_spaced(_LINK.sub(link, part))) for part in parts[::2]]
    if any(part.startswith("```mermaid") for part in parts[1::2]):
        url = posixpath.relpath(DIAGRAMS, _address(path))
        parts.append(f'\n\n<script src="{url}"></script>\n')
    return "".join(parts)


def _address(path: str) -> str:
    """Return the folder that a page is served as."""
    stem = path.removesuffix(".md")
    return posixpath.dirname(stem) or "." if posixpath.basename(stem) == "README" else stem


def _spaced(text: str) -> Iterator[str]:
    before = ""
    for line in _INDENTED.sub("    ", text).split("\n"):
        if before and not before.startswith("#") and _begins_block(line, before):
            yield ""
        yield line
        before = line


def _begins_block(line: str, before: str) -> bool:
    """Return True if a line begins a list or a table that goes on from no earlier line."""
    if line.startswith("|"):
        return not before.startswith("|")
    return bool(_LIST.match(line)) and not before.startswith(" ") and not _LIST.match(before)


if __name__ == "__main__":
    main(*sys.argv[1:])
