"""The system that a command works on: the one on this machine, or one on AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from tools.importer.table import open_table
from tools.local.dynoxide import CREDENTIALS, REGION
from tools.local.errors import LocalSystemError
from tools.local.paths import DEFAULT_STATE
from tools.local.state import StateDirectory
from tools.options import (  # noqa: TC001 - typer reads them
    Profile,
    Region,
    StackName,
    State,
    TableName,
)
from tools.outcome import Exit, end, exit_on_error
from tools.signatures import provided

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

    from installs.store.table import Table
    from tools.local.state import RunningStack

P = ParamSpec("P")

TABLE: Final = "TableName"
"""The output that names the table."""

_CONFIG: Final = Config(
    read_timeout=310,
    retries={"mode": "standard", "total_max_attempts": 8},
)
"""The cascade's function may take five minutes to answer."""


@dataclass(frozen=True, slots=True)
class System:
    """A system by the outputs of its stack, as far as they are known.

    ``endpoint``, ``tables_endpoint``: of the engines on this machine; ``None`` for AWS.
    """

    outputs: Mapping[str, str]
    session: boto3.Session
    endpoint: str | None = None
    tables_endpoint: str | None = None

    @classmethod
    def local(cls, running: RunningStack) -> System:
        """Return the local system."""
        session = boto3.Session(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        return cls(running.outputs, session, running.aws_endpoint, running.dynamodb_endpoint)

    @classmethod
    def deployed(cls, stack: str, profile: str | None, region: str | None) -> System:
        """Return the system of a stack in CloudFormation.

        Raises
        ------
        LocalSystemError
            There is no such AWS profile.
        BotoCoreError, ClientError
            CloudFormation cannot be reached, or knows no such stack.
        """
        session = session_of(profile, region)
        described = describe_stack(session, stack)
        outputs = {
            output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])
        }
        return cls(outputs, session)

    def output(self, name: str) -> str:
        """Return an output of the stack.

        Raises
        ------
        LocalSystemError
            The stack has no such output.
        """
        if name not in self.outputs:
            raise LocalSystemError(
                f"The stack has no output {name}: it is of another service, or of an older version."
            )
        return self.outputs[name]

    def table(self) -> Table:
        """Open the table."""
        return open_table(self.output(TABLE), self.tables_endpoint, self.session)

    def objects(self) -> S3Client:
        """Return a client of S3."""
        client: S3Client = self._client("s3")
        return client

    def functions(self) -> LambdaClient:
        """Return a client of Lambda."""
        client: LambdaClient = self._client("lambda")
        return client

    def events(self) -> EventBridgeClient:
        """Return a client of EventBridge."""
        client: EventBridgeClient = self._client("events")
        return client

    def queues(self) -> SQSClient:
        """Return a client of SQS."""
        client: SQSClient = self._client("sqs")
        return client

    def _client(self, service: Any) -> Any:  # noqa: ANN401 - any client
        return self.session.client(service, config=_CONFIG, endpoint_url=self.endpoint)


Choose = Callable[[], System]
"""Return the system of a command, once its own arguments are known to be right."""


def session_of(profile: str | None, region: str | None) -> boto3.Session:
    """Return a session with AWS.

    Raises
    ------
    LocalSystemError
        There is no such AWS profile.
    """
    try:
        return boto3.Session(profile_name=profile, region_name=region)
    except BotoCoreError as error:
        raise LocalSystemError(str(error)) from error


def describe_stack(session: boto3.Session, name: str) -> Mapping[str, Any]:
    """Return a stack as CloudFormation describes it."""
    (described,) = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return described


def chosen(
    named: Mapping[str, tuple[str, str | None]],
    *,
    stack: str | None,
    profile: str | None,
    region: str | None,
    state: Path,
) -> System:
    """Return the system of the options: of a stack, of resources by name, or the local one.

    ``named``: the option and its value for each output that a command needs.

    Raises
    ------
    LocalSystemError
        The local system does not run, or there is no such AWS profile.
    """
    options = [option for option, _ in named.values()]
    outputs = {output: value for output, (_, value) in named.items() if value is not None}
    if outputs and (stack is not None or len(outputs) < len(named)):
        end(
            Exit.USAGE,
            f"Give {' and '.join(options)}, or --stack alone, or none for the local system.",
        )
    if stack is not None:
        return System.deployed(stack, profile, region)
    if outputs:
        return System(outputs, session_of(profile, region))
    return System.local(StateDirectory(state).running())


@contextmanager
def _table_system(
    *,
    stack: StackName = None,
    table: TableName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = DEFAULT_STATE,
) -> Iterator[Choose]:
    """Prepare the choice of the system of a command that needs the table alone."""
    named = {TABLE: ("--table", table)}
    with exit_on_error():
        yield partial(chosen, named, stack=stack, profile=profile, region=region, state=state)


def on_table(function: Callable[Concatenate[Choose, P], None]) -> Callable[..., None]:
    """Make a command of a function that works on a table; add the options that choose it."""
    return provided(_table_system, function)
