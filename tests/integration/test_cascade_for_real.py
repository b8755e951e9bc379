"""Clients side by side, and a consumer that is killed again and again (CONTRACT.md section 7)."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from functions.purge_install.handler import handler as purge
from functions.restore_install.handler import handler as restore
from functions.uninstall_install.handler import handler as uninstall
from installs import clock
from tests import rows
from tests.integration.consumer import consumer
from tests.loading import load_file
from tools.importer.table import open_table
from tools.local.paths import ROOT
from tools.operate.verify import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from installs.store.table import Table

ADMIN: Final = "usr_root"
INSTALLS: Final = ("ins_a", "ins_a_addon", "ins_a_addon_addon", "ins_b", "ins_c")
CLIENTS: Final = 4
ACTIONS: Final = 400
"""The most operations of one client; it ends with the last consumer."""
DEATHS: Final = 5


@pytest.fixture
def world(
    table_name: str, dynamodb_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Table:
    """Three families; two installs share a solution."""
    monkeypatch.setenv("DEAD_LETTER_BUCKET", "none")
    shared = rows.install("ins_c", solutionId="sol_b")
    members = [rows.member(f"mem_c_{n}", "ins_c", enabled=n % 3 > 0) for n in range(120)]
    families = [*rows.family("a"), *rows.family("b"), shared, *members]
    data = rows.write(
        tmp_path / "rows.ndjson",
        [*rows.base(), rows.user(ADMIN, role="admin"), *families],
    )
    load_file(data, table_name, dynamodb_endpoint)
    return open_table(table_name, dynamodb_endpoint)


def client(seed: int, done: threading.Event) -> Counter[int]:
    """One client's day; the statuses that it got."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    verbs: list[Callable[..., dict[str, object]]] = [uninstall, uninstall, restore, restore, purge]
    seen: Counter[int] = Counter()
    for _ in range(ACTIONS):
        if done.is_set():
            break
        verb = dice.choice(verbs)
        # What is purged is gone for all: one install is left to that.
        one = "ins_b" if verb is purge else dice.choice(INSTALLS)
        answer = verb(
            {
                "requestContext": {"authorizer": {"principal": ADMIN, "kind": "user"}},
                "pathParameters": {"id": one},
            },
            None,
        )
        seen[int(str(answer["statusCode"]))] += 1
        time.sleep(dice.random() / 20)
    return seen


def test_whatever_happens_the_table_agrees_once_the_stream_is_drained(
    world: Table, dynamodb_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = tmp_path / "checkpoint.json"
    command = [sys.executable, "-m", "tests.integration.consumer"]
    command += [dynamodb_endpoint, world.name, str(checkpoint)]
    path = os.pathsep.join([str(ROOT), str(ROOT / "layers" / "core")])
    environment = os.environ | {"PYTHONPATH": path, "DEAD_LETTER_BUCKET": "none"}
    done = threading.Event()
    dice = random.Random(7)  # noqa: S311 - no secret
    # given clients at work, and a consumer that is killed at any moment and begun anew
    with ThreadPoolExecutor(CLIENTS) as pool:
        busy = [pool.submit(client, seed, done) for seed in range(CLIENTS)]
        for death in range(DEATHS):
            process = subprocess.Popen(  # noqa: S603 - our own module
                command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL
            )
            with process:
                time.sleep(1.5 + dice.random())
                # On a busy machine: the last one lives until something has been consumed.
                for _ in range(300 if death == DEATHS - 1 else 0):
                    if checkpoint.exists():
                        break
                    time.sleep(0.1)
                process.kill()
        done.set()
        statuses = sum((one.result() for one in busy), Counter[int]())
    assert statuses[200] > 0
    assert set(statuses) <= {200, 404, 409}
    assert checkpoint.exists(), "no consumer lived long enough to finish a batch"
    # when the stream is drained from where the dead have left it
    consumer(dynamodb_endpoint, world.name, checkpoint).drain()
    # then nothing disagrees, not even what might still be worked on minutes later
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=10))
    assert list(Verifier(world, repair=False).run()) == []
