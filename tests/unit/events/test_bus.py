"""PutEvents: batches, refusals and order (CONTRACT.md section 11)."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from installs.deadline import Deadline
from installs.store.bus import LARGEST_CALL, MOST_ENTRIES, Bus, Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_events import EventBridgeClient

AT = datetime(2026, 11, 29, tzinfo=UTC)
Entry = dict[str, Any]


class FakeEvents:
    """EventBridge as far as PutEvents goes: ``fails`` says which entries fail, and with what."""

    def __init__(self, fails: Callable[[Entry], str | None] = lambda _: None) -> None:
        self.calls: list[list[str]] = []
        self.taken: list[str] = []
        self.refuses_call: Callable[[list[Entry]], Exception | None] = lambda _: None
        self._fails = fails

    def put_events(self, *, Entries: list[Entry]) -> dict[str, Any]:
        self.calls.append([entry["Detail"] for entry in Entries])
        if error := self.refuses_call(Entries):
            raise error
        results: list[dict[str, str]] = []
        for entry in Entries:
            code = self._fails(entry)
            if code is None:
                self.taken.append(entry["Detail"])
            results.append({"EventId": "x"} if code is None else {"ErrorCode": code})
        return {"FailedEntryCount": sum("ErrorCode" in one for one in results), "Entries": results}

    def bus(self, deadline: Deadline | None = None) -> Bus:
        client = cast("EventBridgeClient", self)
        return Bus("a-bus", client) if deadline is None else Bus("a-bus", client, deadline)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("installs.store.bus.time.sleep", lambda _: None)


def message(group: str, detail: str | None = None) -> Message:
    return Message(group, "Install Changed", group if detail is None else detail, AT)


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "PutEvents")


def test_an_entry_is_what_eventbridge_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Entry] = []
    events = FakeEvents(lambda entry: seen.append(entry))

    events.bus().send([message("ins_1", "{}")])

    assert seen == [
        {
            "EventBusName": "a-bus",
            "Source": "integration-installs",
            "DetailType": "Install Changed",
            "Detail": "{}",
            "Time": AT,
        }
    ]


def test_ten_entries_are_in_a_call_and_no_group_twice() -> None:
    events = FakeEvents()
    names = [f"ins_{number}" for number in range(25)]

    events.bus().send([message(name) for name in [*names, *names]])

    assert [len(call) for call in events.calls] == [10] * 5
    assert all(len(set(call)) == len(call) for call in events.calls)
    assert sorted(events.taken) == sorted([*names, *names])


def test_a_call_has_no_more_bytes_than_it_may() -> None:
    events = FakeEvents()
    half = "x" * (LARGEST_CALL // 2)

    events.bus().send([message(name, half + name) for name in "abc"])

    assert len(events.calls) == 3
    for call in events.calls:
        assert sum(message("a", detail).size for detail in call) <= LARGEST_CALL


def test_sizes_are_counted_as_aws_counts_them() -> None:
    assert message("a", "{}").size == 14 + len("integration-installs") + len("Install Changed") + 2
    assert message("a", '"é"').size == message("a", '"ab"').size


def test_what_did_not_fit_is_not_overtaken_by_a_later_one_of_its_group() -> None:
    events = FakeEvents()
    large = "x" * (LARGEST_CALL - 200)

    events.bus().send([message("a", "1"), message("b", large), message("b", "2")])

    assert [one[:1] for one in events.taken] == ["1", "x", "2"]


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalFailure", "AccessDenied", "new"])
def test_a_failed_entry_is_sent_again_before_the_later_ones_of_its_group(code: str) -> None:
    failing = iter([code, code])
    events = FakeEvents(lambda entry: next(failing, None) if entry["Detail"] == "a1" else None)

    delivery = events.bus().send([message("a", "a1"), message("b"), message("a", "a2")])

    assert events.taken == ["b", "a1", "a2"]
    assert (delivery.refused, delivery.unsent, delivery.failures) == ({}, [], 2)


@pytest.mark.parametrize("code", ["MalformedDetail", "InvalidArgument"])
def test_an_entry_that_is_refused_for_good_holds_up_nothing(code: str) -> None:
    events = FakeEvents(lambda entry: code if entry["Detail"] == "a1" else None)

    delivery = events.bus().send([message("a", "a1"), message("b"), message("a", "a2")])

    assert events.taken == ["b", "a2"]
    assert (delivery.refused, delivery.unsent, delivery.failures) == ({0: code}, [], 1)


def test_a_call_that_is_refused_as_a_whole_shows_which_entry_is_to_blame() -> None:
    events = FakeEvents()
    events.refuses_call = lambda entries: (
        refused("ValidationException") if any(e["Detail"] == "c" for e in entries) else None
    )

    delivery = events.bus().send([message(name) for name in "abcde"])

    assert sorted(events.taken) == ["a", "b", "d", "e"]
    assert delivery.refused == {2: "ValidationException"}
    assert not delivery.unsent


@pytest.mark.parametrize(
    "error",
    [
        refused("ThrottlingException"),
        refused("AccessDeniedException"),
        ConnectTimeoutError(endpoint_url="https://events"),
    ],
)
def test_a_bus_that_takes_nothing_leaves_all_unsent(error: Exception) -> None:
    events = FakeEvents()
    events.refuses_call = lambda _: error

    delivery = events.bus().send([message("a"), message("b")])

    assert (delivery.refused, delivery.unsent) == ({}, [0, 1])
    assert len(events.calls) == 8


def test_nothing_is_sent_that_may_not_be_answered_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("installs.clock.steady", lambda: 100.0)
    events = FakeEvents()

    assert events.bus(Deadline(106.0)).send([message("a")]).unsent == [0]
    assert events.bus(Deadline(106.1)).send([message("a")]).unsent == []
    assert events.calls == [["a"]]


CODES = st.sampled_from([None, None, None, "InternalFailure", "MalformedDetail"])


@given(st.lists(st.sampled_from("abcd"), max_size=40), st.data())
def test_section_11_each_group_is_in_order_and_nothing_is_lost(
    groups: list[str], data: st.DataObject
) -> None:
    events = FakeEvents(lambda _: data.draw(CODES))
    counts: defaultdict[str, int] = defaultdict(int)
    messages = []
    for group in groups:
        counts[group] += 1
        messages.append(message(group, f"{group}{counts[group]:02}"))

    delivery = events.bus().send(messages)

    left = {messages[place].detail for place in [*delivery.unsent, *delivery.refused]}
    assert sorted([*events.taken, *left]) == sorted(one.detail for one in messages)
    for group in counts:
        sent = [one for one in events.taken if one[0] == group]
        assert sent == sorted(sent)
        unsent = [messages[place].detail for place in delivery.unsent]
        assert not [one for one in unsent if one[0] == group and sent and one < sent[-1]]
    assert all(len(call) <= MOST_ENTRIES for call in events.calls)
