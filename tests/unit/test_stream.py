"""Records that are handled, retried, and sent to the dead letters (CONTRACT.md section 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from installs.lifecycle import InstallState, OwnerRefs
from installs.store import items, keys
from installs.stream import consume
from tests import records

if TYPE_CHECKING:
    from installs.stream import StreamRecord


def record(name: str, **image: object) -> dict[str, Any]:
    row = records.install(name, variables={"secret": "hush"})
    key = items.encode_key(keys.install(name))
    change = {"Keys": key, "SequenceNumber": f"seq_{name}"}
    images = image or {"NewImage": items.install_to_item(InstallState(row))}
    return {"eventID": f"event_{name}", "eventName": "MODIFY", "dynamodb": change | images}


class Consumer:
    def __init__(self, fails_on: str = "") -> None:
        self.handled: list[str] = []
        self.dead_lettered: list[StreamRecord] = []
        self.dead_lettering_fails = False
        self._fails_on = fails_on

    def reconcile(self, seen: OwnerRefs) -> None:
        if seen.id == self._fails_on:
            raise ConnectionError
        self.handled.append(seen.id)

    def dead_letter(self, record: StreamRecord, reason: str) -> None:
        if self.dead_lettering_fails:
            raise ConnectionError
        assert reason
        self.dead_lettered.append(record)

    def run(self, *records: StreamRecord) -> list[str]:
        answer = consume(records, self.reconcile, self.dead_letter).answer()
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_records_are_handled_in_order() -> None:
    consumer = Consumer()
    removal = record("b", OldImage=record("b")["dynamodb"]["NewImage"])
    assert consumer.run(record("a"), removal, record("c")) == []
    assert consumer.handled == ["a", "b", "c"]


def test_it_stops_at_the_first_failure_and_reports_it(capfd: pytest.CaptureFixture[str]) -> None:
    # given a record that fails for a passing reason
    consumer = Consumer(fails_on="b")
    # then those behind it wait, so that order is kept
    assert consumer.run(record("a"), record("b"), record("c")) == ["seq_b"]
    assert consumer.handled == ["a"]
    assert "hush" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"eventID": "x", "dynamodb": {}},
        record("x", NewImage={}),
        record("x", NewImage={"pk": {"S": "INSTALL#x"}}),
        record("x", NewImage={"id": {"S": "x", "N": "1"}}),
        record("x", NewImage=record("y")["dynamodb"]["NewImage"]),
        record("x", NewImage={"id": {"S": "x"}, "deletedAt": {"S": "then"}}),
    ],
    ids=range(7),
)
def test_what_can_never_be_handled_is_parked_and_blocks_nothing(bad: StreamRecord) -> None:
    consumer = Consumer()
    assert consumer.run(record("a"), bad, record("c")) == []
    assert (consumer.handled, consumer.dead_lettered) == (["a", "c"], [bad])


def test_what_cannot_be_parked_is_not_lost() -> None:
    consumer = Consumer()
    consumer.dead_lettering_fails = True
    assert consumer.run(record("a"), record("x", NewImage={}), record("c")) == ["seq_x"]
    # and without a number the whole batch comes again
    assert consumer.run({}) == [""]
