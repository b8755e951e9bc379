"""Answers of DynamoDB read by orjson, without botocore's walk over the shapes of the model.

The walk costs ten times what reading does, and changes nothing: DynamoDB's JSON is what the client
gives. Errors, and every operation but the reads of the list, keep the stock path; so does all of it
where this botocore does not take the parser as it is meant (``self_test``). Binary attributes would
stay base64, but the table has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from botocore.parsers import JSONParser, ResponseParserFactory, create_parser

if TYPE_CHECKING:
    from botocore.model import ServiceModel

READS: Final = ("Query", "GetItem", "BatchGetItem")
"""The operations whose answers are read so."""

_SHAPES: Final = frozenset(f"{operation}Output" for operation in READS)

_SAMPLES: Final = {
    "Query": b'{"Count":1,"ScannedCount":2,"Items":[{"pk":{"S":"\xc3\xa9"},"n":{"N":"1"},'
    b'"b":{"BOOL":true}}],"LastEvaluatedKey":{"pk":{"S":"a"}},'
    b'"ConsumedCapacity":{"TableName":"t","CapacityUnits":0.5}}',
    "GetItem": b'{"Item":{"pk":{"S":"a"}},"ConsumedCapacity":{"CapacityUnits":1.0}}',
    "BatchGetItem": b'{"Responses":{"t":[{"pk":{"S":"a"}}]},"UnprocessedKeys":{},'
    b'"ConsumedCapacity":[{"TableName":"t","CapacityUnits":0.5}]}',
}


class PlainParser(JSONParser):
    """botocore's parser of the JSON protocol, with a short way for reads."""

    def _handle_json_body(self, raw_body: bytes, shape: Any) -> Any:  # noqa: ANN401 - botocore's
        if shape is not None and shape.name in _SHAPES:
            try:
                return orjson.loads(raw_body)
            except orjson.JSONDecodeError:
                pass  # the stock path says what is wrong
        return super()._handle_json_body(raw_body, shape)  # type: ignore[misc]


class PlainParserFactory(ResponseParserFactory):
    """Makes the parser above for the protocol that DynamoDB speaks."""

    def create_parser(self, protocol_name: str) -> Any:  # noqa: ANN401 - as in botocore
        """A parser by the name of its protocol."""
        if protocol_name == "json":
            return PlainParser(**self._defaults)  # type: ignore[attr-defined]
        return super().create_parser(protocol_name)


def self_test(model: ServiceModel) -> bool:
    """Whether the short way gives what the stock path gives, of a sample of each read."""
    try:
        return all(
            _parsed(PlainParser(), model, operation, body)
            == _parsed(create_parser("json"), model, operation, body)
            for operation, body in _SAMPLES.items()
        )
    except Exception:
        return False


def _parsed(parser: Any, model: ServiceModel, operation: str, body: bytes) -> Any:  # noqa: ANN401
    headers = {"x-amzn-requestid": "r"}
    response = {"status_code": 200, "headers": headers, "body": body, "context": {}}
    return parser.parse(response, model.operation_model(operation).output_shape)
