"""The baseline: signed requests over one kept-alive connection; rows are parsed and dumped."""

from __future__ import annotations

import os
from http.client import HTTPConnection
from itertools import chain
from typing import TYPE_CHECKING, Any

import orjson
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Sequence

Raw = tuple[str, dict[str, Any]]
"""An operation of DynamoDB, and its request."""


class Baseline:
    """A client that sends requests one after the other."""

    def __init__(self) -> None:
        self._url = os.environ["AWS_ENDPOINT_URL_DYNAMODB"]
        self._connection = HTTPConnection(self._url.rpartition("/")[2])
        identity = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        self._signer = SigV4Auth(identity, "dynamodb", os.environ["AWS_REGION"])

    def rows_of(self, requests: Sequence[Raw]) -> bytes:
        """Return the rows of all answers as JSON; read a query to its end, or to its ``Limit``."""
        rows: list[Any] = []
        for operation, request in requests:
            start: dict[str, Any] = {}
            while True:
                answer = self._send(operation, request | start)
                rows += answer.get("Items", ())
                rows += chain.from_iterable(answer.get("Responses", {}).values())
                rows += [answer["Item"]] if "Item" in answer else []
                if "Limit" in request or "LastEvaluatedKey" not in answer:
                    break
                start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        return orjson.dumps(rows)

    def _send(self, operation: str, request: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        body = orjson.dumps(request)
        signed = AWSRequest(
            "POST",
            f"{self._url}/",
            data=body,
            headers={
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            },
        )
        self._signer.add_auth(signed)
        self._connection.request("POST", "/", body=body, headers=dict(signed.headers.items()))
        answer = self._connection.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {data.decode()}")
        return orjson.loads(data)
