"""Random histories of small worlds: ``python -m tests.property.cascade.histories CASES``.

A second argument is the first history's number, a third the number of processes.

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
from typing import TYPE_CHECKING, Final
from unittest import mock
from uuid import UUID

from installs import clock, commands, randomness
from installs.cascade import Work
from installs.repair import finish_overdue
from installs.store import keys, pending
from tests.property.cascade.checks import told_by_verify, violations
from tests.property.cascade.world import START, WORKSPACES, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

CHUNK: Final = 250
LIKELY: Final = {
    "live": ("uninstall",) * 9 + ("restore",),
    "deleted": ("restore",) * 6 + ("purge",) * 2 + ("uninstall",),
    "gone": ("restore", "purge"),
}
"""Operations of callers on an install as it is when they begin; it may change before their turn."""


OUTLIVING: Final = ("TOMBSTONE", keys.HISTORY_PREFIX)
"""The items that are there longer than any retention."""


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
        wrong = _rest(world)
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

    def now() -> datetime:
        return world[0].clock() if world else START

    chance = random.Random(dice.random())  # noqa: S311 - no secret
    with (
        mock.patch.object(clock, "now", now),
        mock.patch.object(randomness, "below", chance.randrange),
        mock.patch.object(randomness, "uniform", chance.uniform),
        mock.patch.object(commands, "uuid4", an_id),
        mock.patch.object(pending, "uuid4", an_id),
    ):
        yield world


def _live(world: World) -> None:  # noqa: C901 - one choice of many
    """Some steps of everybody, in any order."""
    dice = world.dice
    lossy = dice.random() < 0.15
    hasty = dice.random() < 0.2
    _drain_stream(world)
    if dice.random() < 0.4:
        _begin_with_trash(world)
    for _ in range(dice.randint(20, 120)):
        roll = dice.random()
        if roll < 0.6:
            if (actor := world.next_actor()) is not None:
                world.resume(actor)
        elif roll < 0.7:
            install_id = dice.choice(list(world.model.installs))
            world.command(dice.choice(LIKELY[world.half(install_id)]), install_id)
        elif roll < 0.78:
            world.platform.send()
        elif roll < 0.92:
            if batch := world.stream.take():
                world.consume(batch)
        elif roll < 0.945 and world.stream.past:
            world.repeat()
        elif roll < 0.953:
            world.repair()
        elif roll < 0.965:
            world.choose_tier(dice.choice(WORKSPACES))
        elif roll < 0.98 or hasty:
            steps = timedelta(milliseconds=1), timedelta(minutes=6), timedelta(days=8)
            world.move_clock(
                timedelta(days=31) if hasty and dice.random() < 0.5 else dice.choice(steps)
            )
            if world.sweeps and hasty:
                world.sweep(dice.choice((0.3, 1)))
        elif roll < 0.993:
            if world.sweeps:
                world.sweep(dice.choice((0.3, 1)))
        elif lossy and world.stream.waiting:
            world.lose()


def _begin_with_trash(world: World) -> None:
    """Some installs were uninstalled by themselves, and all that hangs from them followed."""
    for install_id in list(world.model.installs):
        if world.dice.random() < 0.3:
            world.command("uninstall", install_id)
            while world.actors:
                world.resume(next(iter(world.actors)))
    _drain_stream(world)


def _rest(world: World) -> list[str]:
    """Let everybody finish and the stream run dry, then repair do the rest; what is wrong."""
    if world.dice.random() < 0.7:
        _last_act(world)
    while world.actors:
        world.resume(world.dice.choice(list(world.actors)))
    _drain_stream(world)
    # No pending work is needed where no record was lost.
    if not world.lost and (wrong := violations(world)):
        return ["Before any repair:", *wrong]
    _repair(world)
    if world.lost or not world.sweeps:
        # What was swept and its record lost, or never swept, only its pending work tells.
        world.move_clock(pending.TTL_DELAY + timedelta(days=91))
        _repair(world)
    kept = [one for one in world.memory.all() if not one["sk"]["S"].startswith(OUTLIVING)]
    if not world.sweeps and any(item.get("purgeAt") for item in kept):
        return ["Something is there long after its retention"]
    return [*violations(world), *told_by_verify(world)]


def _last_act(world: World) -> None:
    """Nobody calls any more: what now goes wrong, no later change will put right."""
    for _ in range(world.dice.choice((0, 1, 2, 3))):
        if world.stream.past:
            world.repeat()
            world.resume(list(world.actors)[-1])
    world.move_clock(timedelta(days=world.dice.choice((0, 8, 31))))
    if world.sweeps:
        world.sweep(world.dice.choice((0.5, 1)))
    while world.actors or world.stream.waiting:
        if batch := world.stream.take():
            world.consume(batch)
        for _ in range(world.dice.randint(1, 6)):
            if (actor := world.next_actor()) is not None:
                world.resume(actor)


def _drain_stream(world: World) -> None:
    for _ in range(1_000):
        if world.sweeps:
            world.sweep()
        batch = world.stream.take()
        if not batch:
            return
        left = world.handle(batch)
        if left:
            raise ViolationError(f"the consumer stops for no reason: {world.trace}")
        world.stream.put_back(batch, [])
    raise ViolationError("the stream never runs dry")


def _repair(world: World) -> None:
    """The scheduled repair, until nothing is overdue and the stream has run dry."""
    for _ in range(100):
        world.move_clock(timedelta(minutes=6))
        outcome = finish_overdue(Work(world.table))
        if outcome.failed:
            raise ViolationError(f"repair fails: {world.trace}")
        _drain_stream(world)
        if outcome.finished == 0:
            return
    raise ViolationError("repair never comes to rest")


def _run_many(seeds: range) -> int:
    logging.disable()
    return sum(len(run(seed).trace) for seed in seeds)


def main() -> None:
    """Run many histories on all processors, and say how far they are."""
    given = list(map(int, sys.argv[1:]))
    cases, first, processes = (*given, *(0, os.cpu_count() or 1)[len(given) - 1 :])
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
