"""The environment of the functions, set by template.yaml and by Lambda."""

from __future__ import annotations

import os

from installs.model import RetentionTier


def table_name() -> str:
    """The name of the table (``TABLE_NAME``)."""
    return os.environ["TABLE_NAME"]


def default_retention_tier() -> RetentionTier:
    """The retention tier of workspaces without a default (``DEFAULT_RETENTION_TIER``, medium)."""
    return RetentionTier(os.environ.get("DEFAULT_RETENTION_TIER", RetentionTier.MEDIUM))


def history_days() -> int:
    """The days for which the history of an install is kept (``HISTORY_DAYS``, 400)."""
    return int(os.environ.get("HISTORY_DAYS", "400"))


def xray_header() -> str | None:
    """The tracing header of the invocation (``_X_AMZN_TRACE_ID``, as Lambda sets it)."""
    return os.environ.get("_X_AMZN_TRACE_ID")


def allowed_origins() -> frozenset[str]:
    """The web origins that may read responses (``ALLOWED_ORIGIN``): several, ``*`` or none."""
    return frozenset(filter(None, os.environ.get("ALLOWED_ORIGIN", "").split(",")))


def dead_letter_bucket() -> str:
    """The bucket of the dead letters (``DEAD_LETTER_BUCKET``)."""
    return os.environ["DEAD_LETTER_BUCKET"]


def rows_queue_url() -> str:
    """The URL of the queue of rows (``ROWS_QUEUE_URL``)."""
    return os.environ["ROWS_QUEUE_URL"]


def rows_dead_letters_url() -> str:
    """The URL of the queue of its dead letters (``ROWS_DEAD_LETTERS_URL``)."""
    return os.environ["ROWS_DEAD_LETTERS_URL"]


def event_bus_name() -> str:
    """The name or ARN of the event bus (``EVENT_BUS_NAME``)."""
    return os.environ["EVENT_BUS_NAME"]


def region() -> str:
    """The region of the function, and of its table (``AWS_REGION``, as Lambda sets it)."""
    return os.environ.get("AWS_REGION") or os.environ["AWS_DEFAULT_REGION"]


def dynamodb_endpoint() -> str:
    """The endpoint of DynamoDB: ``AWS_ENDPOINT_URL_DYNAMODB``, else the region's.

    ``URL_SUFFIX`` is the domain of the region's partition (AWS: pseudo parameter URLSuffix).
    """
    suffix = os.environ.get("URL_SUFFIX", "amazonaws.com")
    return os.environ.get("AWS_ENDPOINT_URL_DYNAMODB") or f"https://dynamodb.{region()}.{suffix}"
