"""The comparison as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pygal  # type: ignore[import-untyped]
from pygal.style import CleanStyle  # type: ignore[import-untyped]

from tools.bench.report import PAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.bench.compare import Result

PICTURE: Final = PAGE.parent / "performance.svg"


def write(results: Sequence[Result]) -> None:
    """Draw the CPU time of each case that a peer can do, on a logarithmic scale."""
    shown = [result for result in results if result.best_peer is not None]
    chart = pygal.HorizontalBar(
        title="CPU time per request, ms (logarithmic, median)",
        logarithmic=True, style=CleanStyle(font_family="sans-serif"), js=[],
        width=1000, height=1400,
        legend_at_bottom=True, disable_xml_declaration=True, no_prefix=True, explicit_size=True,
    )  # fmt: skip
    chart.x_labels = [result.case.name for result in reversed(shown)]
    for name in shown[0].times:
        chart.add(name, [round(result.times[name].median_cpu, 2) for result in reversed(shown)])
    PICTURE.write_text(chart.render(is_unicode=True) + "\n")
