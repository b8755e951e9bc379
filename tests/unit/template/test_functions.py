"""The functions of template.yaml after both transforms: their rights, and what calls them."""

from __future__ import annotations

import json
import re
from typing import Final

import pytest

from installs.store import keys
from tests.template import (
    LIVE,
    REGION,
    ROUTES,
    STACK,
    Json,
    listed,
    of_type,
    properties,
    resource_name,
    statements,
    transformed,
)

FUNCTIONS: Final = ("Authorizer", *ROUTES.values(), "Cascade", "Repair", "Ingest", "Publish")

READ: Final = {"dynamodb:GetItem", "dynamodb:Query"}

CHANGE: Final = {"dynamodb:ConditionCheckItem", "dynamodb:UpdateItem"}

TABLE: Final = "InstallsTable.Arn"

GRANTS: Final[dict[str, dict[str, set[str]]]] = {
    "Authorizer": {TABLE: {"dynamodb:GetItem"}},
    "ListInstalls": {
        TABLE: {"dynamodb:BatchGetItem", "dynamodb:Query"},
        **{f"${{InstallsTable.Arn}}/index/{i.name}": {"dynamodb:Query"} for i in keys.INDEXES},
    },
    "GetInstall": {
        TABLE: READ | {"dynamodb:BatchGetItem"},
        f"${{InstallsTable.Arn}}/index/{keys.BY_PARENT.name}": {"dynamodb:Query"},
    },
    "UninstallInstall": {TABLE: READ | {"dynamodb:UpdateItem"}},
    "RestoreInstall": {TABLE: READ | CHANGE},
    "PurgeInstall": {TABLE: READ | {"dynamodb:DeleteItem", "dynamodb:UpdateItem"}},
    "Cascade": {
        TABLE: READ | CHANGE | {"dynamodb:BatchGetItem", "dynamodb:DeleteItem"},
        "InstallsTable.StreamArn": {
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
        },
        "*": {"dynamodb:ListStreams"},
        "ParkingBucket.Arn": {"s3:ListBucket"},
        "${ParkingBucket.Arn}/*": {"s3:PutObject"},
    },
    "Repair": {
        TABLE: READ | CHANGE | {"dynamodb:BatchGetItem", "dynamodb:DeleteItem"},
        f"${{InstallsTable.Arn}}/index/{keys.BY_PENDING.name}": {"dynamodb:Query"},
    },
    "Ingest": {
        TABLE: CHANGE | {"dynamodb:BatchGetItem", "dynamodb:DeleteItem"},
        "RowsQueue.Arn": {
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
        },
        "RowsDeadLetters.Arn": {"sqs:SendMessage"},
    },
    "Publish": {
        TABLE: {"dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:UpdateItem"},
        "InstallsTable.StreamArn": {
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
        },
        "*": {"dynamodb:ListStreams"},
        "EventBus.Arn": {"events:PutEvents"},
        "UnpublishedBucket.Arn": {"s3:ListBucket"},
        "${UnpublishedBucket.Arn}/*": {"s3:PutObject"},
    },
}
"""Permissions of each function beside logging and tracing, by resource.

The wildcards are those that AWS wants: X-Ray and ListStreams take no resource, and the key of a
dead letter is not known beforehand.
"""

VARIABLES: Final = {
    "Authorizer": {"ISSUER", "AUDIENCE", "JWKS", "SUBJECT_CLAIM"},
    "ListInstalls": {"ALLOWED_ORIGIN"},
    "GetInstall": {"ALLOWED_ORIGIN"},
    "UninstallInstall": {"ALLOWED_ORIGIN", "DEFAULT_RETENTION_TIER", "HISTORY_DAYS"},
    "RestoreInstall": {"ALLOWED_ORIGIN", "HISTORY_DAYS"},
    "PurgeInstall": {"ALLOWED_ORIGIN", "HISTORY_DAYS"},
    "Cascade": {"DEAD_LETTER_BUCKET", "HISTORY_DAYS"},
    "Repair": {"HISTORY_DAYS"},
    "Ingest": {"HISTORY_DAYS", "ROWS_QUEUE_URL", "ROWS_DEAD_LETTERS_URL"},
    "Publish": {"DEAD_LETTER_BUCKET", "EVENT_BUS_NAME", "HISTORY_DAYS"},
}

TIMEOUTS: Final = {"Cascade": 300, "Repair": 300, "Ingest": 120, "Publish": 120}
"""In seconds, of the functions that no caller of the API waits for."""


def test_the_functions_are_those_of_the_house(resources: Json) -> None:
    functions = of_type(resources, "AWS::Lambda::Function")

    assert functions.keys() == {f"{name}Function" for name in FUNCTIONS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_runs_as_all_do(resources: Json, name: str) -> None:
    function = properties(resources, f"{name}Function")

    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]
    assert function["Handler"] == "handler.handler"
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert function["Timeout"] <= TIMEOUTS.get(name, 29)
    assert [layer["Ref"][: -len("0123456789")] for layer in function["Layers"]] == [
        "CoreLayer",
        "DependenciesLayer",
    ]


def version_of(resources: Json, name: str) -> tuple[str, Json]:
    """The version of a function, and its logical id."""
    (version,) = (
        (logical_id, resource)
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Version"
        and resource["Properties"]["FunctionName"] == {"Ref": f"{name}Function"}
    )
    return version


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_called_by_its_alias_alone(name: str, stage: str) -> None:
    resources = transformed(stage)["Resources"]
    alias = resources[f"{name}Function{LIVE}"]
    version, _ = version_of(resources, name)

    assert alias["Properties"]["FunctionVersion"] == {"Fn::GetAtt": [version, "Version"]}
    callers = [
        p["Properties"]["FunctionName"]
        for p in resources.values()
        if p["Type"] in ("AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping")
        and f"{name}Function" in json.dumps(p["Properties"]["FunctionName"])
    ]
    assert callers == [{"Ref": f"{name}Function{LIVE}"}]


@pytest.mark.parametrize(
    ("stage", "switch"), [("dev", "true"), ("staging", "true"), ("prod", "false")]
)
def test_elsewhere_or_switched_off_the_alias_moves_at_once(stage: str, switch: str) -> None:
    resources = transformed(stage, GradualDeployment=switch)["Resources"]

    assert not [one for one in resources.values() if "CodeDeploy" in one["Type"]]
    aliases = [one for one in resources.values() if one["Type"] == "AWS::Lambda::Alias"]
    assert len(aliases) == len(FUNCTIONS)
    assert not [one for one in aliases if "UpdatePolicy" in one]


def test_in_prod_the_alias_moves_in_steps_and_back_on_an_alarm() -> None:
    resources = transformed("prod")["Resources"]
    groups = of_type(resources, "AWS::CodeDeploy::DeploymentGroup")
    assert groups.keys() == {f"{name}FunctionDeploymentGroup" for name in FUNCTIONS}
    for name, group in groups.items():
        alias = resources[name.replace("DeploymentGroup", LIVE)]
        update = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        assert update["DeploymentGroupName"] == {"Ref": name}
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_that_callers_wait_for_may_start_from_a_snapshot(name: str) -> None:
    """The snapshot of a version is paid for while the version exists, so it is deleted."""
    off, on = (transformed("prod", SnapStart=switch)["Resources"] for switch in ("false", "true"))
    awaited = name in ("Authorizer", *ROUTES.values())

    assert "SnapStart" not in properties(off, f"{name}Function")
    assert version_of(off, name)[1]["DeletionPolicy"] == "Retain"
    if not awaited:
        assert off[f"{name}Function"] == on[f"{name}Function"]
        assert version_of(off, name) == version_of(on, name)
        return
    function = properties(on, f"{name}Function")
    assert function["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert version_of(on, name)[1]["DeletionPolicy"] == "Delete"
    # AWS: Lambda SnapStart, supported features and limitations
    assert not {"EphemeralStorage", "FileSystemConfigs"} & function.keys()
    alias = properties(on, f"{name}Function{LIVE}")
    assert "ProvisionedConcurrencyConfig" not in alias


TOLD_LATE: Final = 120
"""Seconds until a metric of API Gateway, or of a log, can be read: a minute or two."""

EVALUATED_EVERY: Final = 60


def test_a_step_lasts_until_each_of_its_alarms_can_have_seen_it() -> None:
    """A version that fails at once is seen: its minutes, and what comes late, are within the step.

    An error of a function counts for the minute of its call (AWS: types of metrics for Lambda
    functions), and one that runs out of time is known when its time has run out.
    """
    resources = transformed("prod")["Resources"]
    slowest = max(one["Timeout"] for one in of_type(resources, "AWS::Lambda::Function").values())
    for group in of_type(resources, "AWS::CodeDeploy::DeploymentGroup").values():
        ((percent, minutes),) = re.findall(
            r"Canary(\d+)Percent(\d+)Minutes", json.dumps(group["DeploymentConfigName"])
        )
        assert percent == "10"
        alarms = [one["Name"]["Ref"] for one in group["AlarmConfiguration"]["Alarms"]]
        assert alarms == [
            "ServerErrorsAlarm", "AuthorizerFailuresAlarm", "CascadeErrorsAlarm",
            "IngestErrorsAlarm", "PublishErrorsAlarm",
        ]  # fmt: skip
        for name in alarms:
            alarm = properties(resources, name)
            failing = (alarm["DatapointsToAlarm"] + 1) * alarm["Period"]
            known = failing + slowest + TOLD_LATE + EVALUATED_EVERY
            assert known <= int(minutes) * 60
    # and what is told late is still looked at
    for name in ("Cascade", "Ingest", "Publish"):
        errors = properties(resources, f"{name}ErrorsAlarm")
        timeout = properties(resources, f"{name}Function")["Timeout"]
        looked_at = errors["Period"] * (errors["EvaluationPeriods"] - errors["DatapointsToAlarm"])
        assert looked_at >= timeout + EVALUATED_EVERY


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_a_log_group_with_retention(resources: Json, name: str) -> None:
    function = properties(resources, f"{name}Function")
    logs = properties(resources, f"{name}Logs")

    assert function["LoggingConfig"] == {
        "LogFormat": "JSON",
        "LogGroup": {"Ref": f"{name}Logs"},
        "ApplicationLogLevel": "INFO",
    }
    assert logs["RetentionInDays"] == "30"
    assert logs["LogGroupName"].startswith(f"/aws/lambda/{STACK}/")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_the_variables_it_needs_and_no_others(resources: Json, name: str) -> None:
    variables = properties(resources, f"{name}Function")["Environment"]["Variables"]

    # Lambda sets AWS_LAMBDA_LOG_LEVEL itself, from LoggingConfig, which Powertools obeys first.
    every = {"POWERTOOLS_SERVICE_NAME", "TABLE_NAME", "URL_SUFFIX"}
    assert variables.keys() == VARIABLES[name] | every
    assert variables["URL_SUFFIX"] == {"Ref": "AWS::URLSuffix"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_may_do_what_it_does_and_no_more(resources: Json, name: str) -> None:
    function = properties(resources, f"{name}Function")
    role = properties(resources, f"{name}Role")
    granted: dict[str, set[str]] = {}
    for statement in statements(role):
        assert statement["Effect"] == "Allow"
        for resource in listed(statement["Resource"]):
            actions = granted.setdefault(resource_name(resource), set())
            actions.update(listed(statement["Action"]))

    expected = {resource: set(actions) for resource, actions in GRANTS[name].items()}
    expected[f"{name}Logs.Arn"] = {"logs:CreateLogStream", "logs:PutLogEvents"}
    tracing = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    expected["*"] = expected.get("*", set()) | tracing

    assert function["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}
    assert "ManagedPolicyArns" not in role
    assert granted == expected


def test_no_action_is_a_wildcard(resources: Json) -> None:
    for role in of_type(resources, "AWS::IAM::Role").values():
        for statement in statements(role) if "Policies" in role else []:
            assert not any("*" in action for action in listed(statement["Action"]))


def test_the_roles_are_those_of_the_functions_and_of_the_gateway(resources: Json) -> None:
    roles = of_type(resources, "AWS::IAM::Role")

    assert roles.keys() == {f"{name}Role" for name in FUNCTIONS} | {"ApiGatewayLoggingRole"}
    assert not of_type(resources, "AWS::IAM::Policy")


MAPPINGS: Final = {
    "Cascade": ("CascadeFunctionDeletions", "ParkingBucket", 10, "10", 20),
    "Publish": ("PublishFunctionChanges", "UnpublishedBucket", 100, 1, 50),
}
"""The consumers of the stream: mapping, bucket, batch size, parallelization, and retries."""


def test_the_stream_has_no_more_consumers_than_a_shard_takes(resources: Json) -> None:
    """AWS: DynamoDB Streams: two processes at most read a shard at once."""
    found = of_type(resources, "AWS::Lambda::EventSourceMapping")
    stream = {"Fn::GetAtt": ["InstallsTable", "StreamArn"]}

    consumers = {name for name, one in found.items() if one["EventSourceArn"] == stream}

    assert consumers == {mapping for mapping, *_ in MAPPINGS.values()}
    assert len(consumers) <= 2


@pytest.mark.parametrize("name", MAPPINGS)
def test_a_consumer_is_fed_by_the_stream_and_gives_up_in_good_order(
    resources: Json, name: str
) -> None:
    mapping, bucket, batch, parallel, retries = MAPPINGS[name]
    settings = properties(resources, mapping)

    assert {part: one for part, one in settings.items() if part != "FilterCriteria"} == {
        "FunctionName": {"Ref": f"{name}Function{LIVE}"},
        "EventSourceArn": {"Fn::GetAtt": ["InstallsTable", "StreamArn"]},
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": batch,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": parallel,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MetricsConfig": {"Metrics": ["EventCount"]},
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": retries,
        "MaximumRecordAgeInSeconds": 21600,
        "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": [bucket, "Arn"]}}},
    }


def test_what_the_stream_left_undone_is_looked_for_every_five_minutes(resources: Json) -> None:
    ((_, rule),) = of_type(resources, "AWS::Events::Rule").items()

    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(5 minutes)", "ENABLED")
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Ref": f"RepairFunction{LIVE}"}


def test_a_run_of_the_repair_is_not_tried_again_beside_the_next(resources: Json) -> None:
    """Lambda tries an asynchronous call twice more and keeps it for six hours, if not told."""
    ((_, config),) = of_type(resources, "AWS::Lambda::EventInvokeConfig").items()

    assert config == {
        "FunctionName": {"Ref": "RepairFunction"},
        "Qualifier": "live",
        "MaximumRetryAttempts": 0,
        "MaximumEventAgeInSeconds": 300,
        "DestinationConfig": {},
    }


def keys_of(partition: str, sort: object) -> Json:
    return {"Keys": {keys.PK: {"S": [{"prefix": partition}]}, keys.SK: {"S": [sort]}}}


def patterns(resources: Json, mapping: str) -> list[Json]:
    filters = properties(resources, mapping)["FilterCriteria"]["Filters"]
    return [json.loads(one["Pattern"]) for one in filters]


def test_the_cascade_hears_of_every_change_of_an_install_and_of_solutions_that_wait(
    resources: Json,
) -> None:
    assert patterns(resources, "CascadeFunctionDeletions") == [
        {"dynamodb": keys_of("INSTALL#", keys.INSTALL_SK)},
        {"eventName": ["INSERT", "MODIFY"], "dynamodb": keys_of("SOLUTION#", keys.PENDING_SK)},
    ]


def test_the_publisher_hears_of_every_change_of_an_install_and_of_new_settled_entries(
    resources: Json,
) -> None:
    settled = keys.history("x", 1, settled=True).sk
    ending = settled[settled.rindex("#") :]

    assert patterns(resources, "PublishFunctionChanges") == [
        {"dynamodb": keys_of("INSTALL#", keys.INSTALL_SK)},
        {"eventName": ["INSERT"], "dynamodb": keys_of("INSTALL#", {"suffix": ending})},
    ]


@pytest.mark.parametrize(
    ("name", "bus", "arn"),
    [
        ("", {"Ref": "EventBus"}, "EventBus.Arn"),
        ("shared", "shared", f"arn:aws:events:{REGION}:123456789012:event-bus/shared"),
    ],
)
def test_the_publisher_may_use_the_one_bus_that_it_is_told(
    name: str, bus: str | Json, arn: str
) -> None:
    resources = transformed(EventBusName=name)["Resources"]
    variables = properties(resources, "PublishFunction")["Environment"]["Variables"]
    (statement,) = (
        one
        for one in statements(properties(resources, "PublishRole"))
        if "events:PutEvents" in listed(one["Action"])
    )

    assert ("EventBus" in resources) == (not name)
    assert resource_name(statement["Resource"]) == arn
    assert variables["EVENT_BUS_NAME"] == bus


def test_the_queue_feeds_its_function_in_order_and_gives_up_in_good_order(resources: Json) -> None:
    mapping = properties(resources, "IngestFunctionRows")
    queue = properties(resources, "RowsQueue")
    dead_letters = properties(resources, "RowsDeadLetters")
    function = properties(resources, "IngestFunction")

    assert mapping == {
        "FunctionName": {"Ref": f"IngestFunction{LIVE}"},
        "EventSourceArn": {"Fn::GetAtt": ["RowsQueue", "Arn"]},
        "BatchSize": 10,
        "ScalingConfig": {"MaximumConcurrency": 5},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["RowsDeadLetters", "Arn"]},
        "maxReceiveCount": 20,
    }
    # AWS: Using Lambda with SQS: six times the function's timeout, and dead letters kept no
    # shorter than messages; the dead letters of a FIFO queue are in a FIFO queue.
    assert queue["VisibilityTimeout"] == 6 * function["Timeout"]
    assert dead_letters["MessageRetentionPeriod"] == queue["MessageRetentionPeriod"]
    for one in (queue, dead_letters):
        assert one["FifoQueue"]
        assert one["SqsManagedSseEnabled"]
        assert one["FifoThroughputLimit"] == "perMessageGroupId"
        assert one["DeduplicationScope"] == "messageGroup"
    assert not queue["ContentBasedDeduplication"]
