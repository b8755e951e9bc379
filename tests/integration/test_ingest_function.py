"""The function of the rows that come in, on an engine, with a queue (CONTRACT.md section 10)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
from moto import mock_aws

from functions.ingest.handler import handler
from installs.store import installs
from installs.store.row_queue import LARGEST_MESSAGE, REASONS, RowQueue
from installs.store.table import Table, client
from tests import caches
from tools.operate.redrive_rows import RowRedrive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_sqs import SQSClient

AT: Final = "2026-11-01T10:00:00.000Z"
WORKSPACE: Final = {
    "type": "workspace", "id": "wsp_acme", "name": "Acme", "handle": "acme", "ownerId": "usr_ada",
    "organizationId": None, "defaultRetentionTier": None, "createdAt": AT, "updatedAt": AT,
    "deletedAt": None,
}  # fmt: skip
INSTALL: Final = {
    "type": "install", "id": "ins_crm", "integrationId": "itg_crm",
    "integrationVersionId": "itv_crm_1", "workspaceId": "wsp_acme", "variables": {"region": "eu"},
    "authStateId": None, "memberPolicy": "manual", "parentInstallId": None, "solutionId": None,
    "installedBy": "usr_ada", "installedAt": AT, "lastUpgradedAt": None, "deletedAt": None,
    "retentionTier": None,
}  # fmt: skip


class Invocation:
    """Lambda's context, with a minute left."""

    aws_request_id = "req-1"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def table(
    table_name: str, dynamodb_endpoint: str, monkeypatch: pytest.MonkeyPatch, cold_start: None
) -> Table:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_endpoint)
    monkeypatch.setenv("TABLE_NAME", table_name)
    return Table(table_name, client())


@pytest.fixture
def sqs(table: Table, monkeypatch: pytest.MonkeyPatch) -> Iterator[SQSClient]:
    """A FIFO queue of rows and its dead letters."""
    with mock_aws():
        caches.reset()
        queues = boto3.client("sqs")
        for name, variable in (
            ("rows.fifo", "ROWS_QUEUE_URL"),
            ("rows-dead-letters.fifo", "ROWS_DEAD_LETTERS_URL"),
        ):
            url = queues.create_queue(
                QueueName=name,
                Attributes={
                    "FifoQueue": "true",
                    "DeduplicationScope": "messageGroup",
                    "VisibilityTimeout": "720",
                },
            )["QueueUrl"]
            monkeypatch.setenv(variable, url)
        yield queues


def call(event: dict[str, Any]) -> Any:  # noqa: ANN401 - the function's own JSON
    answer = handler(json.loads(json.dumps(event)), Invocation())
    return json.loads(json.dumps(answer, ensure_ascii=False).encode())  # as the runtime writes it


def send(sqs: SQSClient, url: str, *bodies: object, group: str = "wsp_acme") -> None:
    for number, body in enumerate(bodies):
        text = body if isinstance(body, str) else json.dumps(body)
        sqs.send_message(
            QueueUrl=url,
            MessageBody=text,
            MessageGroupId=group,
            MessageDeduplicationId=f"{group}-{number}",
        )


def deliver(sqs: SQSClient, url: str) -> set[str]:
    """Hand a batch to the function as Lambda's mapping does; how many are left of it."""
    batch = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    ).get("Messages", [])
    records = [
        {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:rows.fifo",
        }
        for message in batch
    ]
    response = call({"Records": records})
    failed = {failure["itemIdentifier"] for failure in response["batchItemFailures"]}
    for message in batch:
        if message["MessageId"] not in failed:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return failed


def queue_url(sqs: SQSClient, name: str) -> str:
    return sqs.get_queue_url(QueueName=name)["QueueUrl"]


def test_rows_of_a_call_are_applied_and_answered_in_order(table: Table) -> None:
    answer = call({"rows": [WORKSPACE, INSTALL, INSTALL, {"type": "install"}, 7]})

    assert [result["result"] for result in answer["results"]] == [
        "created", "created", "unchanged", "rejected", "rejected",
    ]  # fmt: skip
    assert answer["results"][3] == {
        "result": "rejected", "type": "install", "id": None, **answer["results"][3],
    }  # fmt: skip
    assert answer["results"][3]["code"] == "missing_field"
    state = installs.get(table, "ins_crm")
    assert state is not None
    assert state.row.variables == '{"region":"eu"}'


def test_a_row_that_is_no_portable_json_is_rejected_by_itself(table: Table) -> None:
    deep: object = 0
    for _ in range(600):
        deep = [deep]
    poison: list[object] = ["\ud800", 10**400, deep]
    wrong: list[object] = [
        INSTALL | {"id": f"ins_{n}", "variables": {"a": it}} for n, it in enumerate(poison)
    ]
    wrong += [INSTALL | {"id": "\ud800"}, INSTALL | {"type": "\ud800"}, INSTALL | {"\ud800": 1}]
    large: object = INSTALL | {"variables": {"n": 2**64}}

    results = call({"rows": [*wrong, WORKSPACE, large]})["results"]

    assert [result.get("code") for result in results] == ["invalid_json"] * 6 + [None] * 2
    state = installs.get(table, "ins_crm")
    assert state is not None
    assert state.row.variables == '{"n":18446744073709551616}'


def test_a_call_that_cannot_be_read_applies_nothing(table: Table) -> None:
    answer = call({"rows": [WORKSPACE] * 501})

    assert answer == {
        "errors": [
            {
                "code": "too_many_rows",
                "pointer": "/rows",
                "detail": "has 501 rows; a call takes 500",
            }
        ]
    }


def test_messages_are_applied_and_leave_the_queue(table: Table, sqs: SQSClient) -> None:
    url = queue_url(sqs, "rows.fifo")
    send(sqs, url, WORKSPACE, {"rows": [INSTALL]})

    assert deliver(sqs, url) == set()
    assert installs.get(table, "ins_crm") is not None


def test_a_rejected_row_is_a_dead_letter_with_its_reason(table: Table, sqs: SQSClient) -> None:
    url, dead_letters = queue_url(sqs, "rows.fifo"), queue_url(sqs, "rows-dead-letters.fifo")
    ghost = {**INSTALL, "id": "ins_ghost", "workspaceId": "wsp_ghost"}
    send(sqs, url, {"rows": [WORKSPACE, ghost, INSTALL]})

    assert deliver(sqs, url) == set()

    assert installs.get(table, "ins_crm") is not None
    assert installs.get(table, "ins_ghost") is None
    (letter,) = sqs.receive_message(
        QueueUrl=dead_letters, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
    )["Messages"]
    assert json.loads(letter["Body"]) == {"rows": [ghost]}
    assert letter["Attributes"]["MessageGroupId"] == "wsp_acme"
    (reason,) = json.loads(letter["MessageAttributes"][REASONS]["StringValue"])
    assert (reason["row"], reason["code"], reason["pointer"]) == (
        "ins_ghost", "unknown_workspace", "/workspaceId",
    )  # fmt: skip


@pytest.mark.parametrize("depth", [99, 499])
def test_a_row_that_is_nested_too_deeply_is_a_dead_letter_at_once(
    table: Table, sqs: SQSClient, depth: int
) -> None:
    url, dead_letters = queue_url(sqs, "rows.fifo"), queue_url(sqs, "rows-dead-letters.fifo")
    variables = '{"a":' + "[" * (depth - 1) + "1.10" + "]" * (depth - 1) + "}"
    row = json.dumps(INSTALL | {"variables": 7}).replace("7", variables)
    send(sqs, url, row if depth > 400 else f'{{"rows":[{row[:-1]},"more":[{variables}]}}]}}')

    assert deliver(sqs, url) == set()

    (letter,) = sqs.receive_message(QueueUrl=dead_letters)["Messages"]
    assert variables in letter["Body"]


def test_a_dead_letter_has_what_sqs_takes(table: Table, sqs: SQSClient) -> None:
    url, dead_letters = queue_url(sqs, "rows.fifo"), queue_url(sqs, "rows-dead-letters.fifo")
    odd = {"type": "user", "id": "usr_odd", "name": "\ufffe\uffffé"}
    send(sqs, url, {"rows": [WORKSPACE, odd]}, json.dumps(odd, indent=1))

    assert deliver(sqs, url) == set()

    bodies = [
        letter["Body"]
        for letter in sqs.receive_message(QueueUrl=dead_letters, MaxNumberOfMessages=10)["Messages"]
    ]
    written = '{"type":"user","id":"usr_odd","name":"\\ufffe\\uffffé"}'
    # a message of which all is rejected stays as it came: written anew, it might be too large
    assert bodies == [f'{{"rows":[{written}]}}', json.dumps(odd, indent=1)]


def test_a_dead_letter_without_room_for_reasons_is_kept(sqs: SQSClient) -> None:
    url, dead_letters = queue_url(sqs, "rows.fifo"), queue_url(sqs, "rows-dead-letters.fifo")
    reasons = [{"code": "too_large", "pointer": "", "detail": "x" * 500}]

    RowQueue(url, dead_letters).dead_letter(
        "y" * (LARGEST_MESSAGE - 300), group_id="wsp_acme", message_id="m-1", reasons=reasons
    )

    (letter,) = sqs.receive_message(QueueUrl=dead_letters, MessageAttributeNames=["All"])[
        "Messages"
    ]
    assert "MessageAttributes" not in letter


def test_what_has_to_wait_is_delivered_again_soon(table: Table, sqs: SQSClient) -> None:
    url = queue_url(sqs, "rows.fifo")
    send(sqs, url, {"rows": [WORKSPACE]})

    class NoTime(Invocation):
        def get_remaining_time_in_millis(self) -> int:
            return 0

    (message,) = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:rows.fifo",
    }
    response = handler({"Records": [record]}, NoTime())

    assert response == {"batchItemFailures": [{"itemIdentifier": message["MessageId"]}]}
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "1"
    # Nothing was written: the workspace is new.
    assert call({"rows": [WORKSPACE]})["results"][0]["result"] == "created"


def test_dead_letters_are_sent_again_and_applied_once_their_cause_is_gone(
    table: Table, sqs: SQSClient
) -> None:
    url, dead_letters = queue_url(sqs, "rows.fifo"), queue_url(sqs, "rows-dead-letters.fifo")
    send(sqs, url, INSTALL)
    deliver(sqs, url)
    assert installs.get(table, "ins_crm") is None
    call({"rows": [WORKSPACE]})

    (sent,) = RowRedrive(sqs, url, dead_letters).run()

    assert sent.group_id == "wsp_acme"
    assert "unknown_workspace" in sent.reasons
    assert deliver(sqs, url) == set()
    assert installs.get(table, "ins_crm") is not None
    assert list(RowRedrive(sqs, url, dead_letters).run()) == []
