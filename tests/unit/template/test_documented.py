"""openapi.yaml, parameters/ and pyproject.toml's functions agree with the template."""

from __future__ import annotations

import tomllib
from typing import Any, Final

import pytest
import yaml

from tests.template import ROUTES, Json, properties
from tools.local.paths import OPENAPI, ROOT, TEMPLATE
from tools.local.tables import load_template

METHODS: Final = {"get", "put", "post", "delete", "patch", "head", "trace"}
"""The methods of an OpenAPI path item; ``options`` is the gateway's own preflight."""


def operations(paths: Json) -> dict[tuple[str, str], Json]:
    return {
        (path, method): operation
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method in METHODS
    }


def test_openapi_has_the_routes_of_the_template(resources: Json) -> None:
    document = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))

    documented = operations(document["paths"])
    deployed = operations(properties(resources, "Api")["Body"]["paths"])

    assert documented.keys() == deployed.keys()
    # An operation is called as its function is, so that a log line leads to the reference.
    for route, operation in documented.items():
        function = ROUTES[route]
        assert operation["operationId"] == function[0].lower() + function[1:]


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_an_environment_names_every_parameter(environment: str) -> None:
    # tests/docs/test_sam_parameters.py says why, and reads the files as the SAM CLI does.
    file = ROOT / "parameters" / f"{environment}.yaml"

    given = yaml.safe_load(file.read_text(encoding="utf-8"))

    assert given.keys() == load_template(TEMPLATE)["Parameters"].keys()


def test_import_linter_knows_every_function() -> None:
    settings: Any = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    contracts = settings["importlinter"]["contracts"]
    (independent,) = [one for one in contracts if one["type"] == "independence"]

    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}

    assert set(independent["modules"]) == {f"functions.{name}" for name in folders}
    # A folder without a handler is none; a function without a folder is not deployed.
    assert folders == {
        path.name for path in (ROOT / "functions").iterdir() if any(path.glob("*.py"))
    }
