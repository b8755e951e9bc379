"""Hooks of MkDocs: pages that are written for GitHub, as pages of a site (docs/adr/0044).

Python-Markdown wants an empty line before a list and a table, which CommonMark does not. Links to
files of the repository that are no pages become their text: a site cannot show a folder.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

DIAGRAMS: Final = "assets/mermaid.min.js"

_FENCE: Final = re.compile(r"^(```.*?^```$)", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#:]+)(?:#[^)]*)?\)")
_LIST: Final = re.compile(r"(?:[-*]|\d+\.) ")
_INDENTED: Final = re.compile(r"^ {3}(?=[-*] )", re.MULTILINE)


def on_page_markdown(markdown: str, page: Any, files: Any, **_: object) -> str:  # noqa: ANN401 - MkDocs' own
    """Return a page as Python-Markdown reads it, with links to pages alone."""
    folder = posixpath.dirname(page.file.src_uri)

    def link(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, found[2]))
        return found[0] if files.get_file_from_path(target) else found[1]

    parts = _FENCE.split(markdown)
    parts[::2] = [_spaced(_LINK.sub(link, part)) for part in parts[::2]]
    return "".join(parts)


def on_page_content(html: str, page: Any, **_: object) -> str:  # noqa: ANN401 - MkDocs' own
    """Return a page's content with the script of its diagrams, if it has any."""
    if 'class="mermaid"' not in html:
        return html
    path = posixpath.relpath(DIAGRAMS, posixpath.dirname(page.file.dest_uri) or ".")
    return f'{html}\n<script src="{path}"></script>'


def _spaced(text: str) -> str:
    return "\n".join(_lines(_INDENTED.sub("    ", text)))


def _lines(text: str) -> Iterator[str]:
    before = ""
    for line in text.split("\n"):
        if before and not before.startswith("#") and _begins_block(line, before):
            yield ""
        yield line
        before = line


def _begins_block(line: str, before: str) -> bool:
    """Return True if a line begins a list or a table that goes on from no earlier line."""
    if line.startswith("|"):
        return not before.startswith("|")
    return bool(_LIST.match(line)) and not before.startswith(" ") and not _LIST.match(before)
