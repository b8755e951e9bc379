"""The template as CloudFormation gets it: packaged, then transformed by SAM's own translator."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import pytest
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from tools.local.paths import TEMPLATE

Json = dict[str, Any]

ROUTES: Final = {
    ("/api/integration-installs", "get"): "ListInstalls",
    ("/api/integration-installs/{id}", "get"): "GetInstall",
    ("/api/integration-installs/{id}", "delete"): "UninstallInstall",
    ("/api/integration-installs/{id}/restore", "post"): "RestoreInstall",
    ("/api/integration-installs/{id}/purge", "delete"): "PurgeInstall",
}
"""The function of each path and method."""

LIVE: Final = "Aliaslive"
"""The suffix that SAM adds to a function's name for its alias."""

_POLICIES: Final = {
    name: f"arn:aws:iam::aws:policy/service-role/{name}"
    for name in ("AWSCodeDeployRoleForLambda", "AWSCodeDeployRoleForLambdaLimited")
}
"""The resources that SAM creates in IAM."""


def written() -> Json:
    """The template as it is written."""
    found: Json = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    return found


@cache
def transformed(stage: str = "dev") -> Json:
    """The whole template, as it is for a stage; not to be changed."""
    source = written()
    for resource in source["Resources"].values():
        for path in ("CodeUri", "ContentUri"):
            if path in resource["Properties"]:
                resource["Properties"][path] = "s3://bucket/key"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        made: Json = Translator(_POLICIES, Parser()).translate(
            source, parameter_values={"Stage": stage}
        )
    return made


def properties(resources: Json, logical_id: str) -> Json:
    """The properties of a resource."""
    found: Json = resources[logical_id]["Properties"]
    return found


def of_type(resources: Json, kind: str) -> Json:
    """The properties of every resource of a kind, by name."""
    return {name: r["Properties"] for name, r in resources.items() if r["Type"] == kind}


def statements(role: Json) -> list[Json]:
    """The statements of a role's own policies."""
    return [s for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"]]


def listed(value: Any) -> list[Any]:  # noqa: ANN401 - a JSON value, one or many
    """One or many as many."""
    return value if isinstance(value, list) else [value]


def resource_name(value: str | Json) -> str:
    """A resource of a statement as one string, the same for `!GetAtt` and `!Sub`."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    return ".".join(argument) if function == "Fn::GetAtt" else str(argument)
