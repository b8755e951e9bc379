"""Time in the hands of a test: the wall clock, and the one that stands still in a freeze."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from installs import clock

if TYPE_CHECKING:
    import pytest


class Time:
    """Both clocks of the service, from now on moved by the test alone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall = datetime.now(UTC)
        self.steady = 1000.0
        monkeypatch.setattr(clock, "now", lambda: self.wall)
        monkeypatch.setattr(clock, "steady", lambda: self.steady)

    def pass_(self, seconds: float) -> None:
        """Let time go on as it does in a process that runs."""
        self.wall += timedelta(seconds=seconds)
        self.steady += seconds

    def freeze(self, seconds: float) -> None:
        """Let the world go on while the environment is frozen."""
        self.wall += timedelta(seconds=seconds)

    def set_back(self, seconds: float) -> None:
        """Set the wall clock back."""
        self.wall -= timedelta(seconds=seconds)
