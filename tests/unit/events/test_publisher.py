"""From stream records to events (CONTRACT.md section 11)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from installs.errors import UnavailableError
from installs.events.details import event_id
from installs.events.publisher import Outcome, Publisher
from installs.lifecycle import Deletion, InstallState, deleted
from installs.origin import ActorKind, Cause, Origin
from installs.store import history, items, keys
from installs.store.bus import LARGEST_CALL, Delivery, Message
from installs.store.history import ChangeKind, Counts, Entry
from tests import records
from tests.property.cascade.memory import MemoryTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installs.events.records import StreamRecord
    from installs.store.items import Item

NOW: Final = datetime(2026, 11, 29, 10, tzinfo=UTC)
ADA: Final = Origin("usr_ada", ActorKind.USER, Cause.REQUEST, "request-1", "trace-1")
PURGE_AT: Final = 1_800_000_000
TTL: Final = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


@dataclass
class FakeBus:
    """Takes messages; refuses and leaves those of which the detail has one of the given ids."""

    refuses: set[str] = field(default_factory=set)
    leaves: set[str] = field(default_factory=set)
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def send(self, messages: Sequence[Message]) -> Delivery:
        delivery = Delivery()
        for place, message in enumerate(messages):
            if message.group in self.refuses:
                delivery.refused[place] = "MalformedDetail"
            elif message.group in self.leaves:
                delivery.unsent.append(place)
            else:
                self.sent.append((message.detail_type, json.loads(message.detail)))
        return delivery


class Stage:
    """A table with history, a bus, and dead letters."""

    def __init__(self) -> None:
        self.memory = MemoryTable()
        self.bus = FakeBus()
        self.buried: list[tuple[StreamRecord, str]] = []
        self.burying_fails = False

    def bury(self, record: StreamRecord, reason: str) -> None:
        if self.burying_fails:
            raise ConnectionError
        self.buried.append((record, reason))

    def wrote(self, before: InstallState | None, after: InstallState | None) -> Entry:
        """The history row of a change, as ``commit`` writes it."""
        state = after or before
        assert state is not None
        revision = state.revision if after else state.revision + 1
        entry = replace(history.entry_of(before, after, NOW, ADA), revision=revision)
        self.memory.transact([history.put(entry, NOW)])
        return entry

    def publish(self, *records: StreamRecord) -> Outcome:
        return Publisher(self.memory.as_table(), self.bus, self.bury).publish(records)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def live(name: str, revision: int = 1, **fields: object) -> InstallState:
    return InstallState(records.install(name, **fields), revision=revision)


def trashed(name: str, revision: int = 2) -> InstallState:
    deletion = Deletion("del", "2026-11-01T00:00:00.000Z", "short", PURGE_AT)
    return replace(deleted(live(name), deletion, cascaded=False), revision=revision)


def record(
    before: InstallState | None, after: InstallState | None, number: str = "1", **others: object
) -> dict[str, Any]:
    state = after or before
    assert state is not None
    images = {
        name: items.install_to_item(one)
        for name, one in (("OldImage", before), ("NewImage", after))
        if one is not None
    }
    change = {
        "Keys": items.encode_key(keys.install(state.row.id)),
        "SequenceNumber": number,
        "ApproximateCreationDateTime": int(NOW.timestamp()),
        **images,
    }
    name = "INSERT" if before is None else "REMOVE" if after is None else "MODIFY"
    return {"eventID": f"event-{number}", "eventName": name, "dynamodb": change, **others}


def test_an_event_has_what_changed_and_who_did_it(stage: Stage) -> None:
    before, after = live("a"), trashed("a")
    stage.wrote(before, after)

    outcome = stage.publish(record(before, after))

    ((detail_type, detail),) = stage.bus.sent
    assert detail_type == "Install Uninstalled"
    install = detail.pop("install")
    assert detail == {
        "schemaVersion": 1,
        "eventId": event_id("a", 2, ChangeKind.UNINSTALLED),
        "revision": 2,
        "occurredAt": "2026-11-29T10:00:00.000Z",
        "installId": "a",
        "workspaceId": before.row.workspace_id,
        "omitted": [],
        "fields": ["deletedAt", "retentionTier"],
        "deletionId": "del",
        "cause": "request",
        "actor": {"id": "usr_ada", "kind": "user"},
        "requestId": "request-1",
        "traceId": "trace-1",
        "replayed": False,
    }
    assert install["deletedAt"] == "2026-11-01T00:00:00.000Z"
    assert install["variables"] == json.loads(before.row.variables)
    assert (outcome.published, outcome.response()) == (1, {"batchItemFailures": []})
    assert len(outcome.lags) == 1


def changes() -> list[tuple[InstallState | None, InstallState | None, str]]:
    return [
        (None, live("a"), "Install Created"),
        (None, trashed("a"), "Install Created"),
        (live("a"), live("a", 2, authStateId="x"), "Install Changed"),
        (live("a"), trashed("a"), "Install Uninstalled"),
        (trashed("a"), live("a", 3), "Install Restored"),
        (trashed("a"), None, "Install Purged"),
    ]


@pytest.mark.parametrize(("before", "after", "detail_type"), changes())
@pytest.mark.parametrize("known", [True, False])
def test_each_kind_of_change_has_its_type_with_or_without_history(
    stage: Stage,
    before: InstallState | None,
    after: InstallState | None,
    detail_type: str,
    known: bool,
) -> None:
    """An older version of the service wrote no history: then nobody is named."""
    if known:
        stage.wrote(before, after)

    stage.publish(record(before, after), record(before, after))

    (told, detail), again = stage.bus.sent
    assert told == detail_type
    assert again == (told, detail), "the same change is the same event"
    assert detail["actor"] == ({"id": "usr_ada", "kind": "user"} if known else None)
    assert detail["cause"] == ("request" if known else None)
    state = after or before
    assert state is not None
    assert detail["revision"] == (state.revision if after else state.revision + 1)
    assert detail["install"]["id"] == "a"
    assert not stage.buried


def test_what_changes_no_revision_is_no_event(stage: Stage) -> None:
    outcome = stage.publish(record(live("a"), live("a", authStateId="by hand")))

    assert not stage.bus.sent
    assert (outcome.published, outcome.response()) == (0, {"batchItemFailures": []})


def test_what_ttl_deletes_is_written_into_history_once_and_published(stage: Stage) -> None:
    expired = record(trashed("a"), None, userIdentity=TTL)

    stage.publish(expired)
    stage.publish(expired)

    (entry,) = history.read(stage.memory.as_table(), "a")
    assert (entry.kind, entry.origin.cause) == (ChangeKind.EXPIRED, Cause.RETENTION)
    assert entry.revision == PURGE_AT * 1000
    first, again = stage.bus.sent
    assert first == again
    assert first[0] == "Install Purged"
    assert first[1]["actor"] == {"id": None, "kind": "retention"}
    assert first[1]["cause"] == "retention"
    assert first[1]["revision"] == entry.revision
    assert first[1]["deletionId"] == "del"


def test_a_purge_is_told_apart_from_the_life_that_follows(stage: Stage) -> None:
    """A new life of the id has entries too, which are not of the purge."""
    purged = stage.wrote(trashed("a"), None)
    stage.wrote(None, live("a", revision=900))
    stage.wrote(None, live("b", revision=900))

    stage.publish(record(trashed("a"), None), record(trashed("b"), None))

    (_, of_a), (_, of_b) = stage.bus.sent
    assert (of_a["revision"], of_a["actor"]) == (purged.revision, {"id": "usr_ada", "kind": "user"})
    assert (of_b["revision"], of_b["actor"]) == (3, None)


def settled(item: Item | None = None) -> dict[str, Any]:
    entry = Entry(
        "a", "wsp", 2, "2026-11-29T10:00:00.000Z", ChangeKind.SETTLED, ADA,
        deletion_id="del", counts=Counts(4, 0, 1),
    )  # fmt: skip
    memory = MemoryTable()
    memory.transact([history.put(entry, NOW)])
    change = {
        "Keys": items.encode_key(entry.key),
        "SequenceNumber": "9",
        "ApproximateCreationDateTime": int(NOW.timestamp()),
        "NewImage": item or memory.look(entry.key),
    }
    return {"eventID": "event-9", "eventName": "INSERT", "dynamodb": change}


def test_the_end_of_a_cascade_is_an_event_with_its_counts(stage: Stage) -> None:
    stage.publish(settled())

    ((detail_type, detail),) = stage.bus.sent
    assert detail_type == "Install Settled"
    assert detail["counts"] == {"deleted": 4, "restored": 0, "purged": 1}
    assert (detail["installId"], detail["revision"], detail["install"]) == ("a", 2, None)


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"eventID": "x", "dynamodb": {}},
        record(None, live("x")) | {"dynamodb": {"Keys": items.encode_key(keys.install("x"))}},
        record(None, live("x", variables="not JSON")),
        record(live("x"), None, userIdentity=TTL),
        settled({"pk": {"S": "x"}}),
    ],
    ids=range(6),
)
def test_a_poisoned_record_is_a_dead_letter_and_the_others_go_on(
    stage: Stage, bad: StreamRecord
) -> None:
    outcome = stage.publish(record(None, live("a")), bad, record(None, live("b")))

    assert [detail["installId"] for _, detail in stage.bus.sent] == ["a", "b"]
    assert [one for one, _ in stage.buried] == [bad]
    assert (outcome.dead_lettered, outcome.response()) == (1, {"batchItemFailures": []})


def test_a_history_row_that_nobody_can_read_is_a_dead_letter_alone(stage: Stage) -> None:
    stage.wrote(None, live("a"))
    stage.wrote(None, live("b"))
    key = keys.history("a", 1)
    stage.memory.put(items.encode_key(key) | {"kind": {"S": "nonsense"}})

    stage.publish(record(None, live("a")), record(None, live("b")))

    assert [detail["installId"] for _, detail in stage.bus.sent] == ["b"]
    assert [one["dynamodb"]["Keys"] for one, _ in stage.buried] == [
        items.encode_key(keys.install("a"))
    ]


def test_what_the_bus_refuses_for_good_is_a_dead_letter(stage: Stage) -> None:
    stage.bus.refuses = {"b"}

    outcome = stage.publish(*(record(None, live(name)) for name in "abc"))

    assert [reason for _, reason in stage.buried] == ["the bus refuses it: MalformedDetail"]
    assert (outcome.published, outcome.response()) == (2, {"batchItemFailures": []})


def test_what_the_bus_did_not_take_is_reported_from_there_on(stage: Stage) -> None:
    stage.bus.leaves = {"b", "c"}

    outcome = stage.publish(*(record(None, live(name), f"seq_{name}") for name in "abcd"))

    assert outcome.response() == {"batchItemFailures": [{"itemIdentifier": "seq_b"}]}
    assert [detail["installId"] for _, detail in stage.bus.sent] == ["a", "d"]
    assert outcome.published == 2


@pytest.mark.parametrize(
    "bad", [{"dynamodb": {"SequenceNumber": "seq_x"}}, record(None, live("x"), "seq_x")]
)
def test_what_cannot_be_a_dead_letter_is_not_lost(stage: Stage, bad: StreamRecord) -> None:
    stage.burying_fails = True
    stage.bus.refuses = {"x"}

    outcome = stage.publish(record(None, live("a")), bad)

    assert outcome.response() == {"batchItemFailures": [{"itemIdentifier": "seq_x"}]}
    assert [detail["installId"] for _, detail in stage.bus.sent] == ["a"]
    # and without a number the whole batch comes again
    assert stage.publish({}).response() == {"batchItemFailures": [{"itemIdentifier": ""}]}


def test_a_table_that_fails_holds_back_all_that_is_behind(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an event behind it, of the same install, would overtake it."""

    def busy(*_: object, **__: object) -> None:
        raise UnavailableError(cause={})

    monkeypatch.setattr(stage.memory, "query", busy)
    given = (
        record(None, live("b"), "seq_1"),
        record(trashed("a"), None, "seq_2"),
        record(None, live("a", 9), "seq_3"),
    )

    outcome = stage.publish(*given)

    assert outcome.response() == {"batchItemFailures": [{"itemIdentifier": "seq_2"}]}
    assert [detail["installId"] for _, detail in stage.bus.sent] == ["b"]
    monkeypatch.undo()
    assert stage.publish(*given[1:]).response() == {"batchItemFailures": []}
    assert [kind for kind, _ in stage.bus.sent][1:] == ["Install Purged", "Install Created"]


def test_an_event_that_is_too_large_leaves_out_the_variables(stage: Stage) -> None:
    large = {"note": "x" * LARGEST_CALL}

    stage.publish(record(None, live("a", variables=large)), record(None, live("b")))

    (_, of_a), (_, of_b) = stage.bus.sent
    assert (of_a["omitted"], of_a["install"]["variables"]) == (["variables"], None)
    assert of_a["install"]["id"] == "a"
    assert (of_b["omitted"], of_b["install"]["variables"]) == (
        [],
        json.loads(live("b").row.variables),
    )
