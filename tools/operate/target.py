"""The system to work on: the one that runs on this machine, or one on AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from installs.store.table import Table
from tools.local.dynoxide import CREDENTIALS, REGION

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

    from tools.local.state import RunningStack

_CONFIG = Config(
    parameter_validation=False,
    read_timeout=310,
    max_pool_connections=16,
    retries={"mode": "standard", "total_max_attempts": 8},
)
"""The cascade's function may take five minutes to answer."""


@dataclass(frozen=True, slots=True)
class Target:
    """Clients of one system; an endpoint is that of an engine on this machine."""

    session: boto3.Session
    tables_endpoint: str | None = None
    aws_endpoint: str | None = None

    @classmethod
    def local(cls, running: RunningStack) -> Target:
        """The local system."""
        session = boto3.Session(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        return cls(session, running.dynamodb_endpoint, running.aws_endpoint)

    @classmethod
    def aws(cls, profile: str | None, region: str | None) -> Target:
        """AWS, with the credentials of a profile or of the environment."""
        return cls(boto3.Session(profile_name=profile, region_name=region))

    def table(self, name: str) -> Table:
        """A table."""
        return Table(name, self._client("dynamodb", self.tables_endpoint))

    def objects(self) -> S3Client:
        """S3."""
        client: S3Client = self._client("s3", self.aws_endpoint)
        return client

    def functions(self) -> LambdaClient:
        """Lambda."""
        client: LambdaClient = self._client("lambda", self.aws_endpoint)
        return client

    def _client(self, service: Any, endpoint: str | None) -> Any:  # noqa: ANN401 - any client
        return self.session.client(service, config=_CONFIG, endpoint_url=endpoint)
