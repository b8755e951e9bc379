"""Both clients, one after the other, and no real waiting."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.unit.client.service import Make, async_client, sync_client


@pytest.fixture(params=[sync_client, async_client], ids=["sync", "async"])
def make(request: pytest.FixtureRequest) -> Make:
    made: Make = request.param
    return made


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that a client made."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(time, "sleep", pauses.append)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    return pauses
