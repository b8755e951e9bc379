"""Random histories of small worlds: ``python -m tests.property.cascade.histories CASES [SEED [PROCESSES]]``.

One number makes one history: which world, what callers do, when DynamoDB sweeps, how records are
batched, repeated, put off and lost, where the consumer crashes, and whose turn it is after each
operation of the table. At the end everything is let come to rest, and compared with the model.
"""

from __future__ import annotations

import logging
import os
import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final
from unittest import mock
from uuid import UUID

from installs import clock, commands

from installs.repair import finish_overdue
from installs.store import due
from tests.property.cascade.checks import violations
from tests.property.cascade.world import START, Work, World
from tools.importer import pauses

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK: Final = 250
LIKELY: Final = {
    "live": ("uninstall",) * 9 + ("restore",),
    "deleted": ("restore",) * 6 + ("purge",) * 2 + ("uninstall",),
    "gone": ("restore", "purge"),
}
"""What callers do to an install as it is when they begin; by their turn it may be another."""



class ViolationError(AssertionError):
    """A history ended in a world that is not what it must be."""


def run(seed: int) -> World:
    """Run one history.

    Raises
    ------
    ViolationError
        It went wrong; the message has all that happened, in order.
    """
    dice = random.Random(seed)  # noqa: S311 - no secret
    with _fixed(dice) as at:
        world = World(dice)
        at.append(world)
        _live(world)
        _rest(world)
        wrong = violations(world)
    if wrong:
        told = "\n  ".join(world.trace)
        raise ViolationError(f"seed {seed}:\n  {told}\n" + "\n".join(wrong))
    return world


@contextmanager
def _fixed(dice: random.Random) -> Iterator[list[World]]:
    """Time, ids and chance of the code under test are the history's own."""
    world: list[World] = []

    def an_id() -> UUID:
        return UUID(int=dice.getrandbits(128))

    random.seed(dice.random())
    with (
        mock.patch.object(clock, "now", lambda: world[0].now if world else START),
        mock.patch.object(commands, "uuid4", an_id),
        mock.patch.object(due, "uuid4", an_id),
        mock.patch.object(pauses, "time", SimpleNamespace(sleep=lambda _: None)),
    ):
        yield world


def _live(world: World) -> None:
    """Some steps of everybody, in any order."""
    dice = world.dice
    lossy = dice.random() < 0.15
    for _ in range(dice.randint(20, 120)):
        roll = dice.random()
        if roll < 0.65 and world.actors:
            world.resume(dice.choice(list(world.actors)))
        elif roll < 0.76:
            install_id = dice.choice(list(world.model.installs))
            world.command(dice.choice(LIKELY[world.half(install_id)]), install_id)
        elif roll < 0.92:
            if batch := world.take_batch():
                world.consume(batch)
        elif roll < 0.935 and world.past_records:
            world.repeat()
        elif roll < 0.95:
            world.repair()
        elif roll < 0.96:
            world.insert_member(dice.choice(list(world.model.installs)))
        elif roll < 0.965:
            world.insert_add_on(dice.choice(list(world.model.installs)))
        elif roll < 0.985:
            steps = timedelta(milliseconds=1), timedelta(minutes=6), timedelta(days=8)
            world.move_clock(dice.choice(steps))
        elif roll < 0.993:
            world.sweep()
        elif lossy and any(world.queues.values()):
            world.lose()


def _rest(world: World) -> None:
    """Let everybody finish, the stream run dry, retention take its due, and repair do the rest."""
    while world.actors:
        world.resume(world.dice.choice(list(world.actors)))
    _drain(world)
    if world.lost:
        # What DynamoDB swept, with the record lost, only its reminder still tells.
        world.move_clock(due.SWEEP + timedelta(days=1))
        _drain(world)


def _drain(world: World) -> None:
    for _ in range(100):
        world.sweep()
        for _ in range(1_000):
            batch = world.take_batch()
            if not batch:
                break
            assert world.handle(batch) == []
            world.in_flight.clear()
        else:
            raise ViolationError("the stream never runs dry")
        world.move_clock(timedelta(minutes=6))
        outcome = finish_overdue(Work(world.table))
        assert outcome.failed == 0
        if outcome.finished == 0 and not any(world.queues.values()):
            return
    raise ViolationError("repair never comes to rest")


def _run_many(seeds: range) -> int:
    logging.disable()
    return sum(len(run(seed).trace) for seed in seeds)


def main() -> None:
    """Run many histories on all processors, and say how far they are."""
    cases, first, processes = [*map(int, sys.argv[1:]), *(0, os.cpu_count() or 1)[len(sys.argv) - 2 :]]
    began = time.monotonic()
    chunks = [
        range(start, min(start + CHUNK, first + cases))
        for start in range(first, first + cases, CHUNK)
    ]
    done = events = 0
    with ProcessPoolExecutor(processes) as pool:
        for chunk, some in zip(chunks, pool.map(_run_many, chunks), strict=True):
            done, events = done + len(chunk), events + some
            seconds = time.monotonic() - began
            print(f"\r{done} of {cases} histories, {events} events, {seconds:.0f} s", end="")
    print("\nNo violation.")


if __name__ == "__main__":
    main()
