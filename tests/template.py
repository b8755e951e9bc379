"""The template as CloudFormation gets it: packaged, then transformed twice by AWS's own code.

First ``AWS::LanguageExtensions`` by the SAM CLI's port, then SAM by its translator
(``transforms.py``, in the SAM CLI's environment). No test reads the source: the first transform
removes properties for which the second then has a default.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tools.local.intrinsics import resolved
from tools.local.paths import SAM, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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

STACK: Final = "installs"
ACCOUNT: Final = "123456789012"
REGION: Final = "eu-west-1"

PARAMETERS: Final = {
    "Stage": "dev",
    "Issuer": "https://issuer.example",
    "Audience": "installs",
    "Jwks": "https://issuer.example/jwks.json",
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": STACK,
    "AWS::URLSuffix": "amazonaws.com",
}
"""A stack that sets what it has to."""

_TRANSFORMS: Final = Path(__file__).with_name("transforms.py")


def transform(*stacks: Mapping[str, str], source: Path = TEMPLATE) -> list[Json]:
    """The template for each stack, with the parameters that it sets; one program for all of them.

    ``source``: another template. Resources and outputs whose condition does not hold are left out:
    they are not made. A parameter named like a function or a layer is the address of its content.
    """
    requests = [{**PARAMETERS, **stack} for stack in stacks]
    done = subprocess.run(  # noqa: S603 - the project's own program
        [SAM.with_name("python"), _TRANSFORMS, source],
        input=json.dumps(requests),
        env={**os.environ, "AWS_DEFAULT_REGION": REGION, "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [_made(template) for template in json.loads(done.stdout)]


def _made(template: Json) -> Json:
    conditions = template.get("Conditions", {})
    held = {name for name, said in conditions.items() if resolved(said, {}, conditions)}
    for section in ("Resources", "Outputs"):
        template[section] = {
            name: entry
            for name, entry in template.get(section, {}).items()
            if entry.pop("Condition", None) in {None, *held}
        }
    return template


@cache
def transformed(stage: str = "dev", **parameters: str) -> Json:
    """The template for one stack; not to be changed."""
    (template,) = transform({"Stage": stage, **parameters})
    return template


def properties(resources: Json, logical_id: str) -> Json:
    """The properties of a resource."""
    found: Json = resources[logical_id]["Properties"]
    return found


def of_type(resources: Json, kind: str) -> Json:
    """The properties of every resource of a kind, by name."""
    return {name: r["Properties"] for name, r in resources.items() if r["Type"] == kind}


def dependencies(resources: Json) -> dict[str, set[str]]:
    """The resources that each resource waits for: named in properties, metadata or DependsOn."""
    return {name: set(_named(resource)) for name, resource in resources.items()}


def _named(value: Any) -> Iterator[str]:  # noqa: ANN401 - a JSON value
    match value:
        case {"Ref": str(name)}:
            yield from () if name.startswith("AWS::") else (name,)
        case {"Fn::GetAtt": [name, *_]}:
            yield name
        case {"Fn::Sub": str(text)}:
            yield from (found for found in re.findall(r"\$\{(\w+)[.}]", text))
        case dict():
            yield from listed(value.get("DependsOn", []))
            for part in value.values():
                yield from _named(part)
        case list():
            for part in value:
                yield from _named(part)


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
