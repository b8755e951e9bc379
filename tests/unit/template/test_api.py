"""The API of template.yaml after both transforms: routes, the gateway's own answers, access."""

from __future__ import annotations

import json
import re
from graphlib import TopologicalSorter
from typing import Final

import pytest

from installs import errors
from tests.template import (
    LIVE,
    ROUTES,
    Json,
    dependencies,
    of_type,
    properties,
    transform,
    transformed,
)
from tools.local.emulator import rendered

PREFLIGHT: Final = "options"

GATEWAY_RESPONSES: Final = {
    "ACCESS_DENIED": (403, "forbidden"),
    "API_CONFIGURATION_ERROR": (500, "internal_error"),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, "internal_error"),
    "AUTHORIZER_FAILURE": (503, "unavailable"),
    "BAD_REQUEST_BODY": (400, "invalid_parameter"),
    "BAD_REQUEST_PARAMETERS": (400, "invalid_parameter"),
    "DEFAULT_4XX": (404, "not_found"),
    "DEFAULT_5XX": (500, "internal_error"),
    "EXPIRED_TOKEN": (404, "not_found"),
    "INTEGRATION_FAILURE": (503, "unavailable"),
    "INTEGRATION_TIMEOUT": (503, "unavailable"),
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


def api_body(resources: Json) -> Json:
    body: Json = properties(resources, "Api")["Body"]
    return body


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


ORIGIN: Final = "https://app.example"
OTHER: Final = "http://localhost:5173"


@pytest.fixture(scope="module")
def stacks() -> dict[str, Json]:
    """The API of a stack for each value of AllowedOrigin."""
    values = ("", "*", ORIGIN, f"{ORIGIN},{OTHER}")
    made = transform(*({"AllowedOrigin": value} for value in values))
    return {value: api_body(stack["Resources"]) for value, stack in zip(values, made, strict=True)}


def preflight_headers(preflight: Json, origin: dict[str, str]) -> dict[str, str]:
    """The headers of a preflight's answer to a request with these headers, the template run."""
    told = preflight["x-amazon-apigateway-integration"]["responses"]["default"]
    prefix = "method.response.header."
    declared = preflight["responses"]["200"]["headers"]
    headers = {
        name.removeprefix(prefix): value.strip("'")
        for name, value in told["responseParameters"].items()
    }
    assert headers.keys() == declared.keys(), "API Gateway maps only headers of the method"
    _, override = rendered(told["responseTemplates"]["application/json"], origin)
    assert override.keys() <= declared.keys()
    return headers | override


@pytest.mark.parametrize("path", sorted({path for path, _ in ROUTES}))
@pytest.mark.parametrize("name", ["Origin", "origin"])
def test_a_preflight_is_answered_by_the_gateway_without_a_token(
    stacks: dict[str, Json], path: str, name: str
) -> None:
    for allowed in (ORIGIN, f"{ORIGIN},{OTHER}"):
        methods = stacks[allowed]["paths"][path]
        preflight = methods[PREFLIGHT]

        told = preflight_headers(preflight, {name: ORIGIN})

        assert "security" not in preflight
        assert preflight["x-amazon-apigateway-integration"]["type"] == "mock"
        methods_allowed = told.pop("Access-Control-Allow-Methods").lower().split(",")
        assert sorted(methods_allowed) == sorted(methods)
        assert told == {
            "Access-Control-Allow-Origin": ORIGIN,
            "Access-Control-Allow-Headers": "Authorization,Baggage,Cache-Control,Content-Type,"
            "If-None-Match,Sentry-Trace,Traceparent,Tracestate,X-Requested-With",
            "Access-Control-Max-Age": "7200",
            "Vary": "Origin",
        }


NOBODY: Final = "https://none.invalid"
"""RFC 2606: nothing is ever at a name below .invalid, so that no page has this origin."""


@pytest.mark.parametrize(
    ("allowed", "origin", "named"),
    [
        ("", ORIGIN, NOBODY),
        ("", "", NOBODY),
        ("*", ORIGIN, "*"),
        (ORIGIN, OTHER, NOBODY),
        (f"{ORIGIN},{OTHER}", OTHER, OTHER),
        (f"{ORIGIN},{OTHER}", "https://evil.example", NOBODY),
        (f"{ORIGIN},{OTHER}", f"{ORIGIN},{OTHER}", NOBODY),
        (f"{ORIGIN},{OTHER}", f"{ORIGIN}.evil.example", NOBODY),
        (f"{ORIGIN},{OTHER}", "null", NOBODY),
        (f"{ORIGIN},{OTHER}", "", NOBODY),
        (f"{ORIGIN},{OTHER}", None, NOBODY),
    ],
)
def test_a_preflight_names_the_callers_origin_if_it_is_allowed(
    stacks: dict[str, Json], allowed: str, origin: str | None, named: str
) -> None:
    asked = {} if origin is None else {"Origin": origin}

    for methods in stacks[allowed]["paths"].values():
        told = preflight_headers(methods[PREFLIGHT], asked)
        assert told["Access-Control-Allow-Origin"] == named


def test_a_stack_allows_no_origin_unless_it_is_told_one(
    template: Json, stacks: dict[str, Json]
) -> None:
    responses = stacks[""]["x-amazon-apigateway-gateway-responses"]

    assert template["Parameters"]["AllowedOrigin"]["Default"] == ""
    assert "header.Access-Control-Allow-Origin" not in json.dumps(responses)


@pytest.mark.parametrize("kind", GATEWAY_RESPONSES)
def test_an_answer_that_another_attempt_may_change_says_when(resources: Json, kind: str) -> None:
    response = api_body(resources)["x-amazon-apigateway-gateway-responses"][kind]
    told = response["responseParameters"].get("gatewayresponse.header.Retry-After")
    assert (told is not None) is (GATEWAY_RESPONSES[kind][0] in (429, 503))


@pytest.mark.parametrize("kind", GATEWAY_RESPONSES)
@pytest.mark.parametrize(
    ("allowed", "named"), [("*", "*"), (ORIGIN, ORIGIN), (f"{ORIGIN},{OTHER}", "*")]
)
def test_a_page_of_an_allowed_origin_may_read_what_the_gateway_answers(
    stacks: dict[str, Json], kind: str, allowed: str, named: str
) -> None:
    """Nothing in a gateway response can choose, and its text is the same for everybody."""
    response = stacks[allowed]["x-amazon-apigateway-gateway-responses"][kind]

    headers = response["responseParameters"]

    given = {name.removeprefix("gatewayresponse.header.") for name in headers}
    assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == f"'{named}'"
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
        ("https://app.example.com,https://b.example.com", True),
        ("https://app.example.com,http://localhost:5173,https://c.example.com:8443", True),
        ("https://app.example.com, https://b.example.com", False),
        ("https://app.example.com,", False),
        (",https://app.example.com", False),
        ("https://app.example.com,*", False),
        ('https://app.example.com","x', False),
        ("https://app.example.com', 'x", False),
        ("https://App.example.com", False),
        ("null", False),
    ],
)
def test_what_is_no_list_of_origins_is_refused(template: Json, origin: str, is_one: bool) -> None:
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
    assert stage["StageName"] == "dev"
    assert stage["TracingEnabled"] is True
    assert stage["AccessLogSetting"]["DestinationArn"] == {"Fn::GetAtt": ["ApiLogs", "Arn"]}
    limits = {
        (one["ResourcePath"], one["HttpMethod"]): (
            one["ThrottlingRateLimit"], one["ThrottlingBurstLimit"]
        )
        for one in stage["MethodSettings"]
    }  # fmt: skip
    assert limits == {
        ("/*", "*"): ("100", "200"),
        # a path of its own is written with ~1 for each slash but the first (AWS: MethodSetting)
        ("/~1api~1integration-installs", "GET"): ("50", "100"),
    }
    for one in stage["MethodSettings"]:  # the settings of a path replace those of all
        assert (one["LoggingLevel"], one["DataTraceEnabled"]) == ("OFF", False)
        assert one["MetricsEnabled"] is True


def test_the_access_log_is_json_and_holds_no_token(resources: Json) -> None:
    ((_, stage),) = of_type(resources, "AWS::ApiGateway::Stage").items()

    line = json.loads(stage["AccessLogSetting"]["Format"])

    assert {"requestId", "route", "status", "principal"} <= line.keys()
    assert not re.search("header|authorizationToken", json.dumps(line), re.IGNORECASE)


def test_the_stage_waits_for_the_leave_to_log_where_the_stack_gives_it(resources: Json) -> None:
    order = list(TopologicalSorter(dependencies(resources)).static_order())

    assert order.index("ApiGatewayLogging") < order.index("ApidevStage")
    for name in ("ApiGatewayLogging", "ApiGatewayLoggingRole"):
        assert resources[name]["DeletionPolicy"] == "Retain"


def test_a_second_stack_of_an_account_leaves_the_leave_to_log_alone() -> None:
    resources = transformed(ApiGatewayAccount="existing")["Resources"]

    assert not {"ApiGatewayLogging", "ApiGatewayLoggingRole"} & resources.keys()
    named = {name for names in dependencies(resources).values() for name in names}
    assert named <= resources.keys()


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
