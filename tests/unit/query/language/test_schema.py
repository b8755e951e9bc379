"""The schema says of the rows what CONTRACT.md section 1 says."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from installs import model
from installs.query.language.schema import ENTITIES, INSTALL, Kind, target


def camel_case(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


@pytest.mark.parametrize("name", ENTITIES)
def test_every_field_of_the_model_is_there_and_null_where_the_model_says(name: str) -> None:
    record: Any = getattr(model, name)

    nullable = {camel_case(f.name): "None" in str(f.type) for f in fields(record)}

    assert {f.name: f.nullable for f in ENTITIES[name].fields.values()} == nullable


@pytest.mark.parametrize("name", ENTITIES)
def test_the_name_of_a_field_tells_its_kind(name: str) -> None:
    for field in ENTITIES[name].fields.values():
        if field.name == "id" or field.name.endswith("Id"):
            assert field.kind is Kind.ID
        if field.name.endswith("At"):
            assert field.kind is Kind.DATE
        assert bool(field.values) is (field.kind is Kind.ENUM)


def test_secrets_cannot_be_reached() -> None:
    assert "ApiKey" not in ENTITIES
    assert not any("secret" in f.lower() for e in ENTITIES.values() for f in e.fields)


def test_relations_link_by_fields_that_are_there() -> None:
    for relation in INSTALL.relations.values():
        linked = target(relation) if relation.many else INSTALL

        assert linked.fields[relation.foreign_key].kind is Kind.ID
    assert {r.name for r in INSTALL.relations.values() if r.many} == {"members", "addOns"}
