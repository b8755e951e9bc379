"""Fixtures that any test may ask for: a real DynamoDB engine, and a fresh table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import pytest
import pytest_socket
from hypothesis import settings

from tests import caches
from tools.local import dynoxide
from tools.local.paths import TEMPLATE
from tools.local.tables import TableDefinition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

UNIT_TESTS: Final = Path(__file__).parent / "unit"

# No test asserts on a time, which is the machine's.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


@pytest.fixture(autouse=True)
def no_sockets_in_unit_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    """A unit test that opens a socket fails."""
    if not request.path.is_relative_to(UNIT_TESTS):
        yield
        return
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


@pytest.fixture(autouse=True)
def no_way_to_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials and a region that lead nowhere, whatever the machine has configured."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", dynoxide.REGION)
    monkeypatch.setenv("AWS_REGION", dynoxide.REGION)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name, value in dynoxide.CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def cold_start() -> Iterator[None]:
    """A process whose caches are empty, and are emptied again after the test."""
    caches.reset()
    yield
    caches.reset()


@pytest.fixture(scope="session")
def dynamodb_endpoint() -> Iterator[str]:
    """The endpoint of a DynamoDB engine for the whole session."""
    with dynoxide.running_dynoxide() as (endpoint, _):
        yield endpoint


@pytest.fixture(scope="session")
def dynamodb(dynamodb_endpoint: str) -> DynamoDBClient:
    """A client of that engine."""
    return dynoxide.dynamodb_client(dynamodb_endpoint)


@pytest.fixture(scope="session")
def table_definition() -> TableDefinition:
    """The table as the template defines it."""
    return TableDefinition.from_template(TEMPLATE)


@pytest.fixture
def table_name(
    dynamodb: DynamoDBClient,
    dynamodb_endpoint: str,
    table_definition: TableDefinition,
    monkeypatch: pytest.MonkeyPatch,
    cold_start: None,
) -> Iterator[str]:
    """A fresh table of the template's definition, which the code under test finds by itself."""
    name = f"installs-{uuid4().hex[:12]}"
    table_definition.create(dynamodb, name)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_endpoint)
    monkeypatch.setenv("TABLE_NAME", name)
    yield name
    dynamodb.delete_table(TableName=name)
