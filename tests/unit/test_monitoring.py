"""Alarms and dashboard watch what is emitted: AWS's metrics as documented, ours as filtered.

What our functions emit themselves is held by tests/integration/test_logs.py.
"""

from __future__ import annotations

import json
import re
from graphlib import TopologicalSorter
from typing import Final

import pytest

from tests.monitoring import (
    OURS,
    RESOURCES,
    RUNBOOK,
    WATCHED,
    WatchedMetric,
    access_line,
    of_type,
    plain,
    widgets,
)
from tests.template import Json, transformed

OF_THE_STACK: Final = "IntegrationInstalls/${AWS::StackName}"

_METHOD: Final = ("ApiName", "Stage", "Method", "Resource")
AWS_METRICS: Final[dict[str, tuple[set[str], list[tuple[str, ...]]]]] = {
    # AWS: Amazon API Gateway dimensions and metrics. By method: where detailed metrics are on.
    "AWS/ApiGateway": (
        {"Count", "4XXError", "5XXError", "Latency", "IntegrationLatency"},
        [("ApiName",), ("ApiName", "Stage"), _METHOD],
    ),
    # AWS: Types of metrics for Lambda functions.
    "AWS/Lambda": (
        {"Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions", "IteratorAge"},
        [("FunctionName",), ("FunctionName", "Resource")],
    ),
    # AWS: DynamoDB metrics and dimensions.
    "AWS/DynamoDB": (
        {"ConsumedReadCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents",
         "TransactionConflict"},
        [("TableName",)],
    ),
}  # fmt: skip
"""Metrics that AWS emits, by dimensions; only the watched ones."""

MAPPING_METRICS: Final = {"OnFailureDestinationDeliveredEventCount"}
"""AWS: event source mapping metrics; where MetricsConfig asks for EventCount."""


def of_aws(watched: WatchedMetric) -> bool:
    """Return True if AWS emits the metric for a resource of the template."""
    if watched.name in MAPPING_METRICS:
        ((name, value),) = watched.dimensions
        mapping = RESOURCES[value[2:-1]]
        return (name, mapping["Type"]) == (
            "EventSourceMappingUUID",
            "AWS::Lambda::EventSourceMapping",
        ) and mapping["Properties"]["MetricsConfig"] == {"Metrics": ["EventCount"]}
    metrics, dimensions = AWS_METRICS[watched.namespace]
    if watched.name not in metrics or watched.names not in dimensions:
        return False
    kinds = {"FunctionName": "AWS::Lambda::Function", "TableName": "AWS::DynamoDB::Table"}
    for name, value in watched.dimensions:
        if name in kinds and RESOURCES[value[2:-1]]["Type"] != kinds[name]:
            return False
    return True


def of_the_access_log(watched: WatchedMetric) -> bool:
    """Return True if a metric filter emits it: without dimensions, in the stack's own namespace."""
    return not watched.dimensions and any(
        (plain(made["MetricNamespace"]), made["MetricName"]) == (watched.namespace, watched.name)
        for one in of_type("AWS::Logs::MetricFilter").values()
        for made in one["MetricTransformations"]
    )


@pytest.mark.parametrize("watched", WATCHED, ids=lambda one: f"{one.by}: {one.name}")
def test_what_is_watched_is_emitted(watched: WatchedMetric) -> None:
    if watched.namespace == OF_THE_STACK:
        assert of_the_access_log(watched)
    elif watched.namespace != OURS:
        assert of_aws(watched)


def test_the_apis_metrics_are_of_this_api_and_its_routes() -> None:
    api = RESOURCES["Api"]["Properties"]
    ((_, stage),) = of_type("AWS::ApiGateway::Stage").items()
    (settings,) = stage["MethodSettings"]
    assert settings["MetricsEnabled"] is True, "else there are no metrics by method"
    for watched in WATCHED:
        if watched.namespace == "AWS/ApiGateway":
            given = dict(watched.dimensions)
            assert (given["ApiName"], given["Stage"]) == (plain(api["Name"]), "${Stage}")
            if "Resource" in given:
                assert given["Method"].lower() in api["Body"]["paths"][given["Resource"]]


def matches(pattern: str, line: Json) -> bool:
    """Evaluate a filter pattern of equalities (AWS: filter pattern syntax, JSON)."""
    told = re.fullmatch(r"\{ (.+) \}", pattern)
    assert told
    joined = re.split(r" (&&|\|\|) ", told[1])
    found = []
    for term in joined[::2]:
        parts = re.fullmatch(r'\(?\$\.(\w+) = "([^"]*)"\)?', term)
        assert parts, term
        assert parts[1] in line, "no such field in the access log"
        found.append(line[parts[1]] == parts[2])
    assert len({*joined[1::2]}) <= 1, "a mixture needs more than this"
    return all(found) if "&&" in joined else any(found)


@pytest.mark.parametrize(
    ("line", "metrics"),
    [
        ({"status": "200", "integrationStatus": "200"}, set()),
        ({"status": "401", "errorType": "UNAUTHORIZED"}, set()),
        ({"status": "403", "errorType": "ACCESS_DENIED"}, set()),
        ({"status": "500", "errorType": "AUTHORIZER_FAILURE"}, {"AuthorizerFailures"}),
        ({"status": "500", "errorType": "AUTHORIZER_CONFIGURATION_ERROR"}, {"AuthorizerFailures"}),
        ({"status": "429", "errorType": "THROTTLED"}, set()),
        ({"status": "429", "integrationStatus": "200"}, {"ThrottledByTable"}),
        ({"status": "500", "integrationStatus": "429", "errorType": "INTEGRATION_FAILURE"},
         {"ThrottledFunctions"}),
        ({"status": "500", "integrationStatus": "200"}, set()),
    ],
)  # fmt: skip
def test_a_line_of_the_access_log_counts_for_what_it_is(line: Json, metrics: set[str]) -> None:
    filters = of_type("AWS::Logs::MetricFilter")

    counted = {
        one["MetricTransformations"][0]["MetricName"]
        for one in filters.values()
        if matches(one["FilterPattern"], access_line(**line))
    }

    assert counted == metrics
    assert all(one["LogGroupName"] == {"Ref": "ApiLogs"} for one in filters.values())


@pytest.mark.parametrize("name", of_type("AWS::CloudWatch::Alarm"))
def test_an_alarm_tells_somebody_and_leads_to_its_runbook(name: str) -> None:
    alarm = of_type("AWS::CloudWatch::Alarm")[name]

    assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopic"}]
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["DatapointsToAlarm"] <= alarm["EvaluationPeriods"]
    assert alarm["Period"] * alarm["EvaluationPeriods"] <= 86_400, "CloudWatch's bound"
    _, _, anchor = alarm["AlarmDescription"].partition("docs/operations.md#")
    headings = re.findall(r"^### (.+)$", RUNBOOK.read_text(), re.MULTILINE)
    assert anchor in {heading.lower().replace(" ", "-") for heading in headings}


def test_every_alarm_is_on_the_dashboard() -> None:
    (widget,) = widgets("alarm")

    names = of_type("AWS::CloudWatch::Alarm")

    assert widget["alarms"] == [f"${{{name}.Arn}}" for name in names]


def test_nothing_waits_for_itself() -> None:
    """The alias waits for its deployment group, that for its alarms: those for no alias."""
    graph: dict[str, set[str]] = {}
    for name, resource in RESOURCES.items():
        told = json.dumps(resource)
        named = set(re.findall(r'"Ref": "(\w+)"|"Fn::GetAtt": \["(\w+)"|\$\{(\w+)', told))
        found = {one for some in named for one in some if one in RESOURCES}
        depends = resource.get("DependsOn", [])
        graph[name] = found | {depends} if isinstance(depends, str) else found | {*depends}

    order = list(TopologicalSorter(graph).static_order())

    assert order.index("ServerErrorsAlarm") < order.index("GetInstallFunctionAliaslive")


def test_nobody_is_written_to_unless_an_address_is_given() -> None:
    (name,) = of_type("AWS::SNS::Subscription")

    assert RESOURCES[name]["Condition"] == "HasAlarmEmail"
    pattern = transformed()["Parameters"]["AlarmEmail"]["AllowedPattern"]
    assert [bool(re.fullmatch(pattern, one)) for one in ("", "a@b.example", "a", "a b@c")] == [
        True, True, False, False,
    ]  # fmt: skip
