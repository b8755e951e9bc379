"""The real template, built and deployed to the emulator by the SAM CLI, and read back from it."""

from __future__ import annotations

import fcntl
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3

from tools import tokens
from tools.local.dynoxide import CREDENTIALS, REGION
from tools.local.errors import LocalSystemError
from tools.local.gateway import put_gateway_responses
from tools.local.ministack import aws_environment
from tools.local.paths import MINISTACK_PYTHON, ROOT, SAM, TEMPLATE
from tools.local.processes import Child
from tools.local.stream.settings import MappingSettings
from tools.local.tables import TableDefinition, load_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mypy_boto3_cloudformation.type_defs import StackTypeDef
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

STACK_NAME: Final = "integration-installs-local"
STAGE: Final = "dev"
BUILD: Final = ROOT / ".aws-sam" / "local"
"""Folder of what ``sam build`` makes for this machine."""
_STAMP: Final = ROOT / ".aws-sam" / "local.stamp"


@dataclass(frozen=True, slots=True)
class DeployedStack:
    """Description of the deployed stack."""

    base_url: str
    table_name: str
    table: TableDefinition
    mappings: Mapping[str, MappingSettings]
    """The stream's mappings by the names of their functions: ``cascade``, ``publish``."""
    dead_letter_bucket: str
    cascade_function: str
    event_bus: str
    publish_function: str
    unpublished_bucket: str
    ingest_function: str
    rows_queue: str
    rows_dead_letters: str


class Emulator:
    """Clients of the emulator."""

    def __init__(self, endpoint: str) -> None:
        """Speak to ``endpoint``."""
        self.endpoint = endpoint
        self._session = boto3.Session(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )

    def functions(self) -> LambdaClient:
        """Lambda's API."""
        return self._session.client("lambda", endpoint_url=self.endpoint)

    def objects(self) -> S3Client:
        """S3's API."""
        return self._session.client("s3", endpoint_url=self.endpoint)

    def events(self) -> EventBridgeClient:
        """EventBridge's API."""
        return self._session.client("events", endpoint_url=self.endpoint)

    def queues(self) -> SQSClient:
        """SQS's API."""
        return self._session.client("sqs", endpoint_url=self.endpoint)

    def put_gateway_responses(self) -> None:
        """Give the deployed API the template's gateway responses, which the emulator left out."""
        formation = self._session.client("cloudformation", endpoint_url=self.endpoint)
        template: Any = formation.get_template(StackName=STACK_NAME, TemplateStage="Processed")
        body = template["TemplateBody"]
        parameters = self._stack().get("Parameters", [])
        put_gateway_responses(
            self._session.client("apigateway", endpoint_url=self.endpoint),
            self._outputs()["ApiId"],
            STAGE,
            json.loads(body) if isinstance(body, str) else body,
            {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in parameters},
        )

    def _stack(self) -> StackTypeDef:
        formation = self._session.client("cloudformation", endpoint_url=self.endpoint)
        return formation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]

    def _outputs(self) -> dict[str, str]:
        outputs = self._stack().get("Outputs", [])
        return {output["OutputKey"]: output["OutputValue"] for output in outputs}

    def _mapping(self, function: str) -> MappingSettings:
        mappings = self.functions().list_event_source_mappings(FunctionName=function)
        (mapping,) = mappings["EventSourceMappings"]
        return MappingSettings.from_description(mapping)

    def read_stack(self) -> DeployedStack:
        """The addresses, the table and the stream's mappings of the deployed stack."""
        outputs = self._outputs()
        table_name = outputs["TableName"]
        tables = self._session.client("dynamodb", endpoint_url=self.endpoint)
        description: Mapping[str, Any] = tables.describe_table(TableName=table_name)["Table"]
        ttl: Mapping[str, Any] = tables.describe_time_to_live(TableName=table_name)
        functions = {
            "cascade": outputs["CascadeFunctionName"],
            "publish": outputs["PublishFunctionName"],
        }
        path = f"/_aws/execute-api/{outputs['ApiId']}/{STAGE}"
        return DeployedStack(
            base_url=self.endpoint + path,
            table_name=table_name,
            table=TableDefinition.from_description(description, ttl["TimeToLiveDescription"]),
            mappings={name: self._mapping(function) for name, function in functions.items()},
            dead_letter_bucket=outputs["DeadLetterBucketName"],
            cascade_function=functions["cascade"],
            event_bus=outputs["EventBusName"],
            publish_function=functions["publish"],
            unpublished_bucket=outputs["UnpublishedBucketName"],
            ingest_function=outputs["IngestFunctionName"],
            rows_queue=outputs["RowsQueueUrl"],
            rows_dead_letters=outputs["RowsDeadLettersUrl"],
        )


def build(log: Path) -> None:
    """Run ``sam build`` for this machine's Python; nothing where no source has changed."""
    BUILD.parent.mkdir(exist_ok=True)
    with _STAMP.open("a+") as stamp:
        # Two systems that start at once must not build into one directory.
        fcntl.flock(stamp, fcntl.LOCK_EX)
        stamp.seek(0)
        digest = _digest_of_sources()
        if stamp.read() == digest and (BUILD / "template.yaml").exists():
            return
        stamp.truncate(0)
        layer = {"LAYER_TARGET": "local", "LAYER_PYTHON": str(MINISTACK_PYTHON)}
        environment = aws_environment(None) | layer
        _sam(["build", "--build-dir", str(BUILD)], log, environment)
        stamp.write(digest)


def origin_pattern() -> str:
    """The template's pattern of a list of web origins."""
    pattern: str = load_template(TEMPLATE)["Parameters"]["AllowedOrigin"]["AllowedPattern"]
    return pattern


def deploy(endpoint: str, key_set: str, origins: str, log: Path) -> None:
    """Run ``sam deploy`` of what was built against the emulator.

    ``origins`` are the web origins whose pages may call the API, by commas, or ``*``.
    """
    parameters = {
        "Stage": STAGE,
        "AllowedOrigin": origins,
        "Issuer": tokens.ISSUER,
        "Audience": tokens.AUDIENCE,
        "Jwks": key_set,
    }
    overrides = [f"{name}={json.dumps(value)}" for name, value in parameters.items()]
    command = ["deploy", "--template-file", str(BUILD / "template.yaml")]
    command += ["--config-file", str(ROOT / "samconfig.toml"), "--config-env", STAGE]
    command += ["--stack-name", STACK_NAME, "--region", REGION, "--no-confirm-changeset"]
    command += ["--no-progressbar", "--tags", "ms-custom-id=installs"]
    command += ["--parameter-overrides", *overrides]
    _sam(command, log, aws_environment(endpoint))


def _sam(command: list[str], log: Path, environment: dict[str, str]) -> None:
    if not SAM.exists():
        raise LocalSystemError("The SAM CLI is not installed: run 'make setup'.")
    telemetry = {"SAM_CLI_TELEMETRY": "0"}
    with Child([SAM, *command], cwd=ROOT, log=log, environment=environment | telemetry) as child:
        status = child.wait()
    if status:
        raise LocalSystemError(f"'sam {command[0]}' failed; its output is in {log}.")


def _digest_of_sources() -> str:
    digest = hashlib.sha256(f"{MINISTACK_PYTHON.resolve()}\0".encode())
    for path in _sources():
        digest.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield TEMPLATE
    for folder in ("functions", "layers"):
        paths = sorted((ROOT / folder).rglob("*"))
        yield from (path for path in paths if path.is_file() and "__pycache__" not in path.parts)
