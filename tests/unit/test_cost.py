"""The cost of a million calls, computed by hand."""

from __future__ import annotations

import re

import pytest

from tests.template import ROUTES
from tools.bench import measured
from tools.bench.cost import Spent, million_restores, per_million, snapshot_month
from tools.bench.latency import function_memory
from tools.local.paths import ROOT

PAGE = Spent(
    read=13.5, written=0, memory=1_769, waiting=10.2, cpu=5.0, sent=94_000, logged=700
)  # fmt: skip


def test_a_page() -> None:
    parts = per_million(PAGE)
    assert PAGE.billed == 16
    assert parts["reads"] == pytest.approx(13.5 * 0.125)
    assert parts["writes"] == 0
    # 0.016 seconds of 1.7275 GB, and the invocation
    assert parts["Lambda"] == pytest.approx(1e6 * 0.016 * 1769 / 1024 * 0.0000133334 + 0.20)
    assert parts["API Gateway"] == 3.50
    # three lines of the function's and one of the API's, 26 bytes more each
    assert parts["logs"] == pytest.approx((700 + 700 + 560 + 4 * 26) / 1000 * 0.50)
    assert parts["sent"] == pytest.approx(94 * 0.09)


def test_less_memory_is_a_slower_processor_and_more_is_no_quicker_one() -> None:
    def billed(memory: int) -> int:
        return Spent(0, 0, memory, waiting=10, cpu=10, through_api=False).billed

    assert [billed(884), billed(885), billed(1_769), billed(3_538)] == [31, 30, 20, 20]


def test_the_cascade_is_called_by_the_stream() -> None:
    parts = per_million(Spent(4, 28, 1_024, 38, 4.4, sent=94_000, logged=215, through_api=False))
    assert parts["writes"] == 17.5
    assert (parts["API Gateway"], parts["sent"]) == (0, 0)
    assert parts["logs"] == pytest.approx((700 + 215 + 3 * 26) / 1000 * 0.50)


def test_every_function_that_is_priced_is_one_of_the_template() -> None:
    assert measured.MODULES.keys() <= function_memory().keys()


def test_the_price_of_snapshots_is_that_of_the_docs() -> None:
    memory = function_memory()
    awaited = [f"{name}Function" for name in ("Authorizer", *ROUTES.values())]
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")

    prices = re.findall(r"^\| (?:the snapshots|a million starts) .* \| ([\d.]+) \|$", page, re.M)

    assert prices == [
        f"{sum(snapshot_month(memory[name]) for name in awaited):.2f}",
        *(
            f"{million_restores(memory[f'{name}Function']):.2f}"
            for name in ("ListInstalls", "GetInstall", "Authorizer")
        ),
    ]
    assert {memory[name] for name in awaited} == {512, 1_024, 1_769}
