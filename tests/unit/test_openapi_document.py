"""openapi.yaml is made for generators and for agents (docs/adr/0039).

Each rule is one that a generator broke on, or that a reader of the document alone needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from installs.errors import InstallsError
from installs.http import STATUS
from installs.query.language.operators import OPERATORS
from tools.local.paths import ROOT, TEMPLATE
from tools.openapi.document import document
from tools.openapi.examples import PROBLEMS
from tools.openapi.responses import OF_OPERATION, REFUSALS

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

DOCUMENT: Final = document()
SCHEMAS: Final[Json] = DOCUMENT["components"]["schemas"]
REFERENCE: Final = "#/components/schemas/"


def parts(value: object) -> Iterator[Json]:
    """Yield each object in a JSON value, itself included."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from parts(inner)


def reachable(*values: object) -> set[str]:
    """Return the names of the schemas that values refer to, directly or not."""
    names: set[str] = set()
    waiting = list(values)
    while waiting:
        for part in parts(waiting.pop()):
            name = str(part.get("$ref", "")).removeprefix(REFERENCE)
            if name in SCHEMAS and name not in names:
                names.add(name)
                waiting.append(SCHEMAS[name])
    return names


ANSWERS: Final = reachable(
    DOCUMENT["components"]["responses"],
    *(
        operation["responses"]
        for path in DOCUMENT["paths"].values()
        for name, operation in path.items()
        if name != "parameters"
    ),
)


def test_a_value_of_an_enum_has_one_spelling() -> None:
    for part in parts(SCHEMAS):
        values = [str(one).replace("_", "").lower() for one in part.get("enum", [])]
        assert len(values) == len(set(values)), part


def test_an_operator_has_one_spelling() -> None:
    aliases = {alias for operator in OPERATORS.values() for alias in operator.aliases}
    for name, schema in SCHEMAS.items():
        keys = schema.get("properties", {}).keys()
        assert not keys & aliases, name
        assert len(keys) == len({key.lower() for key in keys}), name


def test_no_value_is_a_constant() -> None:
    assert [part for part in parts(SCHEMAS) if "const" in part] == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_object_has_a_name(name: str) -> None:
    inner = [part for part in parts(list(SCHEMAS[name].values())) if "properties" in part]
    assert [part for part in inner if part.get("type") == "object"] == []


@pytest.mark.parametrize("name", sorted(SCHEMAS.keys() - ANSWERS))
def test_a_union_has_a_name(name: str) -> None:
    assert [part for part in parts(list(SCHEMAS[name].values())) if "anyOf" in part] == []


def test_no_name_is_made_of_another_as_generators_make_them() -> None:
    """Go's clients have a type ``NullableX`` beside each ``X``."""
    names = {name.lower() for name in SCHEMAS}
    assert len(names) == len(SCHEMAS)
    assert not {f"nullable{name}" for name in names} & names


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_an_answer_may_get_new_members(name: str) -> None:
    assert "additionalProperties" not in SCHEMAS[name]


@pytest.mark.parametrize("name", sorted(SCHEMAS.keys() - ANSWERS))
def test_a_request_may_have_no_member_that_the_service_would_refuse(name: str) -> None:
    assert SCHEMAS[name].get("additionalProperties", False) is False
    assert ("properties" in SCHEMAS[name]) is ("additionalProperties" in SCHEMAS[name])


def test_a_json_object_is_any_object() -> None:
    assert SCHEMAS["Install"]["properties"]["variables"]["additionalProperties"] is True


def test_an_enum_that_may_be_null_is_the_enum_or_null() -> None:
    tier = SCHEMAS["Install"]["properties"]["retentionTier"]
    assert tier["anyOf"] == [{"$ref": f"{REFERENCE}RetentionTier"}, {"type": "null"}]


@pytest.mark.parametrize("name", ["filter", "orderBy", "ids"])
def test_a_parameter_is_a_string(name: str) -> None:
    parameters = DOCUMENT["paths"]["/api/integration-installs"]["get"]["parameters"]
    (schema,) = [one["schema"] for one in parameters if one["name"] == name]

    assert schema["type"] == "string"
    assert ("contentSchema" in schema) is (name != "ids")


def test_every_part_is_described() -> None:
    for name, schema in SCHEMAS.items():
        assert schema.get("description"), name
        for key, inner in schema.get("properties", {}).items():
            assert inner.get("description"), (name, key)
    for part in parts(DOCUMENT["paths"]):
        if "in" in part or "operationId" in part:
            assert part["description"], part


@pytest.mark.parametrize("name", OF_OPERATION)
def test_an_operation_refers_to_the_errors_that_it_can_give(name: str) -> None:
    (operation,) = [part for part in parts(DOCUMENT["paths"]) if part.get("operationId") == name]
    errors = {status: one for status, one in operation["responses"].items() if status != "200"}

    assert all(one.keys() == {"$ref"} for one in errors.values())
    assert len(errors) == len(OF_OPERATION[name]), "two errors have one status"


def test_every_code_is_documented_with_its_status() -> None:
    documented = {code: refusal.status for refusal in REFUSALS.values() for code in refusal.codes}

    known = {kind.code: status for kind, status in STATUS.items()}
    assert documented == known | {InstallsError.code: 500}
    assert SCHEMAS["ErrorCode"]["enum"] == sorted(documented)
    assert {name for names in OF_OPERATION.values() for name in names} == REFUSALS.keys()


@pytest.mark.parametrize("code", ["conflict", "throttled", "internal_error"])
def test_a_problem_that_no_test_can_cause_is_worded_as_in_the_source(code: str) -> None:
    files = (TEMPLATE, *(ROOT / "layers" / "core").rglob("*.py"))
    source = "".join(path.read_text(encoding="utf-8") for path in files)

    assert f'"{PROBLEMS[code]["detail"]}"' in source


def test_every_component_is_referred_to() -> None:
    assert SCHEMAS.keys() == reachable(DOCUMENT["paths"], DOCUMENT["components"]["responses"])
    references = {str(part.get("$ref")) for part in parts(DOCUMENT)}
    for kind in ("responses", "headers", "links"):
        for name in DOCUMENT["components"][kind]:
            assert f"#/components/{kind}/{name}" in references
