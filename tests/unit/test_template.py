"""What template.yaml becomes on AWS: read after SAM's own transform."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from installs import errors, model
from installs.store import items, keys
from tests.template import Json, listed, resource_name, statements, transformed
from tools.local.intrinsics import resolved

ROOT: Final = Path(__file__).parents[2]

ROUTES: Final = {
    ("/api/integration-installs", "get"): "ListInstalls",
    ("/api/integration-installs/{id}", "get"): "GetInstall",
    ("/api/integration-installs/{id}", "delete"): "UninstallInstall",
    ("/api/integration-installs/{id}/restore", "post"): "RestoreInstall",
    ("/api/integration-installs/{id}/purge", "delete"): "PurgeInstall",
}
PREFLIGHT: Final = "options"
FUNCTIONS: Final = ("Authorizer", *ROUTES.values(), "Cascade", "Repair")
LIVE: Final = "Aliaslive"
"""What SAM adds to a function's name for its alias."""

READ: Final = {"dynamodb:GetItem", "dynamodb:Query"}
CHANGE: Final = {"dynamodb:ConditionCheckItem", "dynamodb:UpdateItem"}
TABLE: Final = "InstallsTable.Arn"
GRANTS: Final[dict[str, dict[str, set[str]]]] = {
    "Authorizer": {TABLE: {"dynamodb:GetItem"}},
    "ListInstalls": {
        TABLE: {"dynamodb:BatchGetItem", "dynamodb:Query"},
        **{f"${{InstallsTable.Arn}}/index/{i.name}": {"dynamodb:Query"} for i in keys.INDEXES},
    },
    "GetInstall": {TABLE: READ},
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
        f"${{InstallsTable.Arn}}/index/{keys.BY_DUE.name}": {"dynamodb:Query"},
    },
}
"""What each function may do beside logging and tracing, by resource.

The wildcards are those that AWS wants: X-Ray and ListStreams take no resource, and the key of a
parked record is not known beforehand.
"""

VARIABLES: Final = {
    "Authorizer": {"ISSUER", "AUDIENCE", "JWKS", "TABLE_NAME"},
    "ListInstalls": {"TABLE_NAME", "ALLOWED_ORIGIN"},
    "GetInstall": {"TABLE_NAME", "ALLOWED_ORIGIN"},
    "UninstallInstall": {"TABLE_NAME", "ALLOWED_ORIGIN", "DEFAULT_RETENTION_TIER"},
    "RestoreInstall": {"TABLE_NAME", "ALLOWED_ORIGIN"},
    "PurgeInstall": {"TABLE_NAME", "ALLOWED_ORIGIN"},
    "Cascade": {"TABLE_NAME", "PARKING_BUCKET"},
    "Repair": {"TABLE_NAME"},
}

GATEWAY_RESPONSES: Final = {
    "ACCESS_DENIED": (403, "forbidden"),
    "API_CONFIGURATION_ERROR": (500, "internal_error"),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, "internal_error"),
    "AUTHORIZER_FAILURE": (500, "internal_error"),
    "BAD_REQUEST_BODY": (400, "invalid_parameter"),
    "BAD_REQUEST_PARAMETERS": (400, "invalid_parameter"),
    "DEFAULT_4XX": (404, "not_found"),
    "DEFAULT_5XX": (500, "internal_error"),
    "EXPIRED_TOKEN": (404, "not_found"),
    "INTEGRATION_FAILURE": (504, "internal_error"),
    "INTEGRATION_TIMEOUT": (504, "internal_error"),
    "INVALID_API_KEY": (403, "forbidden"),
    "INVALID_SIGNATURE": (404, "not_found"),
    "MISSING_AUTHENTICATION_TOKEN": (404, "not_found"),
    "QUOTA_EXCEEDED": (429, "throttled"),
    "REQUEST_TOO_LARGE": (413, "invalid_parameter"),
    "RESOURCE_NOT_FOUND": (404, "not_found"),
    "THROTTLED": (429, "throttled"),
    "UNAUTHORIZED": (401, "unauthorized"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "invalid_parameter"),
    "WAF_FILTERED": (403, "forbidden"),
}
"""Every type that API Gateway documents, with its status and code."""


@pytest.fixture(scope="module")
def template() -> Json:
    return deepcopy(transformed())


@pytest.fixture(scope="module")
def resources(template: Json) -> Json:
    found: Json = template["Resources"]
    return found


def properties(resources: Json, logical_id: str) -> Json:
    found: Json = resources[logical_id]["Properties"]
    return found


def of_type(resources: Json, kind: str) -> Json:
    return {name: r["Properties"] for name, r in resources.items() if r["Type"] == kind}


def api_body(resources: Json) -> Json:
    body: Json = properties(resources, "Api")["Body"]
    return body


def keep_in_prod(resource: Json) -> bool:
    kept = {"Fn::If": ["IsProd", "Retain", "Delete"]}
    return bool(resource["DeletionPolicy"] == kept and resource["UpdateReplacePolicy"] == kept)


def test_the_routes_are_the_five_of_the_contract_and_each_has_its_own_function(
    resources: Json,
) -> None:
    paths = api_body(resources)["paths"]

    routes = {
        (path, method): operation["x-amazon-apigateway-integration"]
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method != PREFLIGHT
    }

    assert routes.keys() == ROUTES.keys()
    for route, integration in routes.items():
        assert integration["type"] == "aws_proxy"
        assert f"${{{ROUTES[route]}Function{LIVE}}}" in integration["uri"]["Fn::Sub"]
    assert len(set(ROUTES.values())) == len(ROUTES)


def test_no_route_is_public(resources: Json) -> None:
    for methods in api_body(resources)["paths"].values():
        for method, operation in methods.items():
            if method != PREFLIGHT:
                assert operation["security"] == [{"BearerToken": []}]


def in_stack(part: Any, origin: str) -> Any:  # noqa: ANN401 - a JSON value
    """A part of the template with the origin that a stack allows."""
    conditions = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Conditions"]
    return resolved(part, {"AllowedOrigin": origin}, conditions)


@pytest.mark.parametrize("path", sorted({path for path, _ in ROUTES}))
def test_a_preflight_is_answered_by_the_gateway_without_a_token(resources: Json, path: str) -> None:
    methods = api_body(resources)["paths"][path]
    preflight = methods[PREFLIGHT]

    integration = in_stack(preflight["x-amazon-apigateway-integration"], "https://app.example")

    assert "security" not in preflight
    assert integration["type"] == "mock"
    told = integration["responses"]["default"]["responseParameters"]
    header = "method.response.header.Access-Control-"
    allowed = told[f"{header}Allow-Methods"].strip("'").lower().split(",")
    assert sorted(allowed) == sorted(methods)
    assert told[f"{header}Allow-Origin"] == "'https://app.example'"
    assert told[f"{header}Allow-Headers"] == "'Authorization'"
    assert f"{header}Allow-Credentials" not in told


def test_a_stack_allows_no_origin_unless_it_is_told_one(template: Json) -> None:
    body = api_body(template["Resources"])

    preflights = [methods[PREFLIGHT] for methods in body["paths"].values()]
    responses = body["x-amazon-apigateway-gateway-responses"]
    without = json.dumps(in_stack([*preflights, responses], ""))

    assert template["Parameters"]["AllowedOrigin"]["Default"] == ""
    assert "Access-Control-Expose-Headers" in without
    assert "header.Access-Control-Allow-Origin" not in without


@pytest.mark.parametrize("kind", GATEWAY_RESPONSES)
def test_a_page_of_the_allowed_origin_may_read_what_the_gateway_answers(
    resources: Json, kind: str
) -> None:
    response = api_body(resources)["x-amazon-apigateway-gateway-responses"][kind]

    headers = in_stack(response["responseParameters"], "https://app.example")

    given = {name.removeprefix("gatewayresponse.header.") for name in headers}
    assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'https://app.example'"
    to_expose = given & {"WWW-Authenticate", "Retry-After"}
    exposed = headers.get("gatewayresponse.header.Access-Control-Expose-Headers", "''")
    assert exposed.strip("'") == ",".join(to_expose)


@pytest.mark.parametrize(
    ("origin", "is_one"),
    [
        ("", True),
        ("*", True),
        ("https://app.example.com", True),
        ("http://127.0.0.1:8001", True),
        ("https://app.example.com/", False),
        ("https://app.example.com,https://b.example.com", False),
        ("https://app.example.com', 'x", False),
        ("https://App.example.com", False),
        ("null", False),
    ],
)
def test_what_is_no_origin_is_refused(template: Json, origin: str, is_one: bool) -> None:
    pattern = template["Parameters"]["AllowedOrigin"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, origin)) is is_one


def test_the_authorizer_is_asked_once_in_thirty_seconds(resources: Json) -> None:
    schemes = api_body(resources)["components"]["securitySchemes"]
    authorizer = schemes["BearerToken"]["x-amazon-apigateway-authorizer"]

    assert schemes["BearerToken"]["name"] == "Authorization"
    assert authorizer["type"] == "token"
    assert authorizer["authorizerResultTtlInSeconds"] == 30
    assert f"AuthorizerFunction{LIVE}" in json.dumps(authorizer["authorizerUri"])


@pytest.mark.parametrize(
    ("header", "passes"),
    [
        ("Bearer eyJh.eyJz.c2ln-_", True),
        ("bearer eyJh.eyJz.c2ln", True),
        ("BEARER  eyJh.eyJz.c2ln", True),
        ("Bearer sec_4aB", True),
        ("Bearer pub_4aB", True),
        ("Bearer tok_4aB", True),
        ("Bearer", False),
        ("Bearer ", False),
        ("Bearer junk", False),
        ("Bearer key_4aB", False),
        ("Bearer a.b", False),
        ("Bearer a.b.c.d", False),
        ("Bearer a..c", False),
        ("Bearer a.b.c d", False),
        ("Bearer a.b.c'; drop", False),
        ("Basic dXNlcjpwYXNz", False),
        ("eyJh.eyJz.c2ln", False),
    ],
)
def test_only_what_looks_like_a_token_reaches_the_authorizer(
    resources: Json, header: str, passes: bool
) -> None:
    scheme = api_body(resources)["components"]["securitySchemes"]["BearerToken"]
    expression = scheme["x-amazon-apigateway-authorizer"]["identityValidationExpression"]

    assert bool(re.fullmatch(expression, header)) is passes


def test_the_api_is_regional_traced_throttled_and_logs_its_access(resources: Json) -> None:
    assert properties(resources, "Api")["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert properties(resources, "Api")["MinimumCompressionSize"] == 1024
    ((_, stage),) = of_type(resources, "AWS::ApiGateway::Stage").items()
    assert stage["StageName"] == {"Ref": "Stage"}
    assert stage["TracingEnabled"] is True
    assert stage["AccessLogSetting"]["DestinationArn"] == {"Fn::GetAtt": ["ApiLogs", "Arn"]}
    (settings,) = stage["MethodSettings"]
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert settings["ThrottlingRateLimit"] == {"Ref": "ThrottlingRate"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "ThrottlingBurst"}
    assert settings["DataTraceEnabled"] is False


def test_the_access_log_is_json_and_holds_no_token(resources: Json) -> None:
    ((_, stage),) = of_type(resources, "AWS::ApiGateway::Stage").items()

    line = json.loads(stage["AccessLogSetting"]["Format"])

    assert {"requestId", "route", "status", "principal"} <= line.keys()
    assert not re.search("header|authorizationToken", json.dumps(line), re.IGNORECASE)


def test_the_stage_waits_for_the_leave_to_log(resources: Json) -> None:
    assert resources["Api"]["DependsOn"] == "ApiGatewayLogging"
    for name in ("ApiGatewayLogging", "ApiGatewayLoggingRole"):
        assert resources[name]["Condition"] == "CreatesApiGatewayAccount"
        assert resources[name]["DeletionPolicy"] == "Retain"


def test_every_type_of_gateway_response_is_written_down(resources: Json) -> None:
    responses = api_body(resources)["x-amazon-apigateway-gateway-responses"]

    assert set(responses) == set(GATEWAY_RESPONSES)


@pytest.mark.parametrize(
    ("kind", "status", "code"), [(k, *v) for k, v in GATEWAY_RESPONSES.items()]
)
def test_a_gateway_response_is_a_problem_of_the_contract(
    resources: Json, kind: str, status: int, code: str
) -> None:
    response = api_body(resources)["x-amazon-apigateway-gateway-responses"][kind]

    assert str(response["statusCode"]) == str(status)
    headers = response["responseParameters"]
    assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
    assert response["responseTemplates"].keys() == {"application/json"}
    text = response["responseTemplates"]["application/json"]
    assert set(re.findall(r"\$[\w.]+", text)) == {"$context.requestId"}
    problem = json.loads(text.replace("$context.requestId", "6bbd3ca2-3f44"))
    assert list(problem) == ["type", "title", "status", "detail", "code", "requestId", "errors"]
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert (problem["code"], problem["requestId"]) == (code, "6bbd3ca2-3f44")
    assert problem["errors"] == []
    assert problem["title"]
    assert problem["detail"]


def test_the_gateways_codes_are_codes_of_the_service() -> None:
    known = {errors.InstallsError.code} | {e.code for e in errors.InstallsError.__subclasses__()}

    assert {code for _, code in GATEWAY_RESPONSES.values()} <= known


def test_a_caller_without_a_token_is_told_which_scheme_to_use(resources: Json) -> None:
    responses = api_body(resources)["x-amazon-apigateway-gateway-responses"]

    challenged = {
        kind: r["responseParameters"]["gatewayresponse.header.WWW-Authenticate"]
        for kind, r in responses.items()
        if "gatewayresponse.header.WWW-Authenticate" in r["responseParameters"]
    }

    assert challenged == {"UNAUTHORIZED": "'Bearer'"}


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
    assert function["Timeout"] <= (300 if name in {"Cascade", "Repair"} else 29)
    assert [layer["Ref"][: -len("0123456789")] for layer in function["Layers"]] == [
        "CoreLayer",
        "DependenciesLayer",
    ]


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_called_by_its_alias_alone(name: str, stage: str) -> None:
    resources = transformed(stage)["Resources"]
    alias = resources[f"{name}Function{LIVE}"]
    (version,) = (
        one
        for one, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Version"
        and resource["Properties"]["FunctionName"] == {"Ref": f"{name}Function"}
    )

    assert alias["Properties"]["FunctionVersion"] == {"Fn::GetAtt": [version, "Version"]}
    callers = [
        p["Properties"]["FunctionName"]
        for p in resources.values()
        if p["Type"] in ("AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping")
        and f"{name}Function" in json.dumps(p["Properties"]["FunctionName"])
    ]
    assert callers == [{"Ref": f"{name}Function{LIVE}"}]


def test_in_prod_alone_the_alias_moves_in_steps_and_back_on_an_alarm() -> None:
    for stage in ("dev", "staging"):
        assert not [
            r for r in transformed(stage)["Resources"].values() if "CodeDeploy" in r["Type"]
        ]
    resources = transformed("prod")["Resources"]
    groups = of_type(resources, "AWS::CodeDeploy::DeploymentGroup")
    assert groups.keys() == {f"{name}FunctionDeploymentGroup" for name in FUNCTIONS}
    for name, group in groups.items():
        alias = resources[name.replace("DeploymentGroup", LIVE)]
        update = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        assert update["DeploymentGroupName"] == {"Ref": name}
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        assert "Canary10Percent5Minutes" in json.dumps(group["DeploymentConfigName"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_a_log_group_with_retention(resources: Json, name: str) -> None:
    function = properties(resources, f"{name}Function")
    logs = properties(resources, f"{name}Logs")

    assert function["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": {"Ref": f"{name}Logs"}}
    assert logs["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert "${AWS::StackName}" in logs["LogGroupName"]["Fn::Sub"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_the_variables_it_needs_and_no_others(resources: Json, name: str) -> None:
    variables = properties(resources, f"{name}Function")["Environment"]["Variables"]

    every = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL", "URL_SUFFIX"}
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


def test_the_cascade_is_fed_by_the_stream_and_gives_up_in_good_order(resources: Json) -> None:
    ((_, mapping),) = of_type(resources, "AWS::Lambda::EventSourceMapping").items()

    assert mapping.pop("FilterCriteria")
    assert mapping == {
        "FunctionName": {"Ref": f"CascadeFunction{LIVE}"},
        "EventSourceArn": {"Fn::GetAtt": ["InstallsTable", "StreamArn"]},
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 10,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MetricsConfig": {"Metrics": ["EventCount"]},
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": 20,
        "MaximumRecordAgeInSeconds": 21600,
        "DestinationConfig": {
            "OnFailure": {"Destination": {"Fn::GetAtt": ["ParkingBucket", "Arn"]}}
        },
    }


def test_what_the_stream_left_undone_is_looked_for_every_five_minutes(resources: Json) -> None:
    ((_, rule),) = of_type(resources, "AWS::Events::Rule").items()

    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(5 minutes)", "ENABLED")
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Ref": f"RepairFunction{LIVE}"}


def test_the_cascade_hears_of_installs_that_enter_leave_or_change_in_the_trash(
    template: Json,
) -> None:
    (mapping,) = of_type(template["Resources"], "AWS::Lambda::EventSourceMapping").values()
    source = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    event = source["Resources"]["CascadeFunction"]["Properties"]["Events"]["Deletions"]

    patterns = [json.loads(f["Pattern"]) for f in event["Properties"]["FilterCriteria"]["Filters"]]

    of_an_install = {keys.SK: {"S": [keys.INSTALL_SK]}}
    marked = {items.DELETION_ID: {"S": [{"exists": True}]}}
    assert mapping["FunctionName"] == {"Ref": f"CascadeFunction{LIVE}"}
    assert patterns == [
        {"eventName": ["REMOVE"], "dynamodb": {"Keys": of_an_install}},
        {"eventName": ["MODIFY"], "dynamodb": {"Keys": of_an_install, "NewImage": marked}},
        {"eventName": ["MODIFY"], "dynamodb": {"Keys": of_an_install, "OldImage": marked}},
    ]


def test_the_table_is_as_the_store_expects_it(resources: Json) -> None:
    ((_, table),) = of_type(resources, "AWS::DynamoDB::Table").items()

    def schema(index: keys.Index) -> Json:
        return {
            "IndexName": index.name,
            "KeySchema": [
                {"AttributeName": index.partition, "KeyType": "HASH"},
                {"AttributeName": index.sort, "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }

    indexes = (*keys.INDEXES, keys.BY_DUE)
    attributes = {keys.PK, keys.SK} | {a for i in indexes for a in (i.partition, i.sort)}
    assert table["GlobalSecondaryIndexes"] == [schema(index) for index in indexes]
    assert table["KeySchema"] == [
        {"AttributeName": keys.PK, "KeyType": "HASH"},
        {"AttributeName": keys.SK, "KeyType": "RANGE"},
    ]
    assert {a["AttributeName"] for a in table["AttributeDefinitions"]} == attributes
    assert {a["AttributeType"] for a in table["AttributeDefinitions"]} == {"S"}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": items.PURGE_AT, "Enabled": True}


def test_the_table_is_on_demand_encrypted_and_can_be_brought_back(resources: Json) -> None:
    table = properties(resources, "InstallsTable")

    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSESpecification"] == {"SSEEnabled": True}
    recovery = table["PointInTimeRecoverySpecification"]
    assert recovery == {"PointInTimeRecoveryEnabled": True}
    assert "TableName" not in table


def test_in_prod_the_data_outlives_the_stack(template: Json) -> None:
    resources = template["Resources"]

    assert template["Conditions"]["IsProd"] == {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}
    assert keep_in_prod(resources["InstallsTable"])
    assert keep_in_prod(resources["ParkingBucket"])
    protection = properties(resources, "InstallsTable")["DeletionProtectionEnabled"]
    assert protection == {"Fn::If": ["IsProd", True, False]}


def test_the_stage_may_decide_what_is_kept() -> None:
    source = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))

    assert source["Transform"] == ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"]


def test_parked_records_are_encrypted_private_and_expire(resources: Json) -> None:
    bucket = properties(resources, "ParkingBucket")

    assert "BucketName" not in bucket
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["ExpirationInDays"] == {"Ref": "ParkedRecordDays"}


def test_parked_records_travel_over_tls_alone(resources: Json) -> None:
    policy = properties(resources, "ParkingBucketPolicy")

    (statement,) = policy["PolicyDocument"]["Statement"]

    assert policy["Bucket"] == {"Ref": "ParkingBucket"}
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert [resource_name(r) for r in statement["Resource"]] == [
        "ParkingBucket.Arn",
        "${ParkingBucket.Arn}/*",
    ]


def test_only_log_groups_have_names_and_those_hold_the_stacks(resources: Json) -> None:
    names = {
        name: r["Properties"][key]
        for name, r in resources.items()
        for key in ("TableName", "BucketName", "RoleName", "FunctionName", "LogGroupName")
        if key in r["Properties"] and r["Type"].split("::")[-1] + "Name" == key
    }

    assert names.keys() == of_type(resources, "AWS::Logs::LogGroup").keys()
    assert all("${AWS::StackName}" in name["Fn::Sub"] for name in names.values())


def test_the_parameters_are_described_and_bounded(template: Json) -> None:
    parameters = template["Parameters"]

    for parameter in parameters.values():
        assert parameter["Description"]
        bounds = {"AllowedValues", "AllowedPattern", "MinValue"}
        assert parameter.keys() & bounds
    assert parameters["DefaultRetentionTier"]["AllowedValues"] == list(model.RetentionTier)
    required = {name for name, p in parameters.items() if "Default" not in p}
    assert required == {"Issuer", "Audience", "Jwks"}


@pytest.mark.parametrize(
    ("jwks", "passes"),
    [
        ("https://issuer.example/.well-known/jwks.json", True),
        ("http://issuer.example/jwks.json", False),
        ('{"keys": [{"kty": "OKP"}]}', True),
        ('\n{\n  "keys": []\n}\n', True),
        ("", False),
        ("issuer.example", False),
        ("{}", False),
        ("https://issuer.example/a b", False),
    ],
)
def test_the_keys_are_a_url_or_a_set(template: Json, jwks: str, passes: bool) -> None:
    pattern = template["Parameters"]["Jwks"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, jwks)) is passes


def test_the_outputs_lead_to_the_list(template: Json) -> None:
    outputs = template["Outputs"]

    assert outputs.keys() >= {"ApiUrl", "TableName", "ParkingBucketName", "CascadeFunctionName"}
    assert outputs["ApiUrl"]["Value"]["Fn::Sub"].endswith("/${Stage}")
