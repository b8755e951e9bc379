"""The cost of history: write units of a change and of its cascade (docs/scale.md)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from installs import cascade, commands
from installs.access import Principal
from installs.cascade import Work
from installs.store import installs, keys
from installs.store.table import Table
from tests import rows
from tests.loading import load_file
from tools.importer.table import open_table
from tools.local.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

    from installs.store.expressions import Action

CALLER: Final = Principal("usr_root")
PAGE: Final = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
SECTION: Final = PAGE.partition("\n## History\n")[2].partition("\n## ")[0]


class Spent:
    """The write units of transactions, and those of their history rows alone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, table: Table) -> None:
        self.units = 0.0
        self.entries = 0

        def counted(to: Table, actions: Sequence[Action]) -> None:
            client: Any = table.client
            encoded = [action.encode(to.name) for action in actions]
            answer = client.transact_write_items(
                TransactItems=encoded, ReturnConsumedCapacity="TOTAL"
            )
            self.units += sum(used["CapacityUnits"] for used in answer["ConsumedCapacity"])
            self.entries += sum(a.key.sk.startswith(keys.HISTORY_PREFIX) for a in actions)

        monkeypatch.setattr(Table, "transact", counted)

    def take(self) -> tuple[int, int]:
        """Return units and entries since the last time."""
        taken = int(self.units), self.entries
        self.units, self.entries = 0.0, 0
        return taken


def test_section_11_what_a_change_costs_is_what_the_page_says(
    table_name: str, dynamodb_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given an install with ten members, in no solution
    root = rows.user("usr_root") | {"role": "admin"}
    members = (rows.member(f"mem_{n}", "ins_top") for n in range(10))
    data = [*rows.base(), root, rows.install("ins_top"), *members]
    load_file(rows.write(tmp_path / "r.ndjson", data), table_name, dynamodb_endpoint)
    table = open_table(table_name, dynamodb_endpoint)
    spent = Spent(monkeypatch, table)
    found: dict[str, tuple[int, int]] = {}
    # when it is uninstalled, restored, uninstalled and purged
    for change in (commands.restore, commands.purge):
        commands.uninstall(table, CALLER, "ins_top", stack_tier="medium")
        found["uninstall"] = spent.take()
        state = installs.get(table, "ins_top")
        assert state is not None
        cascade.reconcile(Work(table), state.owner_refs)
        found["uninstall: its cascade"] = spent.take()
        change(table, CALLER, "ins_top")
        name = change.__name__
        found[name] = spent.take()
        cascade.reconcile(Work(table), state.owner_refs)
        found[f"{name}: its cascade"] = spent.take()
    # then each change and each cascade has left one entry
    assert {entries for _, entries in found.values()} == {1}
    # and the page has what they cost
    told = re.findall(
        r"^\| ([a-z: ]+?)(?:, 10 members)? \| \d+ \| (\d+) \|$", SECTION, re.MULTILINE
    )
    assert {name: int(units) for name, units in told} == {
        name: units for name, (units, _) in found.items()
    }
