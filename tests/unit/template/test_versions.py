"""A deployment reaches the callers: what a function does changes with a version of its own.

The API, the stream and the schedule call the alias, which points at a version. SAM publishes one
under a new logical id, and leaves the alias alone where the id is the same.
"""

from __future__ import annotations

from typing import Final

import pytest

from tests.template import Json, of_type, transform

ALL: Final = {
    "Authorizer", "ListInstalls", "GetInstall", "UninstallInstall", "RestoreInstall",
    "PurgeInstall", "Cascade", "Repair", "Ingest", "Publish",
}  # fmt: skip
ROUTES: Final = ALL - {"Authorizer", "Cascade", "Repair", "Ingest", "Publish"}
WRITERS: Final = ALL - {"Authorizer", "ListInstalls", "GetInstall"}

PARAMETERS: Final = {
    "Issuer": ("https://other.example", {"Authorizer"}),
    "Audience": ("other", {"Authorizer"}),
    "Jwks": ("https://other.example/jwks.json", {"Authorizer"}),
    "SubjectClaim": ("https://example.com/user", {"Authorizer"}),
    "LogLevel": ("WARN", ALL),
    "DefaultRetentionTier": ("long", {"UninstallInstall"}),
    "HistoryDays": ("30", WRITERS),
    "AllowedOrigin": ("https://app.example", ROUTES),
    "EventBusName": ("shared", {"Publish"}),
}
"""Each parameter that a function reads: another value, and the functions that read it."""

CONTENTS: Final = {
    "CoreLayer": ALL,
    "DependenciesLayer": ALL,
    **{f"{name}Function": {name} for name in ALL},
}
"""The sources of code, and the functions that run each."""


def versions(template: Json) -> dict[str, str]:
    """The logical id of each function's version."""
    found = of_type(template["Resources"], "AWS::Lambda::Version").items()
    return {one["FunctionName"]["Ref"].removesuffix("Function"): name for name, one in found}


def renewed(before: Json, after: Json) -> set[str]:
    """The functions of which another version is published."""
    assert versions(before).keys() == versions(after).keys() == ALL
    return {name for name, version in versions(after).items() if version != versions(before)[name]}


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_what_changes_a_function_makes_a_version_of_it_and_of_no_other(stage: str) -> None:
    contents = {name: ("s3://bucket/changed", readers) for name, readers in CONTENTS.items()}
    snapshots = {"SnapStart": ("true", ROUTES | {"Authorizer"})}
    changes = PARAMETERS | contents | snapshots
    stacks = [{"Stage": stage, name: value} for name, (value, _) in changes.items()]

    before, again, *after = transform({"Stage": stage}, {"Stage": stage}, *stacks)

    assert renewed(before, again) == set()
    found = {name: renewed(before, one) for name, one in zip(changes, after, strict=True)}
    assert found == {name: readers for name, (_, readers) in changes.items()}


def test_an_origin_reaches_the_answers_of_the_gateway() -> None:
    """API Gateway serves a deployment: one of its own for each definition of the API."""
    before, again, after = transform({}, {}, {"AllowedOrigin": "https://app.example"})

    def deployments(template: Json) -> set[str]:
        return set(of_type(template["Resources"], "AWS::ApiGateway::Deployment"))

    assert deployments(before) == deployments(again)
    assert not deployments(before) & deployments(after)


def test_every_parameter_that_a_function_reads_is_looked_at() -> None:
    """Set each parameter to a mark, and look for the marks in the functions' properties."""
    chosen = {"Stage", "GradualDeployment", "ApiGatewayAccount", "SnapStart"}
    (plain,) = transform({})
    marks = {name: f"mark-of-{name}" for name in plain["Parameters"].keys() - chosen}

    (template,) = transform(marks)

    functions = str(of_type(template["Resources"], "AWS::Lambda::Function"))
    assert {name for name, mark in marks.items() if mark in functions} == PARAMETERS.keys()
    assert not [name for name in plain["Parameters"] if f"'Ref': '{name}'" in functions]
