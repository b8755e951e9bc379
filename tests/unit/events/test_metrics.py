"""Metrics of the publisher: every value is written, however many there are."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest

from installs import metrics
from installs.events.publisher import Outcome
from installs.log import logger


@pytest.mark.parametrize("number", [0, 1, 49, 50, 99, 100, 101, 250])
def test_the_lag_of_each_event_is_written_once(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    lags = [float(lag) for lag in range(1, number + 1)]

    metrics.publish_events(Outcome(published=number, lags=lags))

    lines: list[dict[str, Any]] = [json.loads(line) for line in written.getvalue().splitlines()]
    found: list[float] = []
    for line in lines:
        value = line[metrics.EVENT_LAG]
        found += value if isinstance(value, list) else [value]
    assert found == lags
    assert sum(line.get(metrics.EVENTS_PUBLISHED, 0) for line in lines) == number
    assert {line["message"] for line in lines} == ({"events"} if number else set())
