"""The SAM CLI takes the template, and builds what Lambda will run."""

from __future__ import annotations

import importlib.util
import json
import sys
from itertools import combinations, product
from pathlib import Path
from typing import Final

import pytest
import yaml

from tests.sam import build, run
from tests.template import transform
from tools.local.paths import ROOT, SAM

CFN_LINT: Final = Path(sys.executable).with_name("cfn-lint")
UNCHECKED_HASH: Final = (1).to_bytes(4, "little")
"""The flags of bytecode that is never held against its source (PEP 552)."""

FUNCTIONS: Final = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))


def test_sam_finds_nothing_wrong() -> None:
    assert "is a valid SAM Template" in run(SAM, "validate", "--lint")


EXAMPLES: Final = sorted((ROOT / "examples").glob("*/template.yaml"))


@pytest.mark.parametrize(
    "template",
    [ROOT / "template.yaml", *sorted((ROOT / "gameday").glob("*.yaml")), *EXAMPLES],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_cfn_lint_finds_nothing_wrong(template: Path) -> None:
    assert run(CFN_LINT, template) == ""


ORIGINS: Final = "https://a.example,https://b.example"
MAIL: Final = "ops@example.com"
DECISIVE: Final = {
    "Stage": ("dev", "staging", "prod"),
    "AllowedOrigin": ("", "*", ORIGINS),
    "ApiGatewayAccount": ("create", "existing"),
    "AlarmEmail": ("", MAIL),
    "EventBusName": ("", "bus"),
    "SnapStart": ("false", "true"),
}
"""Parameters that decide over resources, and their values."""

COMBINATIONS: Final = (
    ("dev", "", "create", "", "", "false"),
    ("dev", "*", "existing", MAIL, "", "true"),
    ("dev", ORIGINS, "create", "", "bus", "true"),
    ("staging", "", "existing", "", "bus", "false"),
    ("staging", "*", "create", MAIL, "bus", "false"),
    ("staging", ORIGINS, "create", MAIL, "", "true"),
    ("prod", "", "create", MAIL, "", "true"),
    ("prod", "*", "create", "", "bus", "true"),
    ("prod", ORIGINS, "existing", MAIL, "", "false"),
)
"""Each value beside each value of every other parameter."""


def test_the_combinations_have_every_pair_of_values() -> None:
    for one, other in combinations(range(len(DECISIVE)), 2):
        values = [list(DECISIVE.values())[at] for at in (one, other)]
        assert {(row[one], row[other]) for row in COMBINATIONS} == set(product(*values))


def test_cfn_lint_finds_nothing_wrong_in_what_is_made_of_it(tmp_path: Path) -> None:
    """For combinations of what decides over resources, after both transforms.

    The parameters are left out: what still names one then was not seen by the first transform, and
    its new value would publish no version of a function.
    """
    stacks = [dict(zip(DECISIVE, values, strict=True)) for values in COMBINATIONS]
    made = transform(*stacks)
    for stack, template in zip(stacks, made, strict=True):
        assert ("AlarmEmailSubscription" in template["Resources"]) is bool(stack["AlarmEmail"])
    assert EXAMPLES
    for example in EXAMPLES:
        made += transform({"EventBusName": "bus"}, source=example)
    files: list[Path] = []
    kept = ("AWSTemplateFormatVersion", "Description", "Resources", "Outputs")
    for template in made:
        files.append(tmp_path / f"{len(files)}.json")
        files[-1].write_text(json.dumps({part: template.get(part, {}) for part in kept}))

    assert run(CFN_LINT, *files) == ""


@pytest.mark.parametrize("environment", ["default", "dev", "staging", "prod"])
def test_every_environment_of_samconfig_is_read(environment: str) -> None:
    output = run(SAM, "validate", "--config-env", environment)

    assert "is a valid SAM Template" in output


def test_the_build_is_for_lambda_whatever_machine_it_is_made_on(tmp_path: Path) -> None:
    artifacts = build(tmp_path, LAYER_PYTHON=sys.executable, LAMBDA_PYTHON=sys.executable)

    # CloudFormation knows no anchors: SAM's CLI has resolved them
    written = yaml.parse((artifacts / "template.yaml").read_text())
    assert not [event for event in written if isinstance(event, yaml.AliasEvent)]
    packages = artifacts / "DependenciesLayer" / "python"
    binaries = [path.name for path in packages.rglob("*.so")]
    assert binaries
    assert all("aarch64" in name or ".abi3." in name for name in binaries)
    assert any("cpython-313-aarch64-linux-gnu" in name for name in binaries)
    assert (artifacts / "CoreLayer" / "python" / "installs" / "__init__.py").is_file()
    # Bytecode is of use to the version that made it alone, and Lambda's is 3.13.
    bytecode = {path.suffixes[0] for path in artifacts.rglob("*.pyc")}
    assert bytecode == ({".cpython-313"} if sys.version_info[:2] == (3, 13) else set())
    assert not list(packages.rglob("tests"))
    size = sum(path.stat().st_size for path in artifacts.rglob("*") if path.is_file())
    assert size < 100 * 2**20, "Lambda takes 250 MB of function and layers, and starts slower"


def test_the_build_for_the_local_stack_runs_here(tmp_path: Path) -> None:
    artifacts = build(tmp_path, LAYER_TARGET="local", LAYER_PYTHON=sys.executable)

    layers = [artifacts / name / "python" for name in ("CoreLayer", "DependenciesLayer")]
    imports = "import aws_lambda_powertools, cryptography, installs.model, jwt, orjson, pydantic"
    isolated = f"import sys; sys.path[:0] = {[str(layer) for layer in layers]}; {imports}"
    run(sys.executable, "-S", "-I", "-c", isolated)
    # All of it is compiled, and stays so whatever time its files are given.
    for layer in layers:
        compiled = {path.stem.partition(".")[0] for path in layer.rglob("*.pyc")}
        assert {path.stem for path in layer.rglob("*.py")} <= compiled
    header = next(layers[0].rglob("model.*.pyc")).read_bytes()[:8]
    assert header == importlib.util.MAGIC_NUMBER + UNCHECKED_HASH


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_functions_folder_is_packaged_as_it_is(name: str) -> None:
    held = {path.name for path in (ROOT / "functions" / name).iterdir()} - {"__pycache__"}

    assert held <= {"handler.py", "__init__.py"}
