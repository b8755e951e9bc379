"""Parts of the load test that decide what its tables say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.load import service
from tests.load.run import Seen, lines
from tests.load.service import Bucket

if TYPE_CHECKING:
    import pytest


def test_a_bucket_holds_its_burst_and_fills_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(service, "monotonic", lambda: now[0])
    bucket = Bucket(2, burst=2, filled=0)

    assert [bucket.take() for _ in range(3)] == [True, True, False]
    now[0] = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now[0] = 60
    assert [bucket.take() for _ in range(3)] == [True, True, False]


def test_a_line_has_the_times_of_answers_and_of_refusals_apart() -> None:
    seen = Seen({200: {10: 98, 40: 1}, 404: {80: 1}, 503: {2: 99, 7: 1}})

    assert seen.percentile(0.5, shed=False) == 10
    assert seen.percentile(0.99, shed=False) == 40
    assert lines(8, 10, {"list": seen, "get": Seen()}) == [
        "| 8 | list | 10 | 10 | 40 | 50% | 2 |",
        "| 8 | get | 0 | 0 | 0 | 0% |  |",
    ]
