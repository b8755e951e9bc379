"""Answers of the gateway itself, which the emulator omits when it deploys an API.

ministack reads the routes of the API's definition, but neither its gateway responses nor the
responses of integrations (those of preflights); put one by one it honours them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tools.local.intrinsics import resolved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_apigateway import APIGatewayClient

_RESPONSES: Final = "x-amazon-apigateway-gateway-responses"
_INTEGRATION: Final = "x-amazon-apigateway-integration"


def put_gateway_responses(
    client: APIGatewayClient,
    api_id: str,
    stage: str,
    template: Mapping[str, Any],
    parameters: Mapping[str, str],
) -> None:
    """Give the API the gateway's own answers of the deployed template, and deploy it again.

    Parameters
    ----------
    client
        API Gateway's API.
    api_id, stage
        The deployed API.
    template
        The stack's template as CloudFormation processed it.
    parameters
        The stack's parameters.

    """
    conditions = template.get("Conditions", {})
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::ApiGateway::RestApi":
            body = resource["Properties"]["Body"]
            _put_errors(client, api_id, resolved(body.get(_RESPONSES, {}), parameters, conditions))
            mocks = resolved(_mocks(body), parameters, conditions)
            _put_mock_responses(client, api_id, mocks)
    client.create_deployment(restApiId=api_id, stageName=stage)


def _put_errors(client: APIGatewayClient, api_id: str, responses: Mapping[str, Any]) -> None:
    for kind, response in responses.items():
        status = {"statusCode": str(response["statusCode"])} if "statusCode" in response else {}
        client.put_gateway_response(
            restApiId=api_id,
            responseType=kind,  # type: ignore[arg-type]
            responseParameters=response.get("responseParameters", {}),
            responseTemplates=response.get("responseTemplates", {}),
            **status,
        )


def _mocks(body: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Path, method and response of each route that no function answers."""
    return [
        (path, method.upper(), response)
        for path, methods in body["paths"].items()
        for method, operation in methods.items()
        if operation[_INTEGRATION]["type"] == "mock"
        for response in operation[_INTEGRATION]["responses"].values()
    ]


def _put_mock_responses(
    client: APIGatewayClient, api_id: str, mocks: list[tuple[str, str, Mapping[str, Any]]]
) -> None:
    pages = client.get_paginator("get_resources").paginate(restApiId=api_id)
    ids = {item["path"]: item["id"] for page in pages for item in page["items"]}
    for path, method, response in mocks:
        client.put_integration_response(
            restApiId=api_id,
            resourceId=ids[path],
            httpMethod=method,
            statusCode=response["statusCode"],
            responseParameters=response.get("responseParameters", {}),
            responseTemplates=response.get("responseTemplates", {}),
        )
