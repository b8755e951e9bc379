"""The worst inputs are refused or read, at a cost that does not grow with them (section 2)."""

from __future__ import annotations

import json
from typing import Literal
from unicodedata import normalize

import pytest

from installs.query.execution.predicate import compile_filter
from installs.query.language.parameters import parse
from tools.hostile import INPUTS, Input, run

CALLS = 60_000
"""The most calls of functions, Python's and C's: some milliseconds."""


@pytest.mark.parametrize("given", INPUTS, ids=lambda given: given.name)
def test_an_input_costs_what_it_may(given: Input) -> None:
    cost = run(given)
    assert cost.refused is given.refused
    assert cost.calls < CALLS


def test_a_text_of_a_row_is_folded_once_whatever_the_filter(
    monkeypatch: pytest.MonkeyPatch,
    cold_start: None,
) -> None:
    # given how many characters are folded
    folded = 0

    def counted(form: Literal["NFC", "NFD"], text: str) -> str:
        nonlocal folded
        folded += len(text)
        return normalize(form, text)

    monkeypatch.setattr("installs.query.language.operators.normalize", counted)
    # when a filter of 80 comparisons meets a text of 1,000 characters
    wanted = {"OR": [{"variables": {"path": ["a"], "containsi": f"z{n}"}} for n in range(80)]}
    query = parse({"filter": [json.dumps(wanted, separators=(",", ":"))]})
    compile_filter(query.filter)({"variables": json.dumps({"a": "é" * 1_000})})
    # then it is the text's own, decomposed (in pieces, then in all) and composed
    assert folded == 1_000 + 2_000 + 2_000
