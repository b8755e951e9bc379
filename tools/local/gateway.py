"""The gateway's own answers: what the emulator leaves out when it deploys an API.

ministack reads the routes of the API's definition, but not its gateway responses; put one by one it
honours them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_apigateway import APIGatewayClient

RESPONSES = "x-amazon-apigateway-gateway-responses"


def put_gateway_responses(
    client: APIGatewayClient, api_id: str, stage: str, template: Mapping[str, Any]
) -> None:
    """Give the API the gateway responses of the deployed template, and deploy it again.

    Parameters
    ----------
    client
        API Gateway's API.
    api_id, stage
        The deployed API.
    template
        The stack's template as CloudFormation processed it.

    """
    for resource in template["Resources"].values():
        if resource["Type"] != "AWS::ApiGateway::RestApi":
            continue
        for kind, response in resource["Properties"]["Body"].get(RESPONSES, {}).items():
            status = {"statusCode": str(response["statusCode"])} if "statusCode" in response else {}
            client.put_gateway_response(
                restApiId=api_id,
                responseType=kind,
                responseParameters=response.get("responseParameters", {}),
                responseTemplates=response.get("responseTemplates", {}),
                **status,
            )
    client.create_deployment(restApiId=api_id, stageName=stage)
