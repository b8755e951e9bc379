"""CONTRACT.md section 7, by random histories: ``make simulate`` runs many more of them."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import pytest

from tests.property.cascade import histories
from tests.property.cascade.histories import run

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("first", range(0, 2_000, 250))
def test_section_7_every_history_ends_as_the_model_says(first: int) -> None:
    for seed in range(first, first + 250):
        run(seed)


def test_a_history_is_the_same_each_time() -> None:
    assert [run(seed).trace for seed in range(30)] == [run(seed).trace for seed in range(30)]


def test_histories_have_everything_in_them() -> None:
    told = "\n".join("\n".join(run(seed).trace) for seed in range(200))
    for what in (
        r"consumer: \S+ live -> cascaded", r"consumer: \S+ cascaded \S+ -> live",
        r"client: \S+ deleted \S+ -> nothing", r"dynamodb: \S+ deleted \S+ -> nothing",
        "crash of consumer", "crash of repair", "lost: a record", "a record again",
        r"ingest: \S+ nothing -> live", "begin repair", "busy",
    ):  # fmt: skip
        assert re.search(what, told), what


def test_a_world_that_is_wrong_is_told_with_all_that_led_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(histories, "violations", lambda _: ["the sky is green"])
    with pytest.raises(histories.ViolationError, match="the sky is green"):
        run(3)
