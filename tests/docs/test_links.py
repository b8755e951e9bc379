"""Links between pages lead somewhere, and so do their anchors."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.docs.blocks import PAGES
from tools.local.paths import ROOT

LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCED: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def prose(page: Path) -> str:
    return FENCED.sub("", page.read_text(encoding="utf-8"))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return frozenset(re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in plain)


LINKS: Final = [(page, target) for page in PAGES for target in LINK.findall(prose(page))]


@pytest.mark.parametrize(("page", "target"), LINKS, ids=lambda one: Path(str(one)).name)
def test_a_link_leads_somewhere(page: Path, target: str) -> None:
    if re.match(r"https?://", target):
        return
    path, _, anchor = target.partition("#")
    found = (page.parent / path).resolve() if path else page

    assert found.exists(), f"{page.name}: {target}"
    assert found.is_relative_to(ROOT)
    if anchor:
        assert anchor in anchors(found), f"{page.name}: {target}"


def test_each_decision_has_a_number_of_its_own() -> None:
    decisions = [page for page in PAGES if page.parent.name == "adr"]
    numbers = [page.name[:4] for page in decisions]

    assert len(numbers) > 20
    assert len({*numbers}) == len(numbers)
    assert [page.read_text(encoding="utf-8")[2:6] for page in decisions] == numbers


def test_every_page_is_read_from_the_readme() -> None:
    """By links from page to page, whoever begins at README.md gets to each of them."""
    reached, ahead = set[Path](), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        targets = (target.partition("#")[0] for target in LINK.findall(prose(page)))
        ahead += [(page.parent / t).resolve() for t in targets if t and "://" not in t]
    unread = {page for page in PAGES if page.parent.name != "adr"} - reached

    assert not {page.name for page in unread}
