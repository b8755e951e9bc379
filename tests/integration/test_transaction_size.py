"""The rule of 4 MB: what each transaction of the cascade writes, whatever an engine takes.

DynamoDB counts the items of a transaction, those of updates too (AWS: TransactWriteItems, "the
aggregate size of the items in the transaction cannot exceed 4 MB"). The tests' engine counts puts
alone, so what is sent is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from installs import cascade, commands, writes
from installs.access import Principal
from installs.cascade import Work
from installs.store import installs
from installs.store.table import TRANSACTION_LIMIT, Table
from tests import rows
from tests.loading import load_file
from tools.importer.table import open_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from installs.store.expressions import Action
    from installs.store.items import Item

MOST: Final = 4_000_000
CALLER: Final = Principal("usr_root")
LARGE: Final = {"text": "x" * 200_000}
VERY_LARGE: Final = {"text": "x" * 380_000}
NUMBER: Final = 24


def item_size(item: Item) -> int:
    """Return an item's size as DynamoDB counts it, in bytes; a number at its largest."""
    return sum(
        len(name.encode()) + (len(typed["S"].encode()) if "S" in typed else 21)
        for name, typed in item.items()
    )


class Sent:
    """The size of each transaction: the bytes of its items, before it or after it, the larger."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        transact = Table.transact

        def spied(table: Table, actions: Sequence[Action]) -> None:
            keys = [action.key for action in actions]
            assert len(keys) <= TRANSACTION_LIMIT
            before = table.get_many(keys)
            transact(table, actions)
            after = table.get_many(keys)
            self.sizes.append(
                sum(max(item_size(found.get(key, {})) for found in (before, after)) for key in keys)
            )

        monkeypatch.setattr(Table, "transact", spied)


@pytest.fixture
def table(table_name: str, dynamodb_endpoint: str, tmp_path: Path) -> Table:
    """An install in a solution, with large members, large add-ons, and many solution members."""
    root = rows.user("usr_root") | {"role": "admin"}
    data = [
        *rows.base(), root, rows.solution("sol"), rows.install("top", solutionId="sol"),
        *(rows.member(f"mem_{n}", "top", permissions=LARGE) for n in range(NUMBER)),
        *(rows.solution_member(f"som_{n}", "sol", f"ent_{n}") for n in range(3)),
        *(rows.install(f"add_{n}", parentInstallId="top", solutionId="sol", variables=VERY_LARGE)
          for n in range(NUMBER)),
    ]  # fmt: skip
    load_file(rows.write(tmp_path / "r.ndjson", data), table_name, dynamodb_endpoint)
    return open_table(table_name, dynamodb_endpoint)


def follow(table: Table) -> None:
    state = installs.get(table, "top")
    assert state is not None
    cascade.reconcile(Work(table), state.owner_refs)


def test_no_transaction_of_a_cascade_is_larger_than_dynamodb_takes(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given more than fits into one transaction, by size but not by number
    assert NUMBER < TRANSACTION_LIMIT
    sent = Sent(monkeypatch)
    # when all of it goes, and comes back
    commands.uninstall(table, CALLER, "top", stack_tier="medium")
    follow(table)
    commands.restore(table, CALLER, "top")
    follow(table)
    # then it is more than fits into one, in transactions that are each small enough
    assert sum(sent.sizes) > 4 * MOST
    assert max(sent.sizes) <= MOST


@pytest.mark.parametrize("row", ["member", "add-on"])
def test_the_look_at_what_is_sent_sees_one_that_is_too_large(
    table: Table, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    # given a cascade that does not mind the size of members, or of add-ons
    batches = writes.batches

    def careless(things, size_of, *others):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN202
        is_add_on = size_of is cascade._size
        return batches(
            things, (lambda _: 0) if is_add_on is (row == "add-on") else size_of, *others
        )

    for module in (cascade, writes):
        monkeypatch.setattr(module, "batches", careless)
    sent = Sent(monkeypatch)
    commands.uninstall(table, CALLER, "top", stack_tier="medium")
    follow(table)
    assert max(sent.sizes) > MOST
