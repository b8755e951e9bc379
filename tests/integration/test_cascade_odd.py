"""Odd rows that an import may bring: no endless loop, no dead letter."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from installs import clock, commands
from installs.access import Principal
from installs.cascade import Work
from installs.repair import finish_overdue
from installs.store import installs, keys
from installs.store.expressions import Delete, Update
from installs.store.table import Range, key_of
from tests import rows
from tests.integration.consumer import consumer
from tests.loading import load_file
from tools.importer.table import open_table
from tools.operate.verify import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from installs.store.table import Table

CALLER: Final = Principal("usr_root")
LARGE: Final = {"text": "x" * 380_000}


@pytest.fixture
def settle(
    table_name: str, dynamodb_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """Lets the stream run dry; then all has to agree, and the repair to find nothing to do."""
    monkeypatch.setenv("DEAD_LETTER_BUCKET", "none")
    poller = consumer(dynamodb_endpoint, table_name, tmp_path / "checkpoint.json")
    moment = clock.now

    def settled() -> None:
        poller.drain(most_steps=2_000)
        table = open_table(table_name, dynamodb_endpoint)
        with monkeypatch.context() as later:
            later.setattr(clock, "now", lambda: moment() + timedelta(minutes=10))
            assert list(Verifier(table, repair=False).run()) == []
            assert finish_overdue(Work(table)).finished == 0

    return settled


@pytest.fixture
def load(table_name: str, dynamodb_endpoint: str, tmp_path: Path) -> Callable[..., Table]:
    """Imports installs; the table."""

    def put(*more: rows.Row) -> Table:
        root = rows.user("usr_root") | {"role": "admin"}
        file = rows.write(tmp_path / "rows.ndjson", [*rows.base(), root, *more])
        load_file(file, table_name, dynamodb_endpoint)
        return open_table(table_name, dynamodb_endpoint)

    return put


def test_parents_in_a_circle_end(load: Callable[..., Table], settle: Callable[[], None]) -> None:
    # given a circle that no single file shows
    members = [rows.member(f"mem_{one}", one) for one in ("a", "b")]
    table = load(rows.install("a"), rows.install("b", parentInstallId="a"), *members)
    # as the importer of version 0.1.0 could make one
    table.transact(
        [
            Update(keys.install("a"), set={"parentInstallId": "b", "parentKey": "b#live"}),
            Update(keys.add_on("b", "a"), set={"id": "a"}),
        ]
    )
    settle()
    # when one of the two is uninstalled, then purged
    commands.uninstall(table, CALLER, "a", stack_tier="medium")
    settle()
    assert "deletionId" in (table.get(keys.member("b", "mem_b")) or {})
    commands.purge(table, CALLER, "a")
    settle()
    # then nothing is left of either but its history
    for one in ("a", "b"):
        left = table.query(Range(keys.install(one).pk, ""), consistent=True)
        assert {keys.kind_of(key_of(item))[1] for item in left} == {keys.HISTORY_PREFIX}


def test_large_rows_in_one_solution_follow(
    load: Callable[..., Table], settle: Callable[[], None]
) -> None:
    # given add-ons near the limit of a row, of a workspace whose own row is gone
    add_ons = [
        rows.install(
            f"ins_{n}", parentInstallId="a", solutionId="sol", variables=LARGE,
        )
        for n in range(5)
    ]  # fmt: skip
    table = load(rows.solution("sol"), rows.install("a", solutionId="sol"), *add_ons)
    table.transact([Delete(keys.workspace(rows.WORKSPACE))])
    for act in (
        lambda: commands.uninstall(table, CALLER, "a", stack_tier="short"),
        lambda: commands.restore(table, CALLER, "a"),
        lambda: commands.uninstall(table, CALLER, "a", stack_tier="short"),
    ):
        act()
        settle()
        (whole, *others) = [
            state.deletion for state in installs.get_many(table, ["a", "ins_0", "ins_1"]).values()
        ]
        assert others == [whole, whole]
    commands.purge(table, CALLER, "a")
    settle()
    assert not installs.get_many(table, (f"ins_{n}" for n in range(5)))
    assert table.get(keys.solution("sol")) is None
