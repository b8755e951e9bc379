"""Ways to call the function that a stream is delivered to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_lambda import LambdaClient

    Invoke = Callable[[Mapping[str, Any]], object]
    """Hand an event to the function and return its answer; any exception is its failure."""


class FunctionFailedError(Exception):
    """The function raised, timed out or ended: what Lambda calls a function error."""


class FunctionUnavailableError(Exception):
    """The function could not be called at all; Lambda tries again and does not count it."""


def deployed(client: LambdaClient, function_arn: str) -> Invoke:
    """Call a deployed function through Lambda's own API."""

    def invoke(event: Mapping[str, Any]) -> object:
        payload = json.dumps(event, ensure_ascii=False).encode()
        try:
            answer = client.invoke(FunctionName=function_arn, Payload=payload)
            body = answer["Payload"].read()
        except (BotoCoreError, ClientError) as error:
            raise FunctionUnavailableError(str(error)) from error
        if "FunctionError" in answer:
            raise FunctionFailedError(body.decode(errors="replace")[:2000])
        return json.loads(body) if body else None

    return invoke


def in_process(handler: Callable[[dict[str, Any], Any], object], context: object = None) -> Invoke:
    """Call a handler in this process, over JSON as Lambda does, so that nothing is shared."""

    def invoke(event: Mapping[str, Any]) -> object:
        answer = handler(json.loads(json.dumps(event)), context)
        return json.loads(json.dumps(answer))

    return invoke
