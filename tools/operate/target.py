"""The system whose records are run again: the one on this machine, or one on AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from tools.local.dynoxide import CREDENTIALS, REGION

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

    from tools.local.state import RunningStack

_CONFIG = Config(
    read_timeout=310,
    retries={"mode": "standard", "total_max_attempts": 8},
)
"""The cascade's function may take five minutes to answer."""


@dataclass(frozen=True, slots=True)
class Target:
    """Clients of one system; the endpoint is that of the engine on this machine."""

    session: boto3.Session
    endpoint: str | None = None

    @classmethod
    def local(cls, running: RunningStack) -> Target:
        """The local system."""
        session = boto3.Session(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        return cls(session, running.aws_endpoint)

    @classmethod
    def aws(cls, profile: str | None, region: str | None) -> Target:
        """AWS, with the credentials of a profile or of the environment."""
        return cls(boto3.Session(profile_name=profile, region_name=region))

    def objects(self) -> S3Client:
        """S3."""
        client: S3Client = self._client("s3")
        return client

    def functions(self) -> LambdaClient:
        """Lambda."""
        client: LambdaClient = self._client("lambda")
        return client

    def events(self) -> EventBridgeClient:
        """EventBridge."""
        client: EventBridgeClient = self._client("events")
        return client

    def queues(self) -> SQSClient:
        """SQS."""
        client: SQSClient = self._client("sqs")
        return client

    def _client(self, service: Any) -> Any:  # noqa: ANN401 - any client
        return self.session.client(service, config=_CONFIG, endpoint_url=self.endpoint)
