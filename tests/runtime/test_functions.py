"""Every function under Amazon's own runtime client: on this machine, and as Lambda runs it.

``make test-runtime`` runs the second part: Python 3.13 for arm64, emulated, with the very layers
that `sam build` makes for Lambda.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.runtime.functions import FUNCTIONS
from tools.local.paths import ENVIRONMENTS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runtime.functions import Machine
    from tests.runtime.scenario import World

STATUSES: Final = {
    "list_installs": {200, 400},
    "get_install": {200, 404},
    "uninstall_install": {200},
    "restore_install": {200, 404},
    "purge_install": {200, 409},
}

IMPORT: Final = """
import importlib, pathlib, platform, sys
assert (sys.version_info[:2], platform.machine()) == ((3, 13), "aarch64"), sys.version
core, dependencies = map(pathlib.Path, sys.argv[1:])
sys.path[:0] = [str(core), str(dependencies)]
modules = sorted(".".join(p.relative_to(core).with_suffix("").parts) for p in core.rglob("*.py"))
modules = [name.removesuffix(".__init__") for name in modules]
extensions = [p.relative_to(dependencies) for p in dependencies.rglob("*.so")]
modules += [".".join([*p.parent.parts, p.name.partition(".")[0]]) for p in extensions]
assert "installs.http" in modules and len(extensions) > 3
for name in modules:
    importlib.import_module(name)
"""


CONNECTION: Final = """
import sys, botocore, pytest
assert botocore.__file__.startswith(sys.argv[1]), botocore.__file__
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[2:]]))
"""


def run(command: list[str], **environment: str) -> None:
    done = subprocess.run(  # noqa: S603 - the commands are this file's own
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def answers_of(function: str, answers: dict[str, Any]) -> list[Any]:
    return [answer for name, answer in answers.items() if name[3:].startswith(f"{function}/")]


def test_every_function_is_called(here: dict[str, object]) -> None:
    assert {name[3:].partition("/")[0] for name in here} == set(FUNCTIONS)


@pytest.mark.parametrize("function", STATUSES)
def test_an_endpoint(function: str, here: dict[str, Any]) -> None:
    answers = answers_of(function, here)
    statuses = {answer["statusCode"] for answer in answers}

    assert statuses == STATUSES[function]
    for answer in answers:
        body = json.loads(answer["body"])
        assert body.get("status", 200) == answer["statusCode"]


def test_the_authorizer(here: dict[str, Any]) -> None:
    forged, token, key, unknown = answers_of("authorizer", here)

    # To the letter: API Gateway answers 401 to this message alone.
    refusal = {"errorType": "Exception", "errorMessage": "Unauthorized"}
    assert (forged, unknown) == (refusal, refusal)
    assert token["principalId"] == "usr_ada"
    assert token["context"] == {"principal": "usr_ada", "kind": "user"}
    (statement,) = token["policyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Resource"].endswith("/dev/*")
    assert key["policyDocument"] == token["policyDocument"]


def test_the_cascade(here: dict[str, Any]) -> None:
    assert answers_of("cascade", here) == [{"batchItemFailures": []}] * 6


def test_changes_are_published(here: dict[str, Any]) -> None:
    assert answers_of("publish", here) == [{"batchItemFailures": []}] * 5


def test_rows_come_in(here: dict[str, Any]) -> None:
    # The events' order is that of their names: the message first, and then the same row again.
    queue, call = answers_of("ingest", here)

    assert queue == {"batchItemFailures": []}
    assert call == {"results": [{"result": "unchanged", "type": "install", "id": "ins_crm"}]}


@pytest.mark.emulated
def test_everything_in_the_layers_imports_on_lambda(lambda_machine: Machine) -> None:
    core, dependencies, sdk = lambda_machine.path
    command = [*lambda_machine.python, "-c", IMPORT, str(core), str(dependencies)]
    run(command, PYTHONPATH=str(sdk))


@pytest.mark.emulated
def test_lambda_answers_as_this_machine_does(
    lambda_machine: Machine, world: World, here: dict[str, object], tmp_path: Path
) -> None:
    assert world.answers(lambda_machine, tmp_path / "functions") == here


@pytest.mark.emulated
@pytest.mark.parametrize("sdk", ["lambda", "lambda-newest"])
def test_the_tables_connection_works_with_the_sdk(sdk: str) -> None:
    """It signs, retries and raises by parts of botocore that are not all public."""
    folder = str(ENVIRONMENTS / sdk)
    tests = ["tests/unit/test_connection.py", "tests/integration/test_connection_tls.py"]
    run([sys.executable, "-c", CONNECTION, folder, *tests], PYTHONPATH=folder)
