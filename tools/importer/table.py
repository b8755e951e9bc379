"""A table as the tools reach it, and its failures in words."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from installs.errors import InstallsError
from installs.store.table import Table
from tools.importer.errors import ImportStoppedError
from tools.local import dynoxide

if TYPE_CHECKING:
    from collections.abc import Iterator


WORKERS: Final = 4
"""Threads that write at once."""


def open_table(name: str, endpoint_url: str | None, session: boto3.Session | None = None) -> Table:
    """A table at an engine on this machine (``endpoint_url``), or in AWS (``None``).

    ``session``: credentials and a region for AWS; without it, those of the environment.
    """
    settings: dict[str, Any] = {}
    if endpoint_url is not None:
        settings = {
            "endpoint_url": endpoint_url,
            "region_name": dynoxide.REGION,
            **{key.lower(): value for key, value in dynoxide.CREDENTIALS.items()},
        }
    config = Config(
        parameter_validation=False,
        max_pool_connections=2 * WORKERS,
        retries={"mode": "standard", "total_max_attempts": 8},
    )
    session = session or boto3.Session()
    return Table(name, session.client("dynamodb", config=config, **settings))


@contextmanager
def stopped_on_failure() -> Iterator[None]:
    """Turn errors of DynamoDB and of the connection into one line for the operator."""
    try:
        yield
    except ClientError as error:
        raise ImportStoppedError(f"DynamoDB refuses the import: {error}") from error
    except BotoCoreError as error:
        raise ImportStoppedError(f"DynamoDB cannot be reached: {error}") from error
    except InstallsError as error:
        raise ImportStoppedError(f"The import stopped, and may be repeated: {error}") from error
