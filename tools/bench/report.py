"""Figures of the benchmarks in marked sections of docs/performance.md."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from typing import Final

from tools.local.paths import ROOT

PAGE: Final = ROOT / "docs" / "performance.md"


def heading(command: str) -> str:
    """Describe the origin of figures: the command, the day, the machine and its load."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    day = datetime.now(UTC).date().isoformat()
    load = os.getloadavg()[2]
    return f"`{command}`, {day}, {os.cpu_count()} cores, {memory:.0f} GB, load {load:.1f}."


def put(section: str, text: str) -> None:
    """Replace a section of the page, from its mark to the mark of its end."""
    page = PAGE.read_text()
    begin, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    whole = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not whole.search(page):
        raise ValueError(f"{PAGE} has no section {section}")
    PAGE.write_text(whole.sub(lambda _: f"{begin}\n{text.rstrip()}\n{end}", page))
