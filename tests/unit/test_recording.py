"""Recording of a handler's requests: sizes, and dependencies between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from installs.query.planning.cost import BUDGET
from installs.store import keys, reader, table
from installs.store.connection import Connection
from installs.store.keys import Key
from installs.store.parallel import Call as DynamoDBCall
from installs.store.parallel import gather
from installs.store.reader import TableReader
from installs.store.spans import Span
from installs.store.table import Table
from tools.bench.recording import Recorder, recorded
from tools.bench.trace import Begin, Call, Fork, calls

if TYPE_CHECKING:
    from installs.store.parallel import Read


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    def answer(_: Connection, operation: str, request: dict[str, Any]) -> Any:  # noqa: ANN401
        units = {"CapacityUnits": 2.0}
        if operation == "Query":
            return {"Items": [], "ScannedCount": 0, "Count": 7, "ConsumedCapacity": units}
        if operation == "TransactWriteItems":
            assert request["ReturnConsumedCapacity"] == "TOTAL"
            return {"ConsumedCapacity": [units, units]}
        if operation == "BatchGetItem":
            return {"Responses": {"t": []}, "ConsumedCapacity": [units]}
        return {"ConsumedCapacity": units}

    monkeypatch.setattr(Connection, "call", answer)
    return Recorder("http://127.0.0.1:1", "eu-central-1")


def shape(trace: Any) -> Any:  # noqa: ANN401 - nested tuples
    return tuple(
        step.operation if isinstance(step, Call)
        else ("fork", *map(shape, step.branches)) if isinstance(step, Fork)
        else ("begin", step.number, shape(step.branch)) if isinstance(step, Begin)
        else ("await", step.number)
        for step in trace
    )  # fmt: skip


def test_the_lists_reads_are_forks_and_what_is_begun_beside_is_awaited(recorder: Recorder) -> None:
    with recorded(recorder):
        it = TableReader(Table("t", table.client()), BUDGET)
        spans = [Span(keys.BY_WORKSPACE, f"wsp_{n}#live") for n in range(3)]
        total = it.begin_total([], spans[:2], None)
        it.batches([(span, 5, None) for span in spans], None)
        assert total() == 14
    query = ("Query",)
    assert shape(recorder.trace()) == (
        ("begin", 1, ()),
        ("begin", 2, (("fork", query, query),)),
        ("fork", query, query, query),
        ("await", 1),
        ("await", 2),
    )
    assert recorder.trace() == ()


def test_a_failure_in_a_branch_is_raised_and_what_follows_is_recorded(recorder: Recorder) -> None:
    def fails() -> Read[None]:
        yield DynamoDBCall("Query", QUERY)
        raise LookupError

    with pytest.raises(LookupError):
        recorder.gather(recorder, [fails()])
    assert recorder.gather(recorder, []) == []
    recorder.call("GetItem", {"Key": {"pk": {"S": "a"}}})
    assert shape(recorder.trace()) == ("GetItem",)


QUERY: dict[str, Any] = {
    "IndexName": "byWorkspace",
    "ExpressionAttributeValues": {":v0": {"S": "wsp_a#live"}},
}


def test_a_read_has_its_units_its_kilobytes_and_its_partition(recorder: Recorder) -> None:
    with recorded(recorder):
        it = Table("t", table.client())
        it.get(Key("USER#a", "USER"))
        it.query_page(QUERY)
        it.get_many([Key("a", "b")], consistent=False)
        it.transact([])
    consistent, eventual, batch, write = calls(recorder.trace())
    assert (consistent.read, consistent.examined, consistent.partition) == (2, 8, "USER#a")
    assert (eventual.read, eventual.examined) == (2, 16)
    assert eventual.partition == "byWorkspace wsp_a#live"
    assert (batch.examined, batch.partition) == (16, None)
    assert (write.read, write.written, write.examined, write.writes) == (0, 4, 0, True)
    assert 0 < consistent.answered < 1


def test_afterwards_the_store_has_its_own_connection_again(recorder: Recorder) -> None:
    with recorded(recorder):
        assert vars(reader)["gather"] == recorder.gather
        assert table.client.cache_info().currsize == 0
    assert table.client.cache_info().currsize == 0
    assert (vars(table)["Connection"], vars(reader)["gather"]) == (Connection, gather)
