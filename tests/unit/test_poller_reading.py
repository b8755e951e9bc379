"""The poller's reading: shards, iterators, and its checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.pollers import Crash, Function, poller_of, raises_on, reports, stream_of
from tests.streams import ARN, FakeStream
from tools.local.stream.checkpoint import Checkpoint

if TYPE_CHECKING:
    from pathlib import Path


def test_a_consumer_that_died_goes_on_at_the_saved_checkpoint(tmp_path: Path) -> None:
    def dies(batch: list[str]) -> object:
        if "3" in batch:
            raise Crash
        return None

    stream, path = stream_of("1", "2", "3", "4"), tmp_path / "checkpoint.json"
    with pytest.raises(Crash):
        poller_of(stream, Function(dies), checkpoint=Checkpoint(ARN, path), batch_size=2).drain()

    function = Function()
    poller_of(stream, function, checkpoint=Checkpoint(ARN, path), batch_size=2).drain()

    assert function.batches == [["3", "4"]]


def test_a_checkpoint_of_another_stream_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.json"
    Checkpoint(ARN, path).advance("shard-1", "5")

    assert Checkpoint(ARN, path).position("shard-1") == "5"
    assert Checkpoint("another", path).position("shard-1") is None


def test_only_what_is_finished_is_behind_the_checkpoint() -> None:
    checkpoint = Checkpoint(ARN)
    stream, function = stream_of("1", "2", "3"), Function(reports("2"))
    poller = poller_of(stream, function, checkpoint=checkpoint, reports_item_failures=True)

    poller.step()

    assert checkpoint.position("shard-1") == "1"


def test_latest_skips_what_was_there_and_nothing_after() -> None:
    stream, function = stream_of("1"), Function()
    poller = poller_of(stream, function, starting_position="LATEST")

    poller.drain()
    stream.put("2")
    stream.add_shard("shard-2")
    stream.put("9", shard="shard-2")
    poller.drain()

    assert sorted(function.batches) == [["2"], ["9"]]


def test_a_parent_shard_comes_before_its_children() -> None:
    stream, function = FakeStream(page_size=1), Function(raises_on())
    stream.add_shard("shard-2", parent="shard-1")
    stream.put("9", shard="shard-2")
    for number in ("1", "2"):
        stream.put(number)
    poller = poller_of(stream, function, batch_size=1)

    poller.drain()
    assert function.batches == [["1"], ["2"]]

    stream.closed.add("shard-1")
    stream.closed.add("shard-2")
    poller.drain()
    assert function.batches == [["1"], ["2"], ["9"]]


def test_a_shard_that_fails_holds_up_no_other() -> None:
    stream, function = stream_of("1"), Function(raises_on("1"))
    stream.add_shard("shard-2")
    stream.put("9", shard="shard-2")
    poller = poller_of(stream, function)

    for _ in range(3):
        poller.step()

    assert ["9"] in function.batches


def test_a_shard_that_cannot_be_read_holds_up_no_other() -> None:
    stream, function = stream_of("1"), Function()
    stream.add_shard("shard-2")
    stream.put("9", shard="shard-2")
    stream.refused_shards.add("shard-1")
    poller = poller_of(stream, function)

    with pytest.raises(ClientError, match="Throttling"):
        poller.step()
    assert function.batches == [["9"]]

    stream.refused_shards.clear()
    poller.drain()
    assert function.batches == [["9"], ["1"]]


def test_a_stream_that_cannot_be_described_is_still_read() -> None:
    stream, function = stream_of("1"), Function()
    poller = poller_of(stream, function, starting_position="LATEST")
    stream.described = False

    with pytest.raises(ClientError, match="Limit"):
        poller.step()
    stream.described = True
    poller.drain()
    stream.put("2")
    stream.described = False
    with pytest.raises(ClientError, match="Limit"):
        poller.step(at_once=True)

    assert function.batches == [["2"]]  # of a first listing that failed, LATEST is still LATEST


def test_trimmed_records_are_passed_over_and_the_rest_is_read() -> None:
    stream, function, checkpoint = stream_of("1"), Function(), Checkpoint(ARN)
    poller_of(stream, function, checkpoint=checkpoint).drain()
    # given a consumer that was away for longer than the stream keeps records
    stream.records["shard-1"].clear()
    for number in ("4", "5"):
        stream.put(number)
    poller_of(stream, function, checkpoint=checkpoint).drain()

    assert function.batches == [["1"], ["4", "5"]]


def test_an_expired_iterator_is_renewed_where_the_reading_stood() -> None:
    stream, function = FakeStream(page_size=2), Function()
    for number in ("1", "2", "3"):
        stream.put(number)
    stream.expired_iterators.add("shard-1 2")
    poller = poller_of(stream, function, batch_size=2)

    for _ in range(5):
        poller.step()

    assert function.batches == [["1", "2"], ["3"]]
