"""An invocation killed between two writes of the table, and its record again (section 7)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from installs import clock, commands
from installs.access import Principal
from installs.store import installs, items, keys
from tests import rows
from tests.integration.consumer import consumer
from tests.loading import load_file
from tools.importer.table import open_table
from tools.local.paths import ROOT
from tools.operate.verify import Verifier

if TYPE_CHECKING:
    from pathlib import Path

    from installs.store.table import Table

CALLER: Final = Principal("usr_root")
MEMBERS: Final = 250
"""Three transactions; the solution, the add-on and the pending work have one each."""


@pytest.fixture
def world(
    table_name: str, dynamodb_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Table:
    """A family whose first install is large."""
    monkeypatch.setenv("DEAD_LETTER_BUCKET", "none")
    root = rows.user("usr_root") | {"role": "admin"}
    large = [rows.member(f"mem_{n:03}", "ins_a", enabled=n % 3 > 0) for n in range(MEMBERS)]
    data = [*rows.base(), root, *rows.family("a"), *large]
    path = rows.write(tmp_path / "rows.ndjson", data)
    load_file(path, table_name, dynamodb_endpoint)
    return open_table(table_name, dynamodb_endpoint)


def invoke(table: Table, write: int, when: str) -> int:
    """Hand the uninstall's record to a function that dies at a write; how its process ended."""
    state = installs.get(table, "ins_a")
    assert state is not None
    key: dict[str, Any] = items.encode_key(keys.install("ins_a"))
    change = {"Keys": key, "NewImage": items.install_to_item(state), "SequenceNumber": "1"}
    path = os.pathsep.join([str(ROOT), str(ROOT / "layers" / "core")])
    ended = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "tests.integration.mortal", str(write), when],
        input=json.dumps({"Records": [{"eventID": "one", "dynamodb": change}]}),
        env=os.environ | {"PYTHONPATH": path}, cwd=ROOT, text=True, check=False,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return ended.returncode


def taken(table: Table) -> int:
    """Return the number of deleted members."""
    found = table.get_many(keys.member("ins_a", f"mem_{n:03}") for n in range(MEMBERS))
    return sum(
        item["enabled"] == {"BOOL": False} and "deletionId" in item for item in found.values()
    )


def test_an_invocation_killed_at_any_write_is_finished_by_the_next(
    world: Table, dynamodb_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands.uninstall(world, CALLER, "ins_a", stack_tier="medium")
    # given a record that is handed to one function after the other, each killed a write further on
    seen = set()
    for write, when in ((1, "before"), (1, "after"), (2, "after"), (1, "after"), (2, "before")):
        assert invoke(world, write, when) == -signal.SIGKILL
        seen.add(taken(world))
    # when one of them lives
    assert len([done for done in seen if 0 < done < MEMBERS]) > 1, "not killed amid the members"
    assert invoke(world, 1_000, "before") == 0
    assert taken(world) == MEMBERS
    # then the rest of the stream finds an install that all agrees with
    consumer(dynamodb_endpoint, world.name, tmp_path / "checkpoint.json").drain()
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=10))
    assert list(Verifier(world, repair=False).run()) == []
    # and so after a restore that was cut in the middle
    commands.restore(world, CALLER, "ins_a")
    assert invoke(world, 4, "after") == -signal.SIGKILL
    assert 0 < taken(world) < MEMBERS
    assert invoke(world, 1_000, "before") == 0
    consumer(dynamodb_endpoint, world.name, tmp_path / "checkpoint.json").drain()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=20))
    assert list(Verifier(world, repair=False).run()) == []
    state = world.get_many(keys.member("ins_a", f"mem_{n:03}") for n in range(MEMBERS))
    assert sum(item["enabled"] == {"BOOL": True} for item in state.values()) == sum(
        n % 3 > 0 for n in range(MEMBERS)
    )
