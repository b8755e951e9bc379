"""The events of `sam local invoke` are what the deployed parts would send."""

from __future__ import annotations

import json
import re
from hashlib import md5
from pathlib import Path
from typing import Any, Final

import pytest
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from installs.ingest.calls import read_event, read_message
from installs.store import history, items, keys

ROOT: Final = Path(__file__).parents[2]
EVENTS: Final = ROOT / "events"
FUNCTIONS: Final = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Resources"]

Json = dict[str, Any]


def folders() -> dict[str, Json]:
    """The functions of the template by the name of their folder."""
    return {
        Path(resource["Properties"]["CodeUri"]).name: resource["Properties"]
        for resource in FUNCTIONS.values()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def read(path: Path) -> Json:
    event: Json = json.loads(path.read_text(encoding="utf-8"))
    return event


API_EVENTS: Final = sorted(
    path
    for path in EVENTS.glob("*/*.json")
    if path.parent.name not in {"authorizer", "cascade", "repair", "ingest", "publish", "schemas"}
)
STREAM_EVENTS: Final = sorted((EVENTS / "cascade").glob("*.json"))
PUBLISHED: Final = sorted((EVENTS / "publish").glob("*.json"))


def test_every_function_has_an_event_and_every_event_a_function() -> None:
    found = {path.parent.name for path in EVENTS.glob("*/*.json")}
    assert found - {"schemas"} == folders().keys()


@pytest.mark.parametrize("path", API_EVENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_api_event_is_of_its_functions_route(path: Path) -> None:
    event = read(path)
    route = folders()[path.parent.name]["Events"]["Route"]["Properties"]

    assert (event["resource"], event["httpMethod"]) == (route["Path"], route["Method"].upper())
    assert event["requestContext"]["resourcePath"] == route["Path"]
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route["Path"])
    found = re.fullmatch(pattern, event["path"])
    assert found is not None
    assert (event["pathParameters"] or {}) == found.groupdict()


@pytest.mark.parametrize("path", API_EVENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_api_event_says_who_calls_and_says_each_thing_twice(path: Path) -> None:
    event = read(path)

    authorizer = event["requestContext"]["authorizer"]
    assert (authorizer["principal"], authorizer["kind"]) == ("usr_ada", "user")
    for one, many in (
        ("headers", "multiValueHeaders"),
        ("queryStringParameters", "multiValueQueryStringParameters"),
    ):
        assert {name: [value] for name, value in (event[one] or {}).items()} == (event[many] or {})


def test_the_authorizers_token_gets_past_the_gateway() -> None:
    event = read(EVENTS / "authorizer" / "token.json")
    authorizers = FUNCTIONS["Api"]["Properties"]["Auth"]["Authorizers"]

    expression = authorizers["BearerToken"]["Identity"]["ValidationExpression"]

    assert event["type"] == "TOKEN"
    assert re.fullmatch(expression, event["authorizationToken"])


@pytest.mark.parametrize(
    "path", [*STREAM_EVENTS, *PUBLISHED], ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_a_stream_event_holds_items_as_the_table_does(path: Path) -> None:
    (record,) = read(path)["Records"]
    change = record["dynamodb"]
    if path.stem == "settled":
        entry = history.item_to_entry(change["NewImage"])
        assert change["Keys"] == items.encode_key(entry.key)
        return

    assert change["Keys"] == items.encode_key(keys.install("ins_crm"))
    for image in ("NewImage", "OldImage"):
        if image in change:
            assert items.install_to_item(items.item_to_install(change[image])) == change[image]


def test_the_stream_events_are_the_four_transitions() -> None:
    def transition(path: Path) -> tuple[str, bool, bool, bool]:
        (record,) = read(path)["Records"]
        change = record["dynamodb"]
        swept = record.get("userIdentity", {}).get("principalId") == "dynamodb.amazonaws.com"
        return (
            record["eventName"],
            items.DELETION_ID in change.get("OldImage", {}),
            items.DELETION_ID in change.get("NewImage", {}),
            swept,
        )

    transitions = {
        "uninstall": ("MODIFY", False, True, False),
        "restore": ("MODIFY", True, False, False),
        "purge": ("REMOVE", True, False, False),
        "expiry": ("REMOVE", True, False, True),
    }
    assert {path.stem: transition(path) for path in STREAM_EVENTS} == transitions
    published = {path.stem: transition(path) for path in PUBLISHED}
    assert published == transitions | {"settled": ("INSERT", False, True, False)}


def test_the_events_of_rows_are_a_call_and_a_message_of_the_queue() -> None:
    (message,) = read(EVENTS / "ingest" / "queue.json")["Records"]

    assert (
        read_message(message["body"]).rows == read_event(read(EVENTS / "ingest" / "rows.json")).rows
    )
    assert message["eventSource"] == "aws:sqs"
    assert message["md5OfBody"] == md5(message["body"].encode()).hexdigest()  # noqa: S324 - SQS's
