"""The pages of the site are those of the repository, as its builder reads them."""

from __future__ import annotations

import re
from typing import Final

from tools.docs_site import adjusted
from tools.local.paths import ROOT

PATHS: Final = ("README.md", "docs/cli.md", "docs/adr/0001-rest.md")


def test_a_list_and_a_table_have_an_empty_line_before_them() -> None:
    page = "## Head\n- one\n- two\n  more\nText:\n- three\nText:\n| a |\n|---|\n| 1 |\n"

    assert adjusted(page, "README.md", PATHS) == (
        "## Head\n- one\n- two\n  more\nText:\n\n- three\nText:\n\n| a |\n|---|\n| 1 |\n"
    )


def test_a_block_stays_as_it_is() -> None:
    page = "Text\n\n```text\nText:\n- no item\n[a](b.md)\n```\n"

    assert adjusted(page, "README.md", PATHS) == page


def test_a_link_to_a_page_stays_and_any_other_becomes_its_text() -> None:
    page = "[a](cli.md#x) [b](../README.md) [c](../template.yaml) [d](adr) [e](https://x.y) [f](#g)"

    assert adjusted(page, "docs/cli.md", PATHS) == (
        "[a](cli.md#x) [b](../README.md) c d [e](https://x.y) [f](#g)"
    )


def test_a_page_with_a_diagram_loads_what_draws_it() -> None:
    page = "```mermaid\nflowchart\n```\n"

    assert adjusted(page, "README.md", PATHS).endswith(
        '<script src="assets/mermaid.min.js"></script>\n'
    )
    assert 'src="../../assets/mermaid.min.js"' in adjusted(page, "docs/cli.md", PATHS)


def test_the_menu_has_every_page_of_docs() -> None:
    menu = re.findall(
        r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE
    )
    pages = {str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*.md")}

    assert pages <= set(menu)
    assert all((ROOT / page).exists() for page in menu)
