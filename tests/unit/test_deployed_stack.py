"""Commands on a stack in CloudFormation: its outputs name all that they need."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import boto3
import httpx
import pytest
from moto import mock_aws

from installs.principals import KeyKind
from tests import records
from tests.commands import Done, run
from tools.api_keys import keys as api_keys
from tools.importer.table import open_table
from tools.local.dynoxide import CREDENTIALS, REGION
from tools.local.paths import TEMPLATE
from tools.local.tables import TableDefinition, load_template
from tools.outcome import Exit

from installs.store import items, keys  # isort: skip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Command = Callable[..., Done]

STACK: Final = "installs-prod"
QUEUES: Final = f"https://sqs.{REGION}.amazonaws.com/123456789012"
OUTPUTS: Final = {
    "ApiUrl": "https://api.example/prod",
    "TableName": "the-table",
    "DeadLetterBucketName": "dead-letters",
    "CascadeFunctionName": "cascade",
    "UnpublishedBucketName": "unpublished",
    "PublishFunctionName": "publish",
    "EventBusName": "default",
    "IngestFunctionName": "ingest",
    "RowsQueueUrl": f"{QUEUES}/rows.fifo",
    "RowsDeadLettersUrl": f"{QUEUES}/dead-letters.fifo",
}


@pytest.fixture(scope="module")
def aws() -> Iterator[None]:
    """An account that has a stack, with its table, buckets and queues."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in (CREDENTIALS | {"AWS_DEFAULT_REGION": REGION}).items():
            patch.setenv(name, value)
        session = boto3.Session()
        _make_stack(session, STACK, OUTPUTS)
        _make_stack(session, "another", {"Other": "x"})
        TableDefinition.from_template(TEMPLATE).create(
            session.client("dynamodb"), OUTPUTS["TableName"]
        )
        for name in ("dead-letters", "unpublished"):
            session.client("s3").create_bucket(
                Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        for name in ("rows.fifo", "dead-letters.fifo"):
            session.client("sqs").create_queue(QueueName=name, Attributes={"FifoQueue": "true"})
        yield


def _make_stack(session: boto3.Session, name: str, outputs: dict[str, str]) -> None:
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {output: {"Value": value} for output, value in outputs.items()},
    }
    client: Any = session.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=json.dumps(template))


@pytest.fixture
def command(aws: None, tmp_path: Path) -> Command:
    """Runs a command beside a directory in which no local system runs."""
    return lambda text, **given: run(text, tmp_path, **given)


def test_the_outputs_are_those_of_the_template() -> None:
    assert OUTPUTS.keys() <= load_template(TEMPLATE)["Outputs"].keys()


def test_the_table_of_a_stack_is_read(command: Command) -> None:
    table = open_table(OUTPUTS["TableName"], None)
    table.client.put_item(
        TableName=table.name,
        Item=items.row_to_item(keys.workspace("wsp"), records.workspace("wsp")),
    )
    made = api_keys.create(table, KeyKind.SECRET, "wsp", label="billing")

    listed = command(f"keys list --stack {STACK}")
    assert (listed.code, listed.out.split("\t")[0]) == (Exit.DONE, made.key.id)
    assert listed.out.endswith("\tbilling\n")
    assert command(f"history ins_a --stack {STACK}").err == "There is no history of ins_a.\n"
    verified = command(f"verify --stack {STACK}")
    assert verified.out.endswith("No disagreements.\n")
    assert verified.err == "Checked: 2 rows, 3 items\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("redrive", "There are no dead letters."),
        ("redrive-rows", "No rows wait."),
        ("replay --since 2026-01-01T00:00:00Z", "0 events were sent again."),
    ],
)
def test_what_waits_in_a_stack_is_sent_again(command: Command, text: str, told: str) -> None:
    done = command(f"{text} --stack {STACK}")
    assert (done.code, done.out) == (Exit.DONE, f"{told}\n")


def test_the_api_of_a_stack_is_called(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[httpx.Request] = []
    info = {
        "total": 0, "hasNextPage": False, "hasPreviousPage": False,
        "startCursor": None, "endCursor": None,
    }  # fmt: skip

    def answer(_: object, request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"data": [], "pageInfo": info})

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", answer)
    done = command(f"list --stack {STACK} --token-file -", answers="sec_secret\n")

    assert (done.code, done.err) == (Exit.DONE, "0 of 0\n")
    assert [one.url.host for one in asked] == ["api.example"]
    assert asked[0].headers["authorization"] == "Bearer sec_secret"


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("verify --stack nowhere", Exit.UNREACHABLE, "nowhere does not exist"),
        ("verify --stack another", Exit.UNREACHABLE, "has no output TableName"),
        (f"verify --stack {STACK} --table x", Exit.USAGE, "Give --table, or --stack alone"),
        (f"redrive --stack {STACK} --bucket x", Exit.USAGE, "Give --bucket and --function, or"),
        ("redrive --bucket x", Exit.USAGE, "Give --bucket and --function, or"),
        ("replay --since 2026-01-01T00:00:00Z --bus x", Exit.USAGE, "Give --table and --bus, or"),
        (f"list --stack {STACK}", Exit.USAGE, "A token is needed"),
        (f"list --stack {STACK} --as usr_ada", Exit.USAGE, "--as is for the local service"),
        (f"verify --stack {STACK} --profile nobody", Exit.UNREACHABLE, "nobody"),
        ("verify --table nowhere", Exit.UNREACHABLE, "not found"),
        ("smoke", Exit.USAGE, "Give --stack, or --base-url"),
    ],
)
def test_what_cannot_be_chosen_is_told(command: Command, text: str, code: Exit, told: str) -> None:
    done = command(text)
    assert (done.code, done.out) == (code, ""), done
    assert told in done.err
