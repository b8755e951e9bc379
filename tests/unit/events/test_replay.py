"""Events sent again from history (CONTRACT.md section 11)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from installs.events.details import event_id
from installs.lifecycle import InstallState
from installs.origin import ActorKind, Cause, Origin
from installs.store import history, items, scans
from installs.store.bus import Delivery
from installs.store.history import ChangeKind
from tests import records
from tests.property.cascade.memory import MemoryTable
from tools.events import show
from tools.events.examples import EVENTS, envelope
from tools.events.replay import Replay, ReplayStoppedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from installs.store.bus import Bus, Message

ADA: Final = Origin("usr_ada", ActorKind.USER, Cause.REQUEST)
DAYS: Final = tuple(datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2, 3))


class FakeBus:
    name = "a-bus"

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.delivery = Delivery()

    def send(self, messages: Sequence[Message]) -> Delivery:
        self.sent += [(message.detail_type, json.loads(message.detail)) for message in messages]
        return self.delivery


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> MemoryTable:
    """Install a, changed three times and gone; and install b, which is there."""
    memory = MemoryTable()

    def in_history(table: MemoryTable, prefix: str) -> Iterator[items.Item]:
        return (item for item in table.all() if item["sk"]["S"].startswith(prefix))

    monkeypatch.setattr(scans, "with_prefix", in_history)
    for name in ("a", "b"):
        state: InstallState | None = None
        for number, day in enumerate(DAYS, 1):
            after = InstallState(records.install(name, authStateId=f"x{number}"), revision=number)
            entry = history.entry_of(state, after, day, ADA)
            memory.transact([history.put(replace(entry, revision=number), day)])
            state = after
        if name == "b" and state is not None:
            memory.put(items.install_to_item(state))
    return memory


def replayed(memory: MemoryTable, bus: FakeBus, since: str, install: str | None = None) -> Replay:
    work = Replay(memory.as_table(), cast("Bus", bus))
    assert list(work.run(since, install)) == []
    return work


def test_the_events_from_a_time_on_are_sent_again_as_they_were(memory: MemoryTable) -> None:
    bus = FakeBus()

    work = replayed(memory, bus, "2026-11-02T00:00:00.000Z")

    assert work.sent == 4
    told = [(kind, one["installId"], one["revision"], one["replayed"]) for kind, one in bus.sent]
    assert told == [
        ("Install Changed", name, revision, True) for name in ("a", "b") for revision in (2, 3)
    ]
    assert [one["eventId"] for _, one in bus.sent[:2]] == [
        event_id("a", revision, ChangeKind.CHANGED) for revision in (2, 3)
    ]


def test_the_install_is_as_it_is_now_and_null_if_it_is_gone(memory: MemoryTable) -> None:
    bus = FakeBus()

    replayed(memory, bus, "2026-01-01T00:00:00.000Z")

    rows = {(one["installId"], (one["install"] or {}).get("authStateId")) for _, one in bus.sent}
    assert rows == {("a", None), ("b", "x3")}


def test_one_install_is_sent_alone(memory: MemoryTable) -> None:
    bus = FakeBus()

    assert replayed(memory, bus, "2026-01-01T00:00:00.000Z", "b").sent == 3
    assert {one["installId"] for _, one in bus.sent} == {"b"}


def test_what_the_bus_refuses_is_told_and_what_it_leaves_stops_it(memory: MemoryTable) -> None:
    bus = FakeBus()
    work = Replay(memory.as_table(), cast("Bus", bus))

    bus.delivery = Delivery(refused={1: "MalformedDetail"})
    assert list(work.run("", "a")) == ["a 2: MalformedDetail"]
    assert work.sent == 2

    bus.delivery = Delivery(unsent=[0])
    with pytest.raises(ReplayStoppedError, match="a-bus"):
        list(work.run("", "a"))


def test_the_log_of_events_is_shown_a_line_each(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_text("".join(json.dumps(envelope(event)) + "\n" for event in EVENTS) + '{"half')

    lines = list(show.lines(path, follow=False))
    told = [show.summary(json.loads(line)) for line in lines]

    assert told[2] == (
        "2026-11-24T08:39:55.004Z  Install Uninstalled  ins_crm  by usr_ada  (request)"
    )
    assert told[3].endswith("(request)  5 deleted, 0 restored, 0 purged")
    assert told[5].endswith("by retention  (retention)")
    assert len(told) == len(EVENTS)
    assert show.of_install(lines[0], "ins_crm")
    assert not show.of_install(lines[0], "ins_other")


def test_a_follower_gets_whole_lines_as_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.ndjson"
    path.write_text("one\ntw")

    def write_the_rest(_: float) -> None:
        with path.open("a") as file:
            file.write("o\n")

    monkeypatch.setattr("tools.events.show.time.sleep", write_the_rest)

    follower = show.lines(path, follow=True)

    assert [next(follower), next(follower)] == ["one", "two"]
    follower.close()
