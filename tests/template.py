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

_POLICIES: Final = {
    name: f"arn:aws:iam::aws:policy/service-role/{name}"
    for name in ("AWSCodeDeployRoleForLambda", "AWSCodeDeployRoleForLambdaLimited")
}
"""What SAM asks IAM for."""


@cache
def transformed(stage: str = "dev") -> Json:
    """The whole template, as it is for a stage; not to be changed."""
    source = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
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
