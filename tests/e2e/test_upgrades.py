"""Deployment after deployment on the local system: a new version answers, an old one comes back.

The emulator publishes versions, moves aliases and keeps the code of each version as AWS does. It
has no CodeDeploy, and it publishes what the transforms say: tests/unit/template shows both on AWS's
own transforms (test_versions.py, test_functions.py).
"""

from __future__ import annotations

import json
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3
import httpx
import pytest

from tools import tokens
from tools.local import deploy, dynoxide
from tools.local.dynoxide import CREDENTIALS, REGION
from tools.local.ministack import aws_environment, running_ministack
from tools.local.paths import MINISTACK_PYTHON, ROOT, SAM, TEMPLATE
from tools.local.ports import free_port
from tools.local.state import StateDirectory
from tools.local.tables import TableDefinition
from tools.tokens import SigningKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient

ENVIRONMENT: Final = "dev"
CHANGED: Final = "installs/access.py"
BEFORE: Final = "There is no such install."
AFTER: Final = "There is no such install, says the next version."
"""One line of the core, in two versions."""


@dataclass(frozen=True)
class Account:
    """The emulator, and what the SAM CLI deploys to it."""

    endpoint: str
    tables_endpoint: str
    key: SigningKey

    def deploy(self, build: Path, stack: str, **parameters: str) -> None:
        """Deploy a build, as docs/deploy.md says."""
        given = {
            "Issuer": tokens.ISSUER,
            "Audience": tokens.AUDIENCE,
            "Jwks": self.key.key_set(),
            **parameters,
        }
        own = [f"{name}={json.dumps(value)}" for name, value in given.items()]
        run(
            [
                SAM, "deploy", "--template-file", build / "template.yaml",
                "--config-file", ROOT / "samconfig.toml", "--config-env", ENVIRONMENT,
                "--stack-name", stack,
                "--region", REGION, "--no-confirm-changeset", "--no-progressbar",
                "--parameter-overrides", f"file://parameters/{ENVIRONMENT}.yaml", *own,
            ],
            aws_environment(self.endpoint) | {"SAM_CLI_TELEMETRY": "0"},
        )  # fmt: skip
        self._make_table(self._outputs(stack)["TableName"])

    def answer(self, stack: str) -> str:
        """The detail of the answer about an install that is not there."""
        url = f"{self.endpoint}/_aws/execute-api/{self._outputs(stack)['ApiId']}/{ENVIRONMENT}"
        answer = httpx.get(
            f"{url}/api/integration-installs/ins_nowhere",
            headers={"Authorization": f"Bearer {self.key.token('usr_ada')}"},
            timeout=120,
        )
        assert answer.status_code == 404, answer.text
        detail: str = answer.json()["detail"]
        return detail

    def live_versions(self, stack: str) -> dict[str, str]:
        """The version that the alias of each function of a stack leads to."""
        functions: LambdaClient = self._client("lambda")
        names = [
            one["FunctionName"]
            for page in functions.get_paginator("list_functions").paginate()
            for one in page["Functions"]
            if one["FunctionName"].startswith(f"{stack}-")
        ]
        return {
            name: functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
            for name in names
        }

    def _outputs(self, stack: str) -> dict[str, str]:
        formation: CloudFormationClient = self._client("cloudformation")
        (described,) = formation.describe_stacks(StackName=stack)["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]}

    def _make_table(self, name: str) -> None:
        tables = dynoxide.dynamodb_client(self.tables_endpoint)
        if name not in tables.list_tables()["TableNames"]:
            TableDefinition.from_template(TEMPLATE).create(tables, name)

    def _client(self, service: str) -> Any:  # noqa: ANN401 - any client
        session: Any = boto3.Session(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        return session.client(service, endpoint_url=self.endpoint)


def run(command: list[str | Path], environment: dict[str, str]) -> None:
    done = subprocess.run(  # noqa: S603 - the commands are this file's own
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    state = StateDirectory(tmp_path_factory.mktemp("upgrades"))
    state.prepare(keep_rows=False)
    with (
        dynoxide.running_dynoxide() as (tables_endpoint, _),
        running_ministack(free_port(), state, tables_endpoint) as (endpoint, _),
    ):
        yield Account(endpoint, tables_endpoint, SigningKey.of_machine(state.signing_key))


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build of the sources as they are, which the local system has too."""
    deploy.build(tmp_path_factory.mktemp("build") / "sam.log")
    return deploy.BUILD


@pytest.fixture(scope="module")
def changed(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with one line of the core changed; only that layer is built, as `sam build` does."""
    checkout = tmp_path_factory.mktemp("changed")
    build, source = checkout / ".aws-sam" / "changed", checkout / "layers" / "core"
    shutil.copytree(released, build)
    shutil.rmtree(build / "CoreLayer")
    shutil.copytree(ROOT / "layers" / "core", source)
    shutil.copytree(ROOT / "functions", checkout / "functions")  # packaged as they are
    file = source / CHANGED
    text = file.read_text(encoding="utf-8")
    assert text.count(BEFORE) == 1
    file.write_text(text.replace(BEFORE, AFTER), encoding="utf-8")
    variables = [
        f"ARTIFACTS_DIR={build / 'CoreLayer'}",
        "LAYER_TARGET=local",
        f"LAYER_PYTHON={MINISTACK_PYTHON}",
    ]
    run(["make", "-C", source, "build-CoreLayer", *variables], aws_environment(None))
    return build


def test_each_deployment_answers_by_its_own_code(
    account: Account, released: Path, changed: Path
) -> None:
    # given a first deployment
    account.deploy(released, "first")
    assert account.answer("first") == BEFORE
    versions = account.live_versions("first")
    # when one line of the core changes, and is deployed; and beside it comes a second stack, in an
    # account where API Gateway logs already
    with ThreadPoolExecutor() as pool:
        next_version = pool.submit(account.deploy, changed, "first")
        second = pool.submit(account.deploy, released, "second", ApiGatewayAccount="existing")
    next_version.result()
    second.result()
    # then callers hear the new line, and every function of that stack is at a new version
    assert account.answer("first") == AFTER
    assert account.answer("second") == BEFORE
    moved = account.live_versions("first")
    assert moved.keys() == versions.keys()
    assert not moved.items() & versions.items()
    # and to roll back is to deploy what was there before
    account.deploy(released, "first")
    assert account.answer("first") == BEFORE
    assert account.answer("second") == BEFORE
