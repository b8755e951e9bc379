"""Alarms and dashboard watch what is emitted: AWS's metrics as its documents say, ours as filtered.

What our functions emit themselves is held by tests/integration/test_logs.py.
"""

from __future__ import annotations

import json
import re
from graphlib import TopologicalSorter
from inspect import getsource
from typing import Final

import pytest

from installs.store import connection
from tests.aws_metrics import LOG_VARIABLES, METRICS
from tests.monitoring import (
    OF_THE_STACK,
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
from tests.template import LIVE, Json, dependencies, transformed

KINDS: Final = {
    "FunctionName": "AWS::Lambda::Function",
    "TableName": "AWS::DynamoDB::Table",
    "EventSourceMappingUUID": "AWS::Lambda::EventSourceMapping",
}
"""The type of the resource that a dimension's value refers to."""


def of_aws(watched: WatchedMetric) -> None:
    """Assert that AWS emits it, by these dimensions and of a resource that there is."""
    documented = METRICS[watched.namespace, watched.name]
    assert watched.names in documented.dimensions, documented.page
    assert watched.statistic in documented.statistics, documented.says
    for name, value in watched.dimensions:
        if name in KINDS:
            assert RESOURCES[value[2:-1]]["Type"] == KINDS[name]
        if name == "EventSourceMappingUUID":
            asked = RESOURCES[value[2:-1]]["Properties"]["MetricsConfig"]
            assert asked == {"Metrics": ["EventCount"]}, "else it is not emitted"


def of_the_access_log(watched: WatchedMetric) -> None:
    """A filter makes it: by no dimension, in the stack's own namespace."""
    made = {
        (plain(made["MetricNamespace"]), made["MetricName"])
        for one in of_type("AWS::Logs::MetricFilter").values()
        for made in one["MetricTransformations"]
    }
    assert not watched.dimensions
    assert (watched.namespace, watched.name) in made


@pytest.mark.parametrize("watched", WATCHED, ids=lambda one: f"{one.by}: {one.name}")
def test_what_is_watched_is_emitted(watched: WatchedMetric) -> None:
    if watched.namespace == OF_THE_STACK:
        of_the_access_log(watched)
    elif watched.namespace != OURS:  # tests/integration/test_logs.py holds what our code emits
        of_aws(watched)


def test_the_apis_metrics_are_of_this_api_and_its_routes() -> None:
    api = RESOURCES["Api"]["Properties"]
    ((_, stage),) = of_type("AWS::ApiGateway::Stage").items()
    for settings in stage["MethodSettings"]:
        assert settings["MetricsEnabled"] is True, "else there are no metrics by method"
    for watched in WATCHED:
        if watched.namespace == "AWS/ApiGateway":
            given = dict(watched.dimensions)
            assert (given["ApiName"], given["Stage"]) == (plain(api["Name"]), stage["StageName"])
            if "Resource" in given:
                assert given["Method"].lower() in api["Body"]["paths"][given["Resource"]]


def watched_by(by: str, name: str) -> set[tuple[tuple[str, str], ...]]:
    """The dimensions by which an alarm or a widget watches a metric."""
    return {one.dimensions for one in WATCHED if (one.by, one.name) == (by, name)}


def test_each_operation_of_the_store_is_watched_for_throttling_with_the_indexes() -> None:
    called = re.findall(r'self\.call\("?(\w+)"?', getsource(connection.Connection))
    operations = {getattr(connection, name, name) for name in called}
    writes = (("TableName", "${InstallsTable}"), ("Operation", "TransactWriteItems"))

    shown = {dict(one)["Operation"] for one in watched_by("The table", "ThrottledRequests")}

    assert shown == operations == {"GetItem", "BatchGetItem", "Query", "TransactWriteItems"}
    assert watched_by("WritesThrottledAlarm", "ThrottledRequests") == {writes}


def test_the_access_log_holds_what_aws_documents() -> None:
    ((_, stage),) = of_type("AWS::ApiGateway::Stage").items()
    line = json.loads(stage["AccessLogSetting"]["Format"])

    assert set(line.values()) <= LOG_VARIABLES.keys()
    # Lambda's own status, which tells that it throttled, is not the function's
    assert line["integrationStatus"] == "$context.integrationStatus"
    assert line["functionStatus"] == "$context.integration.status"


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
        ({"status": "503", "errorType": "AUTHORIZER_FAILURE"}, {"AuthorizerFailures"}),
        ({"status": "500", "errorType": "AUTHORIZER_CONFIGURATION_ERROR"}, {"AuthorizerFailures"}),
        ({"status": "429", "errorType": "THROTTLED"}, set()),
        ({"status": "503", "integrationStatus": "200", "functionStatus": "503"},
         {"UnavailableRequests"}),
        ({"status": "503", "integrationStatus": "429", "errorType": "INTEGRATION_FAILURE"},
         {"ThrottledFunctions"}),
        ({"status": "503", "authorizerIntegrationStatus": "429", "errorType": "AUTHORIZER_FAILURE"},
         {"ThrottledFunctions", "AuthorizerFailures"}),
        ({"status": "500", "integrationStatus": "200", "functionStatus": "500"}, set()),
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
    parts = re.split(r"^### (.+)$", RUNBOOK.read_text(), flags=re.MULTILINE)
    headings = [heading.lower().replace(" ", "-") for heading in parts[1::2]]
    assert f"`{name.removesuffix('Alarm')}`" in parts[2::2][headings.index(anchor)]


def test_every_alarm_is_on_the_dashboard() -> None:
    (widget,) = widgets("alarm")

    names = of_type("AWS::CloudWatch::Alarm")

    assert widget["alarms"] == [f"${{{name}.Arn}}" for name in names]


def test_nothing_waits_for_itself() -> None:
    """The alias waits for its deployment group, that for its alarms: those for no alias."""
    order = list(TopologicalSorter(dependencies(RESOURCES)).static_order())

    assert order.index("ServerErrorsAlarm") < order.index(f"GetInstallFunction{LIVE}")


def test_nobody_is_written_to_unless_an_address_is_given() -> None:
    silent = transformed()
    (subscription,) = of_type("AWS::SNS::Subscription").values()

    assert subscription["Endpoint"] == "a@b.example"
    assert not [r for r in silent["Resources"].values() if r["Type"] == "AWS::SNS::Subscription"]
    pattern = silent["Parameters"]["AlarmEmail"]["AllowedPattern"]
    assert [bool(re.fullmatch(pattern, one)) for one in ("", "a@b.example", "a", "a b@c")] == [
        True, True, False, False,
    ]  # fmt: skip
