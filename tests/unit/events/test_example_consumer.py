"""The example of docs/events.md: a credential that follows its install (CONTRACT.md section 11)."""

from __future__ import annotations

import importlib.util
import json
from itertools import permutations
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
from moto import mock_aws

from tools.events.examples import EVENTS, envelope
from tools.local.dynoxide import CREDENTIALS, REGION
from tools.local.paths import ROOT
from tools.local.stream.patterns import EventPattern
from tools.local.tables import load_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDER: Final = ROOT / "examples" / "credentials"
LIFE: Final = [envelope(event) for event in EVENTS]
CREATED, CHANGED, UNINSTALLED, SETTLED, RESTORED, PURGED = LIFE


def consumer() -> Any:  # noqa: ANN401 - a module that is no part of a package
    spec = importlib.util.spec_from_file_location("consumer", FOLDER / "consumer.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {**CREDENTIALS, "AWS_DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(name, value)
    properties = load_template(FOLDER / "template.yaml")["Resources"]["Credentials"]["Properties"]
    with mock_aws():
        table = boto3.resource("dynamodb").create_table(TableName="credentials", **properties)
        monkeypatch.setenv("CREDENTIALS_TABLE", "credentials")
        yield table


def row(table: Any) -> dict[str, Any]:  # noqa: ANN401
    found: dict[str, Any] = table.get_item(Key={"installId": "ins_crm"}).get("Item", {})
    return found


def deliver(module: Any, *events: dict[str, Any]) -> list[str]:  # noqa: ANN401
    records = [
        {"messageId": str(number), "body": json.dumps(event)} for number, event in enumerate(events)
    ]
    answer = module.handler({"Records": records}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_a_credential_is_revoked_taken_up_again_and_forgotten(credentials: Any) -> None:  # noqa: ANN401
    module = consumer()
    states = []
    for event in LIFE:
        assert deliver(module, event) == []
        if event is CREATED:
            credentials.update_item(
                Key={"installId": "ins_crm"},
                UpdateExpression="SET secret = :s",
                ExpressionAttributeValues={":s": "hush"},
            )
        states.append((row(credentials)["state"], row(credentials).get("secret")))

    assert states == [
        ("active", "hush"), ("active", "hush"), ("revoked", "hush"), ("revoked", "hush"),
        ("active", "hush"), ("forgotten", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "events", [*permutations([UNINSTALLED, RESTORED, PURGED, SETTLED])], ids=range(24)
)
def test_order_and_duplicates_do_not_matter(
    credentials: Any,  # noqa: ANN401
    events: Sequence[dict[str, Any]],
) -> None:
    assert deliver(consumer(), CREATED, *events, *events) == []

    assert row(credentials)["state"] == "forgotten"
    assert row(credentials)["revision"] == PURGED["detail"]["revision"]


def test_a_replay_leads_to_the_state_of_now(credentials: Any) -> None:  # noqa: ANN401
    gone = {"install": None, "replayed": True}
    replayed = [event | {"detail": event["detail"] | gone} for event in (CREATED, UNINSTALLED)]

    deliver(consumer(), *replayed)

    assert row(credentials)["state"] == "forgotten"


def test_a_message_that_fails_comes_again_alone(credentials: Any) -> None:  # noqa: ANN401
    assert deliver(consumer(), {"detail": {}}, CREATED) == ["0"]
    assert row(credentials)["state"] == "active"


def test_the_rule_lets_through_all_that_the_function_takes() -> None:
    resources = load_template(FOLDER / "template.yaml")["Resources"]
    pattern = EventPattern(json.dumps(resources["Rule"]["Properties"]["EventPattern"]))
    function = resources["Consumer"]["Properties"]

    wanted = [event for event in LIFE if pattern.matches(event)]

    assert wanted == [event for event in LIFE if event is not SETTLED]
    module, _, name = function["Handler"].partition(".")
    assert (FOLDER / f"{module}.py").exists()
    assert callable(getattr(consumer(), name))
