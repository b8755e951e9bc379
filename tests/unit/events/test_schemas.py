"""Schemas, AsyncAPI document and examples of the events (CONTRACT.md section 11)."""

from __future__ import annotations

import json
import os
from typing import Any, Final

import pytest
import yaml
from jsonschema import (  # type: ignore[import-untyped]
    Draft202012Validator,
    FormatChecker,
    validators,
)

from installs.events.details import DETAIL_TYPES
from installs.store.history import ChangeKind
from tools.events import asyncapi, schemas
from tools.events.examples import EVENTS, envelope
from tools.local.paths import ENVIRONMENTS
from tools.version import project_version

SPECS: Final = ENVIRONMENTS / "asyncapi" / "node_modules" / "@asyncapi" / "specs" / "schemas"
FORMATS: Final = FormatChecker()
EXAMPLES: Final = {DETAIL_TYPES[event.kind]: envelope(event) for event in EVENTS}


def validator(detail_type: str) -> Draft202012Validator:
    text = (schemas.FOLDER / f"{schemas.name_of(detail_type)}.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FORMATS)


def test_each_kind_of_change_has_a_type_with_a_schema_and_an_example() -> None:
    assert DETAIL_TYPES.keys() == set(ChangeKind)
    assert set(DETAIL_TYPES.values()) == schemas.ABOUT.keys() == EXAMPLES.keys()


def test_the_files_are_as_the_code_makes_them() -> None:
    """Run ``python -m tools asyncapi`` where this fails."""
    made = schemas.files()

    assert {path.name for path in schemas.FOLDER.iterdir()} == made.keys()
    for name, text in made.items():
        assert (schemas.FOLDER / name).read_text(encoding="utf-8") == text
    assert asyncapi.ASYNCAPI.read_text(encoding="utf-8") == asyncapi.text()


@pytest.mark.parametrize("detail_type", EXAMPLES)
def test_an_example_is_valid_and_says_all_that_its_schema_has(detail_type: str) -> None:
    detail = EXAMPLES[detail_type]["detail"]
    valid = validator(detail_type)

    valid.validate(detail)

    assert list(detail) == list(valid.schema["properties"])
    for name in detail:
        assert not valid.is_valid({key: value for key, value in detail.items() if key != name})
    assert valid.is_valid({**detail, "added": "later"})


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("schemaVersion", 2),
        ("eventId", 7),
        ("revision", 0),
        ("revision", "1"),
        ("occurredAt", "yesterday"),
        ("installId", "a b"),
        ("install", {"id": "ins_crm"}),
        ("omitted", ["id"]),
        ("cause", "weather"),
        ("actor", {"id": "usr_ada"}),
        ("actor", {"id": "usr_ada", "kind": "robot"}),
        ("replayed", "no"),
    ],
)
def test_what_no_event_has_is_invalid(name: str, wrong: object) -> None:
    detail = EXAMPLES["Install Created"]["detail"]

    assert not validator("Install Created").is_valid({**detail, name: wrong})


def test_what_may_be_unknown_or_too_large_is_valid() -> None:
    detail = EXAMPLES["Install Uninstalled"]["detail"]
    smaller = {**detail["install"], "variables": None}
    for others in (
        {"cause": None, "actor": None, "requestId": None, "traceId": None},
        {"actor": {"id": None, "kind": "retention"}},
        {"install": None, "replayed": True},
        {"install": smaller, "omitted": ["variables"]},
    ):
        validator("Install Uninstalled").validate(detail | others)


def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(asyncapi.ASYNCAPI.read_text(encoding="utf-8"))
    return loaded


def test_the_document_is_valid_asyncapi_of_this_version() -> None:
    path = SPECS / f"{document()['asyncapi']}.json"
    if not path.exists() and not os.environ.get("CI"):
        pytest.skip("make setup installs the schema of AsyncAPI")
    schema = json.loads(path.read_text(encoding="utf-8"))
    valid = validators.validator_for(schema)(schema)

    assert not [error.message for error in valid.iter_errors(document())]
    assert list(valid.iter_errors(document() | {"chanels": {}})), "it must be able to fail"
    assert document()["info"]["version"] == project_version()


def test_references_of_the_document_lead_somewhere() -> None:
    loaded = document()

    def references(value: object) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if "$ref" in value else []
            return own + [one for part in value.values() for one in references(part)]
        if isinstance(value, list):
            return [one for part in value for one in references(part)]
        return []

    found = references(loaded)
    assert len(found) == 3 * len(EXAMPLES) + 1
    for reference in found:
        place: Any = loaded
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


@pytest.mark.parametrize("name", [one.replace(" ", "") for one in schemas.ABOUT])
def test_an_example_of_the_document_is_as_its_payload_says(name: str) -> None:
    components = document()["components"]
    payload = components["messages"][name]["payload"]
    inlined = payload["properties"] | {"detail": components["schemas"][name]}
    valid = Draft202012Validator(payload | {"properties": inlined}, format_checker=FORMATS)

    (example,) = components["messages"][name]["examples"]

    valid.validate(example["payload"])
    assert not valid.is_valid(example["payload"] | {"source": "somebody-else"})
