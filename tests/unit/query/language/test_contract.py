"""Parser and document, each against the tables of CONTRACT.md, sections 1 and 2.

In the code the two have one source, so that they would be wrong together. Here fields and nulls are
read from the contract's own text, and operators are written down as it has them.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import pytest
import yaml

from installs.errors import InvalidFilterError
from installs.query.language.parser import parse_filter
from tools.local.paths import OPENAPI, ROOT

CONTRACT: Final = (ROOT / "CONTRACT.md").read_text(encoding="utf-8")
SCHEMAS: Final = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))["components"]["schemas"]

DATE: Final = frozenset(["eq", "neq", "in", "nin", "lt", "lte", "gt", "gte", "between", "isNull"])
TEXT: Final = frozenset(
    ["contains", "startsWith", "endsWith", "eqi", "containsi", "startsWithi", "endsWithi"]
)  # fmt: skip
OPERATORS: Final = {
    "id": frozenset({"eq", "neq", "in", "nin"}),
    "enum": frozenset({"eq", "neq", "in", "nin"}),
    "date": DATE,
    "string": DATE | TEXT,
    "boolean": frozenset({"eq", "neq"}),
}
ALIASES: Final = {"ne": "neq", "notIn": "nin", "equals": "eq"}
ENUMS: Final = {
    "memberPolicy": "manual",
    "retentionTier": "short",
    "defaultRetentionTier": "short",
    "trustTier": "community",
    "visibility": "public",
    "role": "admin",
}
VALUES: Final = {"id": "a", "string": "a", "date": "2026-01-01T00:00:00.000Z", "boolean": True}
RELATIONS: Final = {
    None: "Install",
    "members": "IntegrationMember",
    "addOns": "Install",
    "integration": "Integration",
    "integrationVersion": "IntegrationVersion",
    "workspace": "Workspace",
    "solution": "Solution",
    "parentInstall": "Install",
    "installer": "User",
}
TO_MANY: Final = ("members", "addOns")


def fields(entity: str) -> dict[str, bool]:
    """The fields of section 1 that are not JSON objects, and whether each may be null (``?``)."""
    row = re.search(rf"^\| {entity} \| (.*) \|$", CONTRACT, re.MULTILINE)
    assert row is not None
    plain = re.sub(r" \([^)]*\)", lambda note: "!" if "object" in note[0] else "", row[1])
    names = [name for name in plain.split(", ") if not name.endswith("!")]
    return {name.rstrip("?"): name.endswith("?") for name in names}


def kind(name: str) -> str:
    if name in ("isClone", "detached", "enabled"):
        return "boolean"
    if name in ENUMS:
        return "enum"
    if name == "id" or name.endswith(("Id", "By")):
        return "id"
    return "date" if name.endswith("At") else "string"


CASES: Final = [
    (relation, name, nullable)
    for relation, entity in RELATIONS.items()
    for name, nullable in fields(entity).items()
]


def expected(relation: str | None, name: str, nullable: bool) -> frozenset[str]:
    """The operators of section 2; any field of a row that may be absent may be null."""
    taken = OPERATORS[kind(name)]
    absent = relation is not None and relation not in TO_MANY
    return taken | {"isNull"} if kind(name) in ("id", "enum") and (nullable or absent) else taken


@pytest.mark.parametrize(("relation", "name", "nullable"), CASES)
def test_the_document_has_the_operators_of_the_contract(
    relation: str | None, name: str, nullable: bool
) -> None:
    optional = "Optional" if relation is not None and relation not in TO_MANY else ""
    about = SCHEMAS[f"{optional}{RELATIONS[relation]}Filter"]["properties"][name]
    comparison = SCHEMAS[about["$ref"].rpartition("/")[2]]
    names = (form.get("$ref", "").rpartition("/")[2] for form in comparison["anyOf"])
    (operators,) = (SCHEMAS[one]["properties"] for one in names if one.endswith("Operators"))

    assert operators.keys() == expected(relation, name, nullable) | {"not"}


@pytest.mark.parametrize("alias", ALIASES)
def test_of_the_spellings_of_an_operator_the_document_has_one(alias: str) -> None:
    """The parser takes both (docs/adr/0039)."""
    values = ["x"] if alias == "notIn" else "x"

    assert parses(None, {"solutionId": {alias: values}})
    assert parses(None, {"solutionId": {ALIASES[alias]: values}})
    assert f"'{alias}'" not in str(SCHEMAS)


@pytest.mark.parametrize(("relation", "name", "nullable"), CASES)
def test_the_parser_takes_the_operators_of_the_contract(
    relation: str | None, name: str, nullable: bool
) -> None:
    value = ENUMS.get(name) or VALUES[kind(name)]
    arguments: dict[str, Any] = dict.fromkeys((*DATE, *TEXT), value)
    arguments |= {"in": [value], "nin": [value], "between": [value, value], "isNull": True}
    taken = {
        operator
        for operator, argument in arguments.items()
        if parses(relation, {name: {operator: argument}})
    }

    assert taken == expected(relation, name, nullable)


def parses(relation: str | None, wanted: object) -> bool:
    if relation is not None:
        wanted = {relation: {"some": wanted} if relation in TO_MANY else wanted}
    try:
        parse_filter(json.dumps(wanted))
    except InvalidFilterError:
        return False
    return True


def test_every_field_is_asked_for() -> None:
    # installs three times, members, integrations, versions, workspaces, solutions and users
    assert len(CASES) == 3 * 13 + 14 + 12 + 6 + 9 + 9 + 6
