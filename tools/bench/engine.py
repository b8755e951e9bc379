"""A DynamoDB engine with the service's table, for as long as a benchmark runs."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from installs import access
from installs.store import table
from tools.local import dynoxide
from tools.local.paths import TEMPLATE
from tools.local.tables import TableDefinition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

TABLE: Final = "installs-bench"


@contextmanager
def engine() -> Iterator[DynamoDBClient]:
    """A client of the engine; the environment leads every other client to it as well.

    The table has no stream, which would slow the engine's writes.
    """
    with dynoxide.running_dynoxide() as (endpoint, _):
        settings = dynoxide.CREDENTIALS | {
            "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
            "AWS_DEFAULT_REGION": dynoxide.REGION,
            "AWS_REGION": dynoxide.REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "TABLE_NAME": TABLE,
            "POWERTOOLS_SERVICE_NAME": "bench",
            "POWERTOOLS_METRICS_DISABLED": "true",
            "DEAD_LETTER_BUCKET": "none",
        }
        with patch.dict(os.environ, settings):
            # What this process knows of another engine is not so of this one.
            access._scopes.clear()
            table.client.cache_clear()
            client = dynoxide.dynamodb_client(endpoint)
            create(client, TABLE)
            yield client


def create(client: DynamoDBClient, name: str) -> None:
    """The service's table, empty, under a name."""
    replace(TableDefinition.from_template(TEMPLATE), stream_view=None).create(client, name)
