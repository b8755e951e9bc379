"""verify beside live traffic: it tells of nothing that is only in motion, and harms nothing."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from installs import clock, commands
from installs.access import Principal
from installs.errors import InstallsError
from installs.store import keys
from installs.store.expressions import Update
from tests import rows
from tests.integration.consumer import consumer
from tests.loading import load_file
from tools.importer.table import open_table
from tools.operate.verify import Verifier

if TYPE_CHECKING:
    from pathlib import Path

    from installs.store.expressions import Value

CALLER: Final = Principal("usr_root")
INSTALLS: Final = ("ins_a", "ins_a_addon", "ins_a_addon_addon", "ins_b", "ins_c")
VERIFICATIONS: Final = 6
NEVER_STILL: Final = ("kept changing during the scans: verify at a quieter time",)


@pytest.mark.parametrize("repair", [False, True], ids=["looking", "mending"])
def test_beside_live_traffic_only_what_is_wrong_is_told(
    table_name: str,
    dynamodb_endpoint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    repair: bool,
) -> None:
    # given a table with a member that is wrong, beside clients and a consumer at work elsewhere
    monkeypatch.setenv("DEAD_LETTER_BUCKET", "none")
    root = rows.user("usr_root") | {"role": "admin"}
    lines = [*rows.base(), root, *rows.family("a"), *rows.family("b"), *rows.family("quiet")]
    lines += [rows.install("ins_c", solutionId="sol_b"), rows.member("mem_c", "ins_c")]
    data = rows.write(tmp_path / "rows.ndjson", lines)
    load_file(data, table_name, dynamodb_endpoint)
    table = open_table(table_name, dynamodb_endpoint)
    poller = consumer(dynamodb_endpoint, table_name, tmp_path / "checkpoint.json")
    poller.drain()  # or the records of the load would have the member repaired
    marks: dict[str, Value] = {"deletedAt": rows.CREATED, "deletionId": "del_x", "enabled": False}
    table.transact([Update(keys.member("ins_quiet", "mem_quiet_on"), set=marks)])
    done = threading.Event()

    def client(seed: int) -> int:
        dice, changes = random.Random(seed), 0  # noqa: S311 - no secret
        while not done.wait(dice.random() / 20):
            one = dice.choice(INSTALLS)
            try:
                if dice.random() < 0.5:
                    commands.uninstall(table, CALLER, one, stack_tier="medium")
                else:
                    commands.restore(table, CALLER, one)
            except InstallsError:
                continue
            changes += 1
        return changes

    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(client, seed) for seed in range(3)]
        following = pool.submit(poller.run, done)
        try:
            # when it is verified again and again, and mended if that is asked for
            told = [list(Verifier(table, repair).run()) for _ in range(VERIFICATIONS)]
        finally:
            done.set()
        following.result()
        assert min(one.result() for one in clients) > 0
    # then the wrong member is told, once if it is mended, and nothing else is said to be wrong
    wrong = [[one for one in found if one.faults != NEVER_STILL] for found in told]
    assert [one.about for one in wrong[0]] == ["install ins_quiet"]
    for found in wrong[1:]:
        assert [one.about for one in found] == ([] if repair else ["install ins_quiet"])
    # and once the stream is drained, nothing else is wrong, the counters neither
    poller.drain()
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=10))
    left = [one.about for one in Verifier(table, repair=False).run()]
    assert left == ([] if repair else ["install ins_quiet"])
