"""Messages of the queue: order in a group, dead letters, delays (CONTRACT.md section 10)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from installs.errors import Issue
from installs.ingest.queue import Consumer
from installs.ingest.results import Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from installs.ingest.calls import Call
    from installs.origin import Origin


@dataclass
class Service:
    """A queue and a table in memory: what is asked of them, in order."""

    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    applied: list[str] = field(default_factory=list)
    delays: dict[str, int] = field(default_factory=dict)
    dead: list[tuple[str, str, str, Sequence[Mapping[str, str]]]] = field(default_factory=list)

    def apply(self, call: Call, *, origin: Origin) -> list[Result]:
        results = []
        for row in call.rows:
            assert isinstance(row, dict)
            self.applied.append(row["id"])
            outcome = self.outcomes.get(row["id"], Outcome.CREATED)
            refused = outcome in (Outcome.REJECTED, Outcome.DEFERRED)
            issues = (Issue("why", "because", pointer="/id"),) if refused else ()
            results.append(Result(outcome, "user", row["id"], issues=issues))
        return results

    def delay(self, receipt_handle: str, seconds: int) -> None:
        self.delays[receipt_handle] = seconds

    def dead_letter(
        self, body: str, *, group_id: str, message_id: str, reasons: Sequence[Mapping[str, str]]
    ) -> None:
        self.dead.append((body, group_id, message_id, reasons))


def message(
    message_id: str, *row_ids: str, group: str = "a", received: int = 1, body: str | None = None
) -> dict[str, Any]:
    """A record as Lambda hands it over."""
    rows = [{"type": "user", "id": row_id} for row_id in row_ids]
    return {
        "messageId": message_id,
        "receiptHandle": f"receipt-{message_id}",
        "body": json.dumps({"rows": rows}) if body is None else body,
        "attributes": {
            "MessageGroupId": group,
            "ApproximateReceiveCount": str(received),
            "SentTimestamp": "1700000000000",
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:rows.fifo",
    }


def consume(service: Service, *records: dict[str, Any]) -> tuple[set[str], Consumer]:
    """The ids of the messages that are to come again."""
    consumer = Consumer(service.apply, service)
    response = consumer.consume({"Records": list(records)})
    return {failure["itemIdentifier"] for failure in response["batchItemFailures"]}, consumer


def test_a_batch_without_messages_is_nothing_to_do() -> None:
    assert consume(Service())[0] == set()


def test_all_messages_are_applied_in_order() -> None:
    service = Service()

    failed, consumer = consume(service, message("1", "x", "y"), message("2", "z"))

    assert failed == set()
    assert service.applied == ["x", "y", "z"]
    assert consumer.outcomes == {Outcome.CREATED: 3}
    assert len(consumer.lags) == 2


def test_a_message_that_has_to_wait_holds_up_its_group_and_no_other() -> None:
    service = Service({"x": Outcome.DEFERRED})

    failed, _ = consume(
        service,
        message("1", "x", group="a"),
        message("2", "y", group="b"),
        message("3", "z", group="a"),
        message("4", "w", group="b"),
    )

    assert failed == {"1", "3"}
    assert service.applied == ["x", "y", "w"]
    assert service.dead == []


def test_a_batch_in_which_all_has_to_wait_is_no_error_of_the_function() -> None:
    failed, consumer = consume(Service({"x": Outcome.DEFERRED}), message("1", "x"))

    assert failed == {"1"}
    assert consumer.outcomes == {Outcome.DEFERRED: 1}


def test_what_has_to_wait_comes_again_later_each_time() -> None:
    service = Service({"x": Outcome.DEFERRED, "y": Outcome.DEFERRED})

    consume(
        service,
        message("1", "x", group="a", received=3),
        message("2", "y", group="b", received=1_000),
        message("3", "z", group="c"),
    )

    assert service.delays == {"receipt-1": 8, "receipt-2": 300}


def test_rejected_rows_alone_are_dead_letters_with_their_reasons() -> None:
    service = Service({"y": Outcome.REJECTED})

    failed, consumer = consume(service, message("1", "x", "y", "z", group="wsp_1"))

    assert failed == set()
    ((body, group, message_id, reasons),) = service.dead
    assert json.loads(body) == {"rows": [{"type": "user", "id": "y"}]}
    assert (group, message_id) == ("wsp_1", "1")
    assert reasons == [{"code": "why", "pointer": "/id", "detail": "because", "row": "y"}]
    assert consumer.outcomes == {Outcome.CREATED: 2, Outcome.REJECTED: 1}


def test_a_dead_letter_keeps_the_option_of_its_message() -> None:
    service = Service({"y": Outcome.REJECTED})
    body = '{"rows":[{"type":"user","id":"y","n":1.10}],"recreatePurged":true}'

    consume(service, message("1", body=body))

    assert service.dead[0][0] == body


def test_a_message_that_cannot_be_read_is_a_dead_letter_as_it_came() -> None:
    service = Service()

    failed, _ = consume(service, message("1", body="{not json"), message("2", "x"))

    assert failed == set()
    assert service.dead[0][:3] == ("{not json", "a", "1")
    assert service.dead[0][3][0]["code"] == "invalid_json"
    assert service.applied == ["x"]


def test_a_message_with_rows_that_wait_keeps_its_rejected_rows_for_the_next_time() -> None:
    service = Service({"x": Outcome.REJECTED, "y": Outcome.DEFERRED})

    failed, _ = consume(service, message("1", "x", "y"))

    assert failed == {"1"}
    assert service.dead == []


def test_a_queue_that_takes_no_delay_brings_back_only_what_has_to_wait() -> None:
    class Refusing(Service):
        def delay(self, *_: object) -> None:
            raise OSError("no queue")

    failed, consumer = consume(
        Refusing({"x": Outcome.DEFERRED}), message("1", "x"), message("2", "y", group="b")
    )

    assert failed == {"1"}
    assert consumer.outcomes == {Outcome.DEFERRED: 1, Outcome.CREATED: 1}


def test_a_message_whose_dead_letter_cannot_be_kept_comes_again() -> None:
    class Refusing(Service):
        def dead_letter(self, *_: object, **__: object) -> None:
            raise OSError("no queue")

    failed, _ = consume(Refusing({"x": Outcome.REJECTED}), message("1", "x"), message("2", "y"))

    assert failed == {"1", "2"}
