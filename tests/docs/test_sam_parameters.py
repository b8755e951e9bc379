"""Each documented `sam deploy` deploys what its environment wants, by the SAM CLI's own parser.

What the command line says replaces all that samconfig.toml says of parameters (SAM CLI:
--parameter-overrides), and what nobody says is the template's default in a new stack and the value
of the last deployment in an old one. So each environment has a file with all of them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from functools import cache
from typing import Any, Final

import pytest

from tests.docs.blocks import each
from tools.local.paths import ROOT, SAM, TEMPLATE
from tools.local.tables import load_template

ENVIRONMENTS: Final = ("dev", "staging", "prod")
ASKED: Final = {"Issuer", "Audience", "Jwks"}
"""Parameters that only who deploys can know: the files leave them empty."""

PROGRAM: Final = ROOT / "tests" / "docs" / "sam_deploy.py"
DOCUMENTED: Final = sorted(
    {
        tuple(words[1:])
        for _, words in each("sam", "deploy")
        if len(words) > 2 and "--guided" not in words  # of a consumer's own template
    }
)
"""The documented command lines, without `sam` itself."""


FILE: Final = "file://parameters/prod.yaml"
OTHERS: Final = (
    *(("deploy", "--config-env", environment) for environment in ENVIRONMENTS),
    ("deploy",),
    ("deploy", "--config-env", "prod", "--parameter-overrides", FILE, "LogLevel=DEBUG"),
    ("deploy", "--config-env", "prod", "--parameter-overrides", "LogLevel=DEBUG"),
)
"""Command lines of the tests, parsed with the documented ones: each start takes seconds."""


def parsed(*lines: tuple[str, ...]) -> list[Any]:
    """The SAM CLI's reading of command lines."""
    done = subprocess.run(  # noqa: S603 - the program is the one above
        [SAM.with_name("python"), "-W", "ignore", PROGRAM],
        input=json.dumps(lines),
        cwd=ROOT,
        env={**os.environ, "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@cache
def all_parsed() -> dict[tuple[str, ...], Any]:
    lines = (*OTHERS, *DOCUMENTED)
    return dict(zip(lines, parsed(*lines), strict=True))


def deployed(*words: str) -> Any:  # noqa: ANN401 - a JSON value
    return all_parsed()["deploy", *words]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_is_deployed_as_its_stage_in_a_stack_of_its_own(environment: str) -> None:
    found = deployed("--config-env", environment)

    assert found["parameters"]["Stage"] == environment
    assert found["arguments"]["stack_name"] == f"integration-installs-{environment}"
    assert found["arguments"]["capabilities"] == ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    assert found["arguments"]["resolve_s3"] is True
    assert found["arguments"]["confirm_changeset"] is True
    assert found["arguments"]["fail_on_empty_changeset"] is False


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_names_every_parameter_of_the_template(environment: str) -> None:
    # Else a value of one deployment stays in the next: CloudFormation's UsePreviousValue.
    found = deployed("--config-env", environment)
    names = load_template(TEMPLATE)["Parameters"].keys()

    assert found["parameters"].keys() == names
    # and none besides, which the SAM CLI would not tell of
    assert found["arguments"]["parameter_overrides"].keys() == names


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_template_takes_every_value_but_those_that_are_asked(environment: str) -> None:
    given = deployed("--config-env", environment)["parameters"]

    refused = {name for name, value in given.items() if not takes(name, value)}

    assert refused == ASKED


def takes(name: str, value: str) -> bool:
    """Return True if CloudFormation takes the value for the template's parameter."""
    parameter = load_template(TEMPLATE)["Parameters"][name]
    if "AllowedValues" in parameter and value not in map(str, parameter["AllowedValues"]):
        return False
    if parameter["Type"] == "Number":
        least, most = parameter.get("MinValue", 0), parameter.get("MaxValue", float("inf"))
        return value.isdigit() and least <= int(value) <= most
    pattern = parameter.get("AllowedPattern", r"[\s\S]*")
    return (
        parameter.get("MinLength", 0) <= len(value) <= parameter.get("MaxLength", 4096)
        and re.fullmatch(pattern, value) is not None
    )


def test_without_an_environment_nothing_is_deployed() -> None:
    assert "--stack-name" in deployed()["error"]


def test_a_parameter_of_the_command_line_beside_the_file_replaces_that_one_alone() -> None:
    usual = deployed("--config-env", "prod")["parameters"]

    once = deployed("--config-env", "prod", "--parameter-overrides", FILE, "LogLevel=DEBUG")

    assert once["parameters"] == usual | {"LogLevel": "DEBUG"}


def test_a_parameter_of_the_command_line_alone_loses_the_others() -> None:
    # So no page says it like that: the test below.
    lost = deployed("--config-env", "prod", "--parameter-overrides", "LogLevel=DEBUG")

    assert lost["parameters"] == {"LogLevel": "DEBUG"}


@pytest.mark.parametrize("words", DOCUMENTED, ids=" ".join)
def test_each_documented_deployment_is_of_its_environment(words: tuple[str, ...]) -> None:
    found = deployed(*words[1:])
    environment = words[words.index("--config-env") + 1]
    on_the_line = dict(word.split("=", 1) for word in words if re.match("[A-Z][A-Za-z]+=", word))

    usual = deployed("--config-env", environment)

    assert found["parameters"] == usual["parameters"] | on_the_line
    assert all(takes(name, value) for name, value in on_the_line.items())
    assert found["arguments"]["stack_name"] == usual["arguments"]["stack_name"]


def test_a_key_set_may_be_given_as_json(tmp_path: Any) -> None:  # noqa: ANN401 - a path
    key_set = json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "a-b_c", "kid": "it's"}]})
    file = tmp_path / "own.yaml"
    quoted = key_set.replace("'", "''")
    file.write_text(f"$include: file://{ROOT}/parameters/dev.yaml\nJwks: '{quoted}'\n")

    line = ("deploy", "--config-env", "dev", "--parameter-overrides", f"file://{file}")
    (found,) = parsed(line)

    assert found["parameters"]["Jwks"] == key_set
    assert found["parameters"]["Stage"] == "dev"
