"""Dynoxide, the DynamoDB engine of the tests and of the local system."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

from tools.local.errors import LocalSystemError
from tools.local.paths import engine_platform, packaged_dynoxide
from tools.local.ports import HOST, free_port, wait_until_listening
from tools.local.processes import Child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

REGION: Final = "eu-central-1"
CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}


def binary() -> Path:
    """The engine's binary: ``DYNOXIDE``, or the one that ``make setup`` installed."""
    chosen = os.environ.get("DYNOXIDE")
    path = shutil.which(chosen or str(packaged_dynoxide()))
    if path is None and chosen:
        raise LocalSystemError(f"DYNOXIDE names no program that can be run: {chosen}")
    if path is None:
        raise LocalSystemError(
            f"Dynoxide for {engine_platform()} is not installed: run 'make setup', or set"
            " DYNOXIDE to the path of its binary."
        )
    return Path(path)


@contextmanager
def running_dynoxide(
    *, database: Path | None = None, log: Path | None = None
) -> Iterator[tuple[str, Child]]:
    """Run the engine on a free port, and give its endpoint and its process.

    ``database`` is a SQLite file that outlives the process; without it, what is written is gone
    with the process.
    """
    port = free_port()
    with TemporaryDirectory() as folder:
        file = database or Path(folder) / "dynoxide.sqlite"
        command = [str(binary()), "--host", HOST, "--port", str(port), "--db-path", str(file)]
        with Child(command, log=log) as child:
            wait_until_listening(port, 10, child.running)
            _index_stream(file)
            yield f"http://{HOST}:{port}", child


def _index_stream(database: Path) -> None:
    """Let the engine find a stream's last record without reading all of them (ADR 0058)."""
    with closing(sqlite3.connect(database)) as connection:
        try:
            connection.execute(
                "CREATE INDEX IF NOT EXISTS lastStreamRecord"
                " ON _stream_records (table_name, CAST(sequence_number AS INTEGER))"
            )
        except sqlite3.OperationalError as error:
            message = f"{binary()} has other tables than the version that is pinned: {error}"
            raise LocalSystemError(message) from None


def _settings(endpoint: str) -> dict[str, Any]:
    return {
        "endpoint_url": endpoint,
        "region_name": REGION,
        "aws_access_key_id": CREDENTIALS["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    }


def dynamodb_client(endpoint: str) -> DynamoDBClient:
    """A client of the engine's tables."""
    return boto3.client("dynamodb", **_settings(endpoint))


def streams_client(endpoint: str, **settings: Any) -> DynamoDBStreamsClient:  # noqa: ANN401
    """A client of the engine's streams, whose sequence numbers are shorter than AWS's can be.

    ``settings`` are more of botocore's ``Config``.
    """
    config = Config(parameter_validation=False, **settings)
    return boto3.client("dynamodbstreams", config=config, **_settings(endpoint))
