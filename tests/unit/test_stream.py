"""Records that are handled, retried, and sent to the dead letters (CONTRACT.md section 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from installs.lifecycle import Deletion, InstallState, deleted
from installs.store import items, keys
from installs.stream import consume, subject_of
from tests import records

if TYPE_CHECKING:
    from installs.cascade import Subject
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

    def reconcile(self, subject: Subject) -> None:
        name = subject.solution_id if subject.install is None else subject.install.id
        assert name is not None
        if name == self._fails_on:
            raise ConnectionError
        self.handled.append(name)

    def dead_letter(self, record: StreamRecord, reason: str) -> None:
        if self.dead_lettering_fails:
            raise ConnectionError
        assert reason
        self.dead_lettered.append(record)

    def run(self, *records: StreamRecord) -> list[str]:
        answer = consume(records, self.reconcile, self.dead_letter).response()
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


def image(name: str, **fields: object) -> dict[str, Any]:
    item: dict[str, Any] = record(name)["dynamodb"]["NewImage"]
    return item | {field: {"S": str(value)} for field, value in fields.items()}


DELETED = items.install_to_item(
    deleted(
        items.item_to_install(image("a")),
        Deletion("del", "2026-11-01T00:00:00.000Z", "short", 1_800_000_000),
        cascaded=False,
    )
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (None, image("a", solutionId="s")),
        (None, image("a", parentInstallId="p")),
        (None, DELETED),
        (image("a"), None),
        (image("a"), image("a", parentInstallId="p")),
        (image("a", parentInstallId="p"), image("a")),
        (image("a", solutionId="s"), image("a", solutionId="t")),
        (image("a"), DELETED),
        (DELETED, image("a")),
        (DELETED, DELETED | {"retentionTier": {"S": "long"}}),
        (DELETED, DELETED | {"purgeAt": {"N": "1900000000"}}),
        (DELETED, DELETED | {"cascaded": {"BOOL": True}}),
    ],
    ids=range(12),
)
def test_every_change_of_what_an_install_belongs_to_is_handled(
    old: dict[str, Any] | None, new: dict[str, Any] | None
) -> None:
    images = {"OldImage": old, "NewImage": new}
    given = {name: item for name, item in images.items() if item is not None}
    subject = subject_of(record("a", **given))
    assert subject is not None
    assert subject.install == items.item_to_install(new or old or {}).owner_refs
    both = old is not None and new is not None
    assert subject.former == (items.item_to_install(old).owner_refs if both and old else None)


@pytest.mark.parametrize("field", ["variables", "lastUpgradedAt", "asOf", "integrationVersionId"])
def test_a_change_of_facts_alone_is_passed_over(field: str) -> None:
    consumer = Consumer()
    change = record("a", OldImage=image("a"), NewImage=image("a", **{field: "x"}))
    assert consumer.run(change, record("b")) == []
    assert (consumer.handled, consumer.dead_lettered) == (["b"], [])


def test_a_new_install_that_belongs_to_nothing_is_passed_over() -> None:
    consumer = Consumer()
    inserted = record("a", NewImage=image("a")) | {"eventName": "INSERT"}
    assert consumer.run(inserted, record("b", OldImage=image("b"))) == []
    assert consumer.handled == ["b"]


def test_the_pending_work_of_a_solution_is_handled() -> None:
    consumer = Consumer()
    key = items.encode_key(keys.pending_solution("sol"))
    change = record("x", NewImage=key | {"id": {"S": "sol"}})
    change["dynamodb"]["Keys"] = key
    other = record("x", NewImage=key | {"id": {"S": "elsewhere"}})
    other["dynamodb"]["Keys"] = key
    assert consumer.run(change, other) == []
    assert (consumer.handled, consumer.dead_lettered) == (["sol"], [other])


def test_a_row_that_was_made_readable_again_is_no_dead_letter() -> None:
    # given the record of a repair by hand: the old image cannot be read, the new one can
    broken = image("a", deletedAt="?", solutionId="sol_old") | {"retentionTier": {"S": "medium"}}
    broken.pop("deletionId", None)
    repaired = record("a", OldImage=broken, NewImage=image("a"))
    # when it comes, the install is reconciled, and with it what it belonged to
    consumer = Consumer()
    assert consumer.run(repaired) == []
    assert (consumer.handled, consumer.dead_lettered) == (["a"], [])
    subject = subject_of(repaired)
    assert subject is not None
    assert subject.former is not None
    assert subject.former.solution_id == "sol_old"
    # and a removal of such a row is one all the same: nothing else tells what it was
    removed = record("a", OldImage=broken)
    assert consumer.run(removed) == []
    assert consumer.dead_lettered == [removed]
