"""CONTRACT.md section 11, by random histories and a publisher that fails in every way."""

from __future__ import annotations

import logging
import os
import random
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from installs.events import publisher
from installs.events.publisher import Publisher
from installs.events.records import read_record
from installs.store import bus
from installs.store.bus import Bus, Delivery
from installs.store.history import Entry
from tests.property.cascade.histories import run
from tests.property.events.publishing import publish, violations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from installs.events.details import Event
    from installs.events.publisher import Outcome
    from installs.events.records import StreamRecord
    from installs.store.bus import Message

CASES: Final = int(os.environ.get("CASES", "60"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("installs.store.bus.time.sleep", lambda _: None)
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def differences(seeds: range) -> list[str]:
    found = []
    for seed in seeds:
        dice = random.Random(seed)  # noqa: S311 - no secret
        world = run(seed)
        found += [f"seed {seed}: {one}" for one in violations(world, publish(world, dice))]
    return found


def test_section_11_a_consumers_copy_is_the_table_whatever_befalls_the_publisher() -> None:
    assert differences(range(CASES)) == []


def test_histories_have_everything_in_them() -> None:
    days = [publish(run(seed), random.Random(seed)) for seed in range(20)]  # noqa: S311
    told = [one for day in days for one in day.taken]
    ids = [detail["eventId"] for _, detail in told]

    assert len(set(ids)) < len(ids), "nothing came twice"
    assert any(day.poison for day in days), "nothing was refused for good"
    assert {kind for kind, _ in told} >= {
        "Install Created", "Install Changed", "Install Uninstalled", "Install Restored",
        "Install Purged", "Install Settled",
    }  # fmt: skip
    counted = [detail["counts"] for kind, detail in told if kind == "Install Settled"]
    for name in ("deleted", "restored", "purged"):
        assert any(counts[name] > 1 for counts in counted), name


# Faults that are planted: each must be found.

Patch = pytest.MonkeyPatch


def forget_an_event(patch: Patch) -> None:

    def forgetting(record: StreamRecord) -> Any:  # noqa: ANN401
        number = int(record["dynamodb"]["SequenceNumber"])
        return None if number % 7 == 0 else read_record(record)

    patch.setattr(publisher, "read_record", forgetting)


def forget_that_work_is_settled(patch: Patch) -> None:

    def forgetting(record: StreamRecord) -> Any:  # noqa: ANN401
        change = read_record(record)
        return None if isinstance(change, Entry) else change

    patch.setattr(publisher, "read_record", forgetting)


def tell_of_settled_work_first(patch: Patch) -> None:
    """A settled event is sent at once, and the changes after it."""
    publish = Publisher.publish

    def hasty(self: Publisher, records: Sequence[StreamRecord]) -> Outcome:
        ordered = sorted(records, key=lambda one: not isinstance(read_record(one), Entry))
        return publish(self, ordered)

    patch.setattr(Publisher, "publish", hasty)


def count_what_was_counted_before(patch: Patch) -> None:
    """A settled event has the counts of earlier ones too."""
    made, counted = Publisher._event, Counter[str]()

    def adding(self: Publisher, *given: Any) -> Event:  # noqa: ANN401
        event = made(self, *given)
        if "counts" not in event.detail:
            return event
        counted.update(event.detail["counts"])
        return replace(event, detail={**event.detail, "counts": dict(counted)})

    patch.setattr(Publisher, "_event", adding)


def tell_the_wrong_revision(patch: Patch) -> None:
    made = Publisher._event

    def wrong(self: Publisher, *given: Any) -> Event:  # noqa: ANN401
        event = made(self, *given)
        revision = event.revision - event.revision % 2
        return replace(event, detail={**event.detail, "revision": revision})

    patch.setattr(Publisher, "_event", wrong)


def stop_at_a_poisoned_record(patch: Patch) -> None:
    """Records behind one that is refused for good are taken for sent."""
    send = Bus.send

    def stopping(self: Bus, messages: Sequence[Message]) -> Delivery:
        delivery = send(self, messages[:1])
        for place in range(1, len(messages)):
            if delivery.refused:
                break
            rest = send(self, [messages[place]])
            delivery.refused |= dict.fromkeys([place], "x") if rest.refused else {}
            delivery.unsent += [place] if rest.unsent else []
        return delivery

    patch.setattr(Bus, "send", stopping)


def lose_the_rest_of_a_batch(patch: Patch) -> None:
    send = Bus.send

    def losing(self: Bus, messages: Sequence[Message]) -> Delivery:
        return replace(send(self, messages), unsent=[])

    patch.setattr(Bus, "send", losing)
    patch.setattr(bus, "ATTEMPTS", 1)


def overtake_a_failed_entry(patch: Patch) -> None:
    """A call has several entries of one install."""
    patch.setattr(bus, "_next_batch", lambda waiting: list(waiting)[: bus.MOST_ENTRIES])


def take_a_refusal_for_a_success(patch: Patch) -> None:
    patch.setattr(Publisher, "_to_dead_letters", lambda *_: True)


@pytest.mark.parametrize(
    "fault",
    [
        forget_an_event,
        forget_that_work_is_settled,
        tell_of_settled_work_first,
        count_what_was_counted_before,
        tell_the_wrong_revision,
        stop_at_a_poisoned_record,
        lose_the_rest_of_a_batch,
        overtake_a_failed_entry,
        take_a_refusal_for_a_success,
    ],
)
def test_a_planted_fault_is_found(
    fault: Callable[[Patch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)

    assert any(differences(range(seed, seed + 1)) for seed in range(30))
