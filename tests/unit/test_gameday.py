"""A game day: what is broken is mended, whatever happens, and what is wrong is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
from moto import mock_aws

from installs_client import ThrottledError, UnavailableError, UnreachableError
from installs_client.errors import Problem
from tests.commands import run
from tools.gameday.drill import Drill, ask
from tools.gameday.faults import FAULTS, Change, Fault
from tools.gameday.stack import ProductionStackError, Stack
from tools.local.dynoxide import CREDENTIALS, REGION
from tools.local.paths import TEMPLATE
from tools.local.tables import load_template

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SESSION: Final[dict[str, Any]] = {
    "aws_access_key_id": CREDENTIALS["AWS_ACCESS_KEY_ID"],
    "aws_secret_access_key": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    "region_name": REGION,
}
ROLE: Final = {"Version": "2012-10-17", "Statement": []}
FUNCTIONS: Final = ("ListInstallsFunction", "AuthorizerFunction", "CascadeFunction")


def template() -> str:
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Handler": "index.handler", "Runtime": "python3.13", "Code": {"ZipFile": "handler = 1"},
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        },
    }  # fmt: skip
    table = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        },
    }
    return json.dumps(
        {
            "Parameters": {"Stage": {"Type": "String"}},
            "Resources": {
                "Role": {
                    "Type": "AWS::IAM::Role",
                    "Properties": {"AssumeRolePolicyDocument": ROLE},
                },
                "Table": table,
                **dict.fromkeys(FUNCTIONS, function),
            },
            "Outputs": {
                "TableName": {"Value": {"Ref": "Table"}},
                "ApiUrl": {"Value": "https://api.invalid/staging"},
            },
        }
    )


@pytest.fixture
def session() -> Iterator[boto3.Session]:
    with mock_aws():
        made = boto3.Session(**SESSION)
        for name, stage in (("staging", "staging"), ("prod", "prod")):
            made.client("cloudformation").create_stack(
                StackName=name,
                TemplateBody=template(),
                Parameters=[{"ParameterKey": "Stage", "ParameterValue": stage}],
            )
        yield made


@pytest.fixture
def stack(session: boto3.Session) -> Stack:
    return Stack(session, "staging")


class Time:
    """A clock that every pause moves on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Broken:
    """A stack in memory, which answers as it is told while it is broken."""

    def __init__(self, status: int = 503, *, alarms: set[str] | None = None) -> None:
        self.status, self.broken, self.mended = status, False, 0
        self.on = {"A"} if alarms is None else alarms
        self.time = Time()

    def alarms(self, logical_ids: frozenset[str]) -> set[str]:
        return self.on & logical_ids

    def ask(self) -> int:
        if self.status < 0 and self.broken:
            raise KeyboardInterrupt
        return self.status if self.broken else 200

    def prepare(self, _: object) -> Change:
        def set_to(broken: bool) -> None:
            self.broken = broken
            self.mended += not broken

        return Change(lambda: set_to(True), lambda: set_to(False), "aws mend")

    def drill(self, told: list[str]) -> bool:
        fault = Fault("It breaks.", self.prepare, frozenset({200, 503}), frozenset({"A"}), 1)
        stack: Any = self
        drill = Drill(stack, fault, self.ask, told.append, clock=self.time, sleep=self.time.sleep)
        return drill.run(60)


def test_a_drill_that_goes_as_it_should() -> None:
    stack, told = Broken(), list[str]()

    assert stack.drill(told)
    assert (stack.broken, stack.mended) == (False, 1)
    assert told == [
        "It breaks.",
        "  to undo it by hand: aws mend",
        "  undone",
        "  65 requests: 5 x 200, 60 x 503; the longest took 0.0 s",
        "  well again 5 s after the repair",
        "  went off: A",
    ]


@pytest.mark.parametrize(
    ("stack", "wrong"),
    [
        (Broken(500), "  WRONG 60 x status 500"),
        (Broken(0), "  WRONG 60 x no answer, or none of the API's"),
        (Broken(alarms=set()), "  WRONG A did not go off"),
    ],
)
def test_what_is_not_as_it_should_be_is_named(stack: Broken, wrong: str) -> None:
    told: list[str] = []

    assert not stack.drill(told)
    assert told[-1] == wrong


def test_whatever_interrupts_it_the_stack_is_mended() -> None:
    stack = Broken(-1)

    with pytest.raises(KeyboardInterrupt):
        stack.drill([])

    assert (stack.broken, stack.mended) == (False, 1)


def test_a_production_stack_is_never_broken(session: boto3.Session) -> None:
    with pytest.raises(ProductionStackError):
        Stack(session, "prod")


@pytest.mark.parametrize("before", [None, 7])
@pytest.mark.parametrize("name", ["list", "authorizer", "cascade"])
def test_a_refused_function_gets_back_what_it_had(
    stack: Stack, name: str, before: int | None
) -> None:
    functions = stack.client("lambda")
    fault = FAULTS[name]
    (function,) = (stack.resource(one) for one in FUNCTIONS if one.lower().startswith(name))

    def reserved() -> int | None:
        answer = functions.get_function_concurrency(FunctionName=function)
        found: int | None = answer.get("ReservedConcurrentExecutions")
        return found

    if before is not None:
        functions.put_function_concurrency(
            FunctionName=function, ReservedConcurrentExecutions=before
        )
    change = fault.prepare(stack)
    change.begin()
    assert reserved() == 0
    change.undo()
    assert reserved() == before
    assert function in change.by_hand


def test_a_throttled_table_gets_back_what_it_had(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tables:
        """moto keeps no maximum of a table."""

        def __init__(self) -> None:
            self.limits: Any = {"MaxReadRequestUnits": 500}

        def describe_table(self, **_: str) -> Any:  # noqa: ANN401
            return {"Table": {"OnDemandThroughput": self.limits}}

        def update_table(self, **given: Any) -> None:  # noqa: ANN401
            self.limits = given["OnDemandThroughput"]

    tables = Tables()
    monkeypatch.setattr(stack, "client", lambda _: tables)
    change = FAULTS["table"].prepare(stack)
    change.begin()
    assert tables.limits == {"MaxReadRequestUnits": 1, "MaxWriteRequestUnits": 1}
    change.undo()
    assert tables.limits == {"MaxReadRequestUnits": 500, "MaxWriteRequestUnits": -1}
    assert "MaxReadRequestUnits=500,MaxWriteRequestUnits=-1" in change.by_hand


def test_the_alarms_that_are_on_are_seen(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "resource", "alarm-{}".format)  # moto's stacks have no alarms
    cloudwatch, watched = stack.client("cloudwatch"), FAULTS["list"].alarms
    for name in watched:
        cloudwatch.put_metric_alarm(
            AlarmName=f"alarm-{name}", Namespace="n", MetricName="m", Statistic="Sum", Period=60,
            EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
    assert stack.alarms(watched) == set()
    cloudwatch.set_alarm_state(
        AlarmName="alarm-ServerErrorsAlarm", StateValue="ALARM", StateReason="-"
    )
    assert stack.alarms(watched) == {"ServerErrorsAlarm"}


def test_the_template_has_what_the_faults_name() -> None:
    resources = load_template(TEMPLATE)["Resources"]
    for fault in FAULTS.values():
        assert {resources[alarm]["Type"] for alarm in fault.alarms} == {"AWS::CloudWatch::Alarm"}
    assert set(FUNCTIONS) <= resources.keys()


def test_an_answer_that_is_none_of_the_apis_is_told_apart() -> None:
    class Client:
        def __init__(self, error: Exception | None) -> None:
            self._error = error

        def list(self, **_: object) -> None:
            if self._error:
                raise self._error

    def asked(error: Exception | None) -> int:
        client: Any = Client(error)
        return ask(client)

    assert asked(None) == 200
    assert asked(UnavailableError(Problem(503, "unavailable", "-", retry_after=1))) == 503
    assert asked(UnavailableError(Problem(503, "unavailable", "-"))) == 0
    assert asked(ThrottledError(Problem(429, "throttled", "-", retry_after=1))) == 429
    assert asked(UnreachableError("-")) == 0


def test_wrong_usage_breaks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INSTALLS_TOKEN", raising=False)
    assert run("game-day staging --fault typo", tmp_path).code == 2
    assert run("game-day staging", tmp_path).code == 2
