"""What every property of the list may ask for."""

from __future__ import annotations

import pytest

from installs.query import paths


@pytest.fixture
def few_workspaces_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the path through the shards is a plan for any caller."""
    monkeypatch.setattr(paths, "FEW_WORKSPACES", 1)
