"""Both transforms of AWS's own code, run by the interpreter that has them (.venvs/sam).

A program of its own: requests as JSON on standard input, transformed templates on standard output.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

from samcli.lib.cfn_language_extensions import api  # type: ignore[import-not-found]
from samcli.lib.cfn_language_extensions.sam_integration import (  # type: ignore[import-not-found]
    process_template_for_sam_cli,
)
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

POLICIES = {
    name: f"arn:aws:iam::aws:policy/service-role/{name}"
    for name in ("AWSCodeDeployRoleForLambda", "AWSCodeDeployRoleForLambdaLimited")
}
"""The policies that SAM looks up in IAM."""


class Sub(api.FnSubResolver):  # type: ignore[misc]
    """``Fn::Sub`` as CloudFormation leaves it: the port drops it where it cannot resolve all."""

    def resolve(self, value: dict[str, Any]) -> Any:  # noqa: ANN401 - a JSON value
        """Keep the function while its text names a resource."""
        text = super().resolve(value)
        return {"Fn::Sub": text} if "${" in text else text


def transform(source: str, parameters: dict[str, str]) -> Any:  # noqa: ANN401 - a JSON value
    """The template as CloudFormation makes resources of it.

    ``parameters``: values of parameters and pseudo parameters; the others have their defaults. A
    value by the logical id of a function or a layer is the address of its content.
    """
    template = _plain(yaml_parse(source))
    for name, resource in template["Resources"].items():
        for path in {"CodeUri", "ContentUri"} & resource["Properties"].keys():
            resource["Properties"][path] = parameters.pop(name, "s3://bucket/key")
    declared = template["Parameters"].items()
    defaults = {name: str(one["Default"]) for name, one in declared if "Default" in one}
    values = defaults | parameters
    expanded = process_template_for_sam_cli(
        template, values, api.PseudoParameterValues(**_pseudo(values))
    )
    return Translator(POLICIES, Parser()).translate(_plain(expanded), values)


def _pseudo(values: dict[str, str]) -> dict[str, str]:
    """The pseudo parameters, by the names that the port has for them."""
    names = {"AccountId": "account_id", "Partition": "partition", "Region": "region",
             "StackName": "stack_name", "URLSuffix": "url_suffix"}  # fmt: skip
    return {names[name]: values.pop(f"AWS::{name}") for name in names}


def _plain(value: Any) -> Any:  # noqa: ANN401 - a JSON value
    """Without the parts that YAML's anchors share: the transforms change what they are given."""
    return json.loads(json.dumps(value))


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    api.FnSubResolver = Sub
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    json.dump([transform(text, request) for request in json.load(sys.stdin)], sys.stdout)
