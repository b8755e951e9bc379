"""The poller keeps Lambda's documented rules for DynamoDB streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.pollers import Clock, Function, poller_of, raises_on, reports, stream_of
from tests.streams import ARN, START, FakeStream
from tools.local.stream.checkpoint import Checkpoint
from tools.local.stream.functions import FunctionUnavailableError, in_process
from tools.local.stream.patterns import EventPattern
from tools.local.stream.poller import NeverDrainedError, Poller
from tools.local.stream.settings import MappingSettings

if TYPE_CHECKING:
    from tools.local.stream.destination import DiscardedBatch


def test_records_come_in_order_in_batches_of_the_size() -> None:
    stream, function = stream_of("1", "2", "3", "4", "5"), Function()

    poller_of(stream, function, batch_size=2).drain()

    assert function.batches == [["1", "2"], ["3", "4"], ["5"]]


def test_the_event_has_the_shape_that_lambda_gives_it() -> None:
    stream, seen = FakeStream(), list[Any]()
    stream.put("7", name="INSERT", new={"b": {"B": b"\x00\xff"}, "s": {"BS": [b"a"]}})
    stream.records["shard-1"][0]["userIdentity"] = {
        "PrincipalId": "dynamodb.amazonaws.com",
        "Type": "Service",
    }

    Poller(stream.as_client(), ARN, in_process(lambda event, _: seen.append(event))).drain()

    (record,) = seen[0]["Records"]
    assert record["eventSourceARN"] == ARN
    assert record["eventSource"] == "aws:dynamodb"
    assert record["dynamodb"]["ApproximateCreationDateTime"] == int(START)
    assert record["dynamodb"]["NewImage"] == {"b": {"B": "AP8="}, "s": {"BS": ["YQ=="]}}
    assert record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def test_a_batch_waits_for_its_window_unless_it_is_full() -> None:
    stream, function, clock = stream_of("1"), Function(), Clock()
    poller = poller_of(stream, function, clock=clock, batch_size=3, batching_window_seconds=5)

    poller.step()
    clock.now += 4
    stream.put("2")
    poller.step()
    assert function.batches == []

    clock.now += 1
    poller.step()
    assert function.batches == [["1", "2"]]

    for number in ("3", "4", "5", "6"):
        stream.put(number)
    poller.step()
    assert function.batches[1:] == [["3", "4", "5"]]


def test_a_batch_is_never_larger_than_the_payload_limit() -> None:
    stream, function = FakeStream(), Function()
    for number in ("1", "2", "3"):
        stream.put(number, new={"v": {"S": "x" * 2_500_000}})

    poller_of(stream, function).drain()

    assert function.batches == [["1", "2"], ["3"]]


def test_filtered_records_are_not_delivered_but_passed() -> None:
    stream, function = FakeStream(), Function()
    stream.put("1", name="INSERT")
    stream.put("2", name="REMOVE")
    stream.put("3", name="INSERT")
    checkpoint = Checkpoint(ARN)
    patterns = (EventPattern('{"eventName":["REMOVE"]}'), EventPattern('{"eventName":["NO"]}'))

    poller_of(stream, function, checkpoint=checkpoint, patterns=patterns).drain()

    assert function.batches == [["2"]]
    assert checkpoint.position("shard-1") == "3"


def test_a_modification_that_changes_nothing_is_dropped() -> None:
    stream, function = FakeStream(), Function()
    same = {"v": {"S": "x"}}
    stream.put("1", old=same, new=same)
    stream.put("2", old=same, new={"v": {"S": "y"}})

    poller_of(stream, function).drain()

    assert function.batches == [["2"]]


def test_a_partial_failure_goes_on_from_the_lowest_number_reported() -> None:
    attempts = iter([["4", "2"], []])

    def fails(_batch: list[str]) -> object:
        return {"batchItemFailures": [{"itemIdentifier": one} for one in next(attempts)]}

    stream, function = stream_of("1", "2", "3", "4"), Function(fails)

    poller_of(stream, function, reports_item_failures=True).drain()

    assert function.batches == [["1", "2", "3", "4"], ["2", "3", "4"]]


@pytest.mark.parametrize(
    "answer", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}]
)
def test_answers_that_are_a_success(answer: object) -> None:
    stream, function = stream_of("1", "2"), Function(lambda _: answer)

    poller_of(stream, function, reports_item_failures=True).drain()

    assert function.batches == [["1", "2"]]


@pytest.mark.parametrize(
    "answer",
    [
        "failed",
        {"batchItemFailures": "2"},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"bad key": "2"}]},
        {"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "unknown"}]},
        {"batchItemFailures": ["2"]},
    ],
)
def test_answers_that_fail_the_whole_batch(answer: object) -> None:
    answers = iter([answer, None])
    stream, function = stream_of("1", "2"), Function(lambda _: next(answers))

    poller_of(stream, function, reports_item_failures=True).drain()

    assert function.batches == [["1", "2"], ["1", "2"]]


def test_an_answer_counts_for_nothing_where_the_mapping_does_not_ask_for_reports() -> None:
    stream, function = stream_of("1", "2"), Function(reports("2"))

    poller_of(stream, function).drain()

    assert function.batches == [["1", "2"]]


def test_retries_are_bounded_and_the_whole_batch_is_given_up() -> None:
    stream, function = stream_of("1", "2", "3"), Function(raises_on("1"))
    discarded: list[DiscardedBatch] = []

    poller_of(stream, function, discarded=discarded, batch_size=2, retry_attempts=2).drain()

    assert function.batches == [["1", "2"]] * 3 + [["3"]]
    (given_up,) = discarded
    assert given_up.condition == "RetryAttemptsExhausted"
    assert [record.sequence_number for record in given_up.records] == ["1", "2"]
    assert given_up.invocations == 3


def test_no_retry_at_all_where_the_bound_is_zero() -> None:
    stream, function = stream_of("1"), Function(raises_on("1"))

    poller_of(stream, function, discarded=[], retry_attempts=0).drain()

    assert function.batches == [["1"]]


def test_without_a_bound_a_poisoned_record_blocks_its_shard() -> None:
    stream, function = stream_of("1", "2"), Function(raises_on("1"))

    with pytest.raises(NeverDrainedError):
        poller_of(stream, function, batch_size=1).drain(most_steps=50)

    assert set(map(tuple, function.batches)) == {("1",)}


def test_bisecting_finds_the_poisoned_record_and_delivers_the_rest_in_order() -> None:
    stream, function = stream_of(*"12345678"), Function(raises_on("6"))
    discarded: list[DiscardedBatch] = []

    poller_of(stream, function, discarded=discarded, bisects=True, retry_attempts=1).drain()

    assert [[record.sequence_number for record in one.records] for one in discarded] == [["6"]]
    delivered = [one for batch in function.batches if "6" not in batch for one in batch]
    assert delivered == list("1234578")
    # Splits use up no retries: the record itself was called once, and once again.
    assert function.batches.count(["6"]) == 2


def test_bisecting_with_reports_splits_at_the_number_reported() -> None:
    stream, function = stream_of(*"1234"), Function(reports("3"))
    discarded: list[DiscardedBatch] = []

    poller_of(
        stream,
        function,
        discarded=discarded,
        bisects=True,
        reports_item_failures=True,
        retry_attempts=1,
    ).drain()

    assert function.batches == [list("1234"), ["3", "4"], ["3"], ["3"], ["4"]]
    assert [[record.sequence_number for record in one.records] for one in discarded] == [["3"]]


def test_records_past_the_age_limit_are_given_up_and_younger_ones_are_not() -> None:
    stream, function, clock = FakeStream(), Function(raises_on("1")), Clock()
    stream.put("1", at=START - 50)
    stream.put("2", at=START)
    discarded: list[DiscardedBatch] = []
    poller = poller_of(stream, function, discarded=discarded, clock=clock, record_age_seconds=60)

    poller.step()
    clock.now += 20
    poller.drain()

    assert function.batches == [["1", "2"], ["2"]]
    (given_up,) = discarded
    assert given_up.condition == "RecordAgeExceeded"
    assert [record.sequence_number for record in given_up.records] == ["1"]


def test_retries_are_spaced_out() -> None:
    stream, function, clock = stream_of("1"), Function(raises_on("1")), Clock()
    poller = poller_of(stream, function, clock=clock)

    for _ in range(100):
        poller.step()
    assert len(function.batches) == 1

    clock.now += 0.1
    poller.step()
    clock.now += 0.1
    poller.step()
    assert len(function.batches) == 2


def test_a_function_that_cannot_be_called_is_tried_again_and_not_counted() -> None:
    calls = iter([FunctionUnavailableError(), FunctionUnavailableError(), None])

    def fails(_batch: list[str]) -> object:
        if error := next(calls):
            raise error
        return None

    stream, function = stream_of("1"), Function(fails)
    discarded: list[DiscardedBatch] = []

    poller_of(stream, function, discarded=discarded, retry_attempts=0).drain()

    assert len(function.batches) == 3
    assert discarded == []


def test_a_destination_that_fails_loses_nothing() -> None:
    stream, function = stream_of("1"), Function(raises_on("1"))
    kept: list[DiscardedBatch] = []
    refusals = iter([True, False])

    def discard(batch: DiscardedBatch) -> None:
        if next(refusals):
            raise OSError("the bucket does not answer")
        kept.append(batch)

    poller = Poller(
        stream.as_client(), ARN, function, MappingSettings(retry_attempts=0), discard=discard
    )

    with pytest.raises(OSError, match="does not answer"):
        poller.drain()
    poller.drain()

    assert len(kept) == 1
