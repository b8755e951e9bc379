"""Machines that run the functions, and a world to run them in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.runtime import debian
from tests.runtime.functions import HERE, Machine
from tests.runtime.scenario import World
from tests.sam import build
from tools.local.paths import ENVIRONMENTS
from tools.tokens import SigningKey

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

    from tools.local.tables import TableDefinition


@pytest.fixture(scope="session")
def world(
    dynamodb: DynamoDBClient, dynamodb_endpoint: str, table_definition: TableDefinition
) -> World:
    """A DynamoDB engine and an issuer of tokens."""
    return World(dynamodb, dynamodb_endpoint, table_definition, SigningKey.generate())


@pytest.fixture(scope="session")
def layers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The layers as `sam build` makes them for Lambda."""
    python = {"LAYER_PYTHON": sys.executable, "LAMBDA_PYTHON": sys.executable}
    artifacts = build(tmp_path_factory.mktemp("sam"), **python)
    return artifacts / "CoreLayer" / "python", artifacts / "DependenciesLayer" / "python"


@pytest.fixture(scope="session")
def here(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The functions' answers on this machine."""
    return world.answers(HERE, tmp_path_factory.mktemp("here") / "functions")


@pytest.fixture(scope="session", params=["lambda", "lambda-newest"])
def lambda_machine(request: pytest.FixtureRequest, layers: tuple[Path, Path]) -> Machine:
    """Lambda's Python with the layers, and the AWS SDK that the runtime brings, or the newest."""
    return Machine(debian.COMMAND, (*layers, ENVIRONMENTS / str(request.param)))
