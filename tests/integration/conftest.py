"""The demo's service, once for each file that asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.integration.demo_service import DemoService, demo_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from tools.local.tables import TableDefinition


@pytest.fixture(scope="module")
def demo(
    tmp_path_factory: pytest.TempPathFactory,
    dynamodb: DynamoDBClient,
    dynamodb_endpoint: str,
    table_definition: TableDefinition,
) -> Iterator[DemoService]:
    """A service of the demo's rows; what a test writes is there for the next one."""
    name = f"demo-{uuid4().hex[:12]}"
    table_definition.create(dynamodb, name)
    with pytest.MonkeyPatch.context() as patch:
        directory = tmp_path_factory.mktemp("demo")
        with demo_service(directory, name, dynamodb_endpoint, patch) as service:
            yield service
    dynamodb.delete_table(TableName=name)
