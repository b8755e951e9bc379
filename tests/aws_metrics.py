"""AWS's documents on the metrics that are watched, and on the variables of the access log.

Written from the pages, not from the template: `tests/unit/test_monitoring.py` holds the template
to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_AWS: Final = "https://docs.aws.amazon.com"
LAMBDA: Final = f"{_AWS}/lambda/latest/dg/monitoring-metrics-types.html"
API_GATEWAY: Final = (
    f"{_AWS}/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html"
)
DYNAMODB: Final = f"{_AWS}/amazondynamodb/latest/developerguide/metrics-dimensions.html"
SQS: Final = (
    f"{_AWS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"
)
ACCESS_LOG: Final = (
    f"{_AWS}/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html"
)

API_NAME: Final = ("ApiName",)
STAGE: Final = ("ApiName", "Stage")
METHOD: Final = ("ApiName", "Stage", "Method", "Resource")
"""Only where detailed metrics are on (``MetricsEnabled``)."""
FUNCTION: Final = ("FunctionName",)
"""All versions and aliases of a function together."""
MAPPING: Final = ("EventSourceMappingUUID",)
"""Only where the mapping's ``MetricsConfig`` asks for ``EventCount``."""
TABLE: Final = ("TableName",)
"""The table without its indexes."""
INDEX: Final = ("TableName", "GlobalSecondaryIndexName")
QUEUE: Final = ("QueueName",)
OPERATION: Final = ("TableName", "Operation")

COUNT: Final = frozenset({"Sum"})
TIME: Final = frozenset({"p50", "p99", "Maximum"})


@dataclass(frozen=True, slots=True)
class Documented:
    """A metric: the page, the sets of dimensions that it comes by, and the statistics that tell."""

    page: str
    dimensions: tuple[tuple[str, ...], ...]
    statistics: frozenset[str]
    says: str


_OF_API: Final = (API_NAME, STAGE, METHOD)
_OF_TABLE: Final = (TABLE, INDEX)

METRICS: Final[dict[tuple[str, str], Documented]] = {
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): Documented(
        SQS,
        (QUEUE,),
        frozenset({"Maximum"}),
        "The age in seconds of the oldest message that was not deleted.",
    ),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): Documented(
        SQS, (QUEUE,), frozenset({"Maximum"}), "Messages that can be received."
    ),
    ("AWS/ApiGateway", "Count"): Documented(
        API_GATEWAY, _OF_API, COUNT, "The total number of API requests in a period."
    ),
    ("AWS/ApiGateway", "4XXError"): Documented(
        API_GATEWAY, _OF_API, COUNT | {"Average"}, "Errors of clients; the average is their rate."
    ),
    ("AWS/ApiGateway", "5XXError"): Documented(
        API_GATEWAY, _OF_API, COUNT | {"Average"}, "Errors of servers; the average is their rate."
    ),
    ("AWS/ApiGateway", "Latency"): Documented(
        API_GATEWAY, _OF_API, TIME, "From the receipt of a request to the return of its response."
    ),
    ("AWS/Lambda", "Errors"): Documented(
        LAMBDA, (FUNCTION,), COUNT,
        "Invocations that end in an error of the function or the runtime, such as a timeout. The "
        "timestamp is that of the invocation, not of the error.",
    ),
    ("AWS/Lambda", "Throttles"): Documented(
        LAMBDA, (FUNCTION,), COUNT,
        "Invocation requests refused, no concurrency being left; neither Invocations nor Errors.",
    ),
    ("AWS/Lambda", "Duration"): Documented(
        LAMBDA, (FUNCTION,), TIME, "The time that the function's code takes for an event."
    ),
    ("AWS/Lambda", "ConcurrentExecutions"): Documented(
        LAMBDA, (FUNCTION,), frozenset({"Maximum"}), "Instances of the function that are busy."
    ),
    ("AWS/Lambda", "IteratorAge"): Documented(
        LAMBDA, (FUNCTION,), frozenset({"Maximum"}),
        "The age of the last record of an event from a stream; nothing where nothing is invoked.",
    ),
    ("AWS/Lambda", "OnFailureDestinationDeliveredEventCount"): Documented(
        LAMBDA, (MAPPING,), COUNT, "Events that were sent to the on-failure destination."
    ),
    ("AWS/DynamoDB", "ConsumedReadCapacityUnits"): Documented(
        DYNAMODB, _OF_TABLE, COUNT, "Read capacity units consumed."
    ),
    ("AWS/DynamoDB", "ThrottledRequests"): Documented(
        DYNAMODB, (OPERATION,), COUNT,
        "Requests of which any event was throttled, of the table or of an index. Of a batch, only "
        "where all of it was.",
    ),
    ("AWS/DynamoDB", "TransactionConflict"): Documented(
        DYNAMODB, (TABLE,), COUNT, "Requests for an item that another transaction was at work on."
    ),
}  # fmt: skip

LOG_VARIABLES: Final = {
    "$context.requestId": "The id that API Gateway gives to the request.",
    "$context.requestTimeEpoch": "The time of the request.",
    "$context.httpMethod": "The method.",
    "$context.resourcePath": "The path of the resource.",
    "$context.status": "The status of the response.",
    "$context.error.responseType": "The type of the gateway's own response, if it made one.",
    "$context.authorizer.principalId": "Whom the authorizer said the token stands for.",
    "$context.authorizer.status": "The status that the authorizer returned.",
    "$context.authorizer.integrationStatus": "The status of the call of a Lambda authorizer.",
    "$context.authorizer.latency": "The authorizer's time.",
    "$context.integrationStatus": "With Lambda's proxy, the status of Lambda, not of its function.",
    "$context.integration.status": "With Lambda's proxy, the status that the function answers.",
    "$context.integration.latency": "The integration's time.",
    "$context.responseLatency": "The time of the whole.",
    "$context.responseLength": "The length of the response's body.",
    "$context.identity.sourceIp": "The address that asked.",
    "$context.xrayTraceId": "The id of the trace.",
}  # fmt: skip
"""The content of each variable of the access log (ACCESS_LOG)."""
