"""The comparison as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pygal  # type: ignore[import-untyped]
from pygal.style import Style  # type: ignore[import-untyped]

from tools.bench.report import PAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.bench.compare import Result

PICTURE: Final = PAGE.parent / "performance.svg"

STYLE: Final = Style(
    font_family="sans-serif", background="#ffffff", plot_background="#ffffff",
    foreground="#333333", foreground_strong="#111111", foreground_subtle="#e4e4e4",
    guide_stroke_color="#e4e4e4", guide_stroke_dasharray="0", major_guide_stroke_dasharray="0",
    opacity="1", label_font_size=13, major_label_font_size=13, legend_font_size=14,
    # grey below, the service in front, the peers in one family
    colors=("#bbbbbb", "#0b6e4f", "#c97b4a", "#dba37e", "#ecc9b0"),
)  # fmt: skip


def write(results: Sequence[Result]) -> None:
    """Draw the CPU time of each case that a peer can do, on a logarithmic scale.

    A page is drawn once: it costs the same however large its workspace is.
    """
    sizes = ("1,000 installs", "100,000 installs")
    shown = [
        one
        for one in reversed(results)
        if one.best_peer is not None and not one.case.name.endswith(tuple(f", {s}" for s in sizes))
    ]
    chart = pygal.HorizontalBar(
        title="CPU of one request, ms (median, logarithmic)", logarithmic=True, style=STYLE,
        js=[], width=1000, height=940, legend_at_bottom=True, legend_at_bottom_columns=3,
        truncate_legend=-1, zero=0.1,
        disable_xml_declaration=True, no_prefix=True, explicit_size=True, range=(0.1, 2_000),
    )  # fmt: skip
    chart.x_labels = [result.case.name for result in shown]
    chart.y_labels = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1_000]
    for name in shown[-1].times:
        chart.add(name, [round(result.times[name].median_cpu, 2) for result in shown])
    PICTURE.write_text(chart.render(is_unicode=True) + "\n")
