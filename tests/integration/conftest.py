"""The demo's service, once for each file that asks for it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.integration.demo_service import DemoService, demo_items, demo_service

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from installs.store.items import Item
    from tools.local.tables import TableDefinition


@contextmanager
def _fresh_table(client: DynamoDBClient, definition: TableDefinition) -> Iterator[str]:
    name = f"demo-{uuid4().hex[:12]}"
    definition.create(client, name)
    yield name
    client.delete_table(TableName=name)


@pytest.fixture(scope="session")
def loaded_items(
    tmp_path_factory: pytest.TempPathFactory,
    dynamodb: DynamoDBClient,
    table_definition: TableDefinition,
) -> Sequence[Item]:
    """The items of a table of the demo, loaded once: it takes many times longer than a copy."""
    with _fresh_table(dynamodb, table_definition) as name:
        return demo_items(tmp_path_factory.mktemp("loaded"), name, dynamodb)


@pytest.fixture(scope="module")
def demo(
    tmp_path_factory: pytest.TempPathFactory,
    dynamodb: DynamoDBClient,
    table_definition: TableDefinition,
    loaded_items: Sequence[Item],
) -> Iterator[DemoService]:
    """A service of the demo's rows; what a test writes is there for the next one."""
    with _fresh_table(dynamodb, table_definition) as name:
        directory = tmp_path_factory.mktemp("demo")
        with demo_service(directory, name, dynamodb, loaded_items) as service:
            yield service
