"""A field or a relation of the schema is complete: every other place has it too.

To add one, begin in language/schema.py. These tests then name one place after the other, with those
of the client (tests/unit/client), of ingest (tests/unit/ingest) and of the documents that commands
make (test_reference.py, tests/e2e/test_openapi.py).
"""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, Final

import pytest

from installs import model
from installs.query.language.include import TO_ONE as TO_ONE_MEMBERS
from installs.query.language.order import SORTABLE_FIELDS
from installs.query.language.schema import ENTITIES, INSTALL, Entity, Kind, Relation, target
from installs.store import keys
from installs.store.items import FIELD_NAMES
from installs.store.keys import Key, State
from installs.store.reader import REFERENCES
from installs_client import Install
from tests.property.query import worlds
from tools.api.show import PLAIN
from tools.local.paths import ROOT
from tools.openapi import fields as texts

if TYPE_CHECKING:
    from collections.abc import Iterable

CONTRACT: Final = (ROOT / "CONTRACT.md").read_text(encoding="utf-8")
RELATIONS: Final = [
    (entity, relation) for entity in ENTITIES.values() for relation in entity.relations.values()
]
TO_ONE: Final = [relation for _, relation in RELATIONS if not relation.many]
TO_MANY: Final = [relation for _, relation in RELATIONS if relation.many]


def console(script: str) -> str:
    return (ROOT / "console" / script).read_text(encoding="utf-8")


def names(relations: Iterable[Relation]) -> list[str]:
    return [relation.name for relation in relations]


# Section 1 of the contract


@pytest.mark.parametrize("name", ENTITIES)
def test_section_1_of_the_contract_has_the_fields(name: str) -> None:
    (row,) = re.findall(rf"^\| {name} \| (.*) \|$", CONTRACT, re.MULTILINE)
    entries = re.findall(r"[^,(]+(?:\([^)]*\))?", row)
    entry_of = {entry.strip().split("?")[0].split(" ")[0]: entry.strip() for entry in entries}

    assert list(entry_of) == list(ENTITIES[name].fields), "CONTRACT.md, section 1"
    for field in ENTITIES[name].fields.values():
        entry = entry_of[field.name]
        assert ("?" in entry) is field.nullable, entry
        assert ("(object)" in entry) is (field.kind is Kind.JSON), entry


def test_section_2_of_the_contract_has_the_relations() -> None:
    to_one = re.search(r"- Relations to one: (.*?)\n- ", CONTRACT, re.DOTALL)
    to_many = re.search(r"- Relations to many: (.*?)\n- ", CONTRACT, re.DOTALL)

    assert to_one is not None
    assert re.findall(r"`(\w+)`", to_one[1]) == names(TO_ONE), "CONTRACT.md, section 2"
    assert to_many is not None
    named = [name for name in re.findall(r"`(\w+)`", to_many[1]) if name in INSTALL.relations]
    assert named == names(TO_MANY), "CONTRACT.md, section 2"


# The store


@pytest.mark.parametrize("relation", TO_ONE, ids=names(TO_ONE))
def test_the_store_reads_the_related_row_by_its_id(relation: Relation) -> None:
    assert relation.target in keys.ROW_KEYS, "store/keys.py, ROW_KEYS"
    assert isinstance(keys.ROW_KEYS[relation.target]("x"), Key)


@pytest.mark.parametrize("relation", TO_MANY, ids=names(TO_MANY))
def test_the_store_reads_the_related_rows_by_their_link(relation: Relation) -> None:
    assert (relation.target, relation.foreign_key) in REFERENCES, "store/reader.py, REFERENCES"
    assert REFERENCES[relation.target, relation.foreign_key]("x", tuple(State))


def test_rows_to_include_are_read_by_entity_so_no_two_relations_share_one() -> None:
    targets = [relation.target for relation in TO_ONE]

    assert len(targets) == len(set(targets)), "query/execution/included.py, _to_one"
    assert len(TO_ONE_MEMBERS) == len(set(TO_ONE_MEMBERS.values())), "query/language/include.py"


def test_the_store_reads_nothing_that_no_relation_needs() -> None:
    related = {(relation.target, relation.foreign_key) for relation in TO_MANY}

    assert REFERENCES.keys() == related
    assert keys.ROW_KEYS.keys() == {"Install", *(relation.target for relation in TO_ONE)}


@pytest.mark.parametrize(("entity", "relation"), RELATIONS, ids=names(r for _, r in RELATIONS))
def test_a_relation_that_ignores_the_scope_is_reached_by_the_row_alone(
    entity: Entity, relation: Relation
) -> None:
    """Rows that other tenants own are seen only by scope: they have a workspace to see."""
    if relation.scoped:
        assert "workspaceId" in target(relation).fields, relation.name
    link = target(relation) if relation.many else entity
    assert link.fields[relation.foreign_key].kind is Kind.ID


# Rows going out


def test_an_answer_has_the_fields_of_an_install() -> None:
    assert tuple(INSTALL.fields) == tuple(name for _, name in FIELD_NAMES[model.Install])


def test_the_client_reads_the_fields_of_an_install() -> None:
    snake = [re.sub(r"([A-Z])", r"_\1", name).lower() for name in INSTALL.fields]
    beside = ("raw", "included")

    assert [field.name for field in fields(Install) if field.name not in beside] == snake, "rows.py"


def test_the_document_describes_the_fields_and_relations_of_every_entity() -> None:
    assert texts.FIELDS.keys() == ENTITIES.keys(), "tools/openapi/fields.py, FIELDS"
    for name, entity in ENTITIES.items():
        assert list(texts.FIELDS[name]) == list(entity.fields), "tools/openapi/fields.py, FIELDS"
    assert list(texts.RELATIONS) == list(INSTALL.relations), "tools/openapi/fields.py, RELATIONS"


def test_the_commands_print_the_fields_of_an_install() -> None:
    left_out = {"variables", "authStateId"}

    assert list(PLAIN) == [name for name in INSTALL.fields if name not in left_out]


# The console


def test_the_console_sorts_by_fields_that_sort() -> None:
    keys = re.findall(r"\(\{ (\w+): (?:\{ (\w+):)?", console("fields.js"))

    assert keys
    for name, inner in keys:
        if inner:
            assert inner in target(INSTALL.relations[name]).fields, "console/fields.js"
        else:
            assert name in SORTABLE_FIELDS, "console/fields.js"


@pytest.mark.parametrize("name", INSTALL.fields)
def test_the_console_shows_every_field_of_an_install(name: str) -> None:
    assert re.search(rf"^  {name}: ", console("fields.js"), re.MULTILINE), "console/fields.js"
    assert re.search(rf"\b{name}\b", console("panel.js")), "console/panel.js"


def test_the_console_filters_on_fields_that_exist() -> None:
    script = console("filter-form.js")
    fields = re.findall(
        r"^  \"?([\w.]+)\"?: \[[^\n]*?(\[[^\n]*\]|\"\w+\")\],$", script, re.MULTILINE
    )

    assert len(fields) > 5
    for path, values in fields:
        *relation, name = path.split(".")
        entity = target(INSTALL.relations[relation[0]]) if relation else INSTALL
        assert name in entity.fields, "console/filter-form.js"
        if values.startswith("["):
            assert re.findall(r'"(\w+)"', values) == list(entity.fields[name].values), name


# Tests


def test_the_worlds_of_the_oracle_have_every_field_and_relation() -> None:
    """Their tables are written by hand, so that the oracle does not repeat a mistake."""
    entities = {"member": "IntegrationMember", "version": "IntegrationVersion"}
    for short, table in worlds.ENTITIES.items():
        entity = ENTITIES[entities.get(short, short.capitalize())]
        assert list(table) == list(entity.fields), "tests/property/query/worlds.py"
    assert list(worlds.TO_ONE) == names(TO_ONE), "tests/property/query/worlds.py, TO_ONE"
    assert list(worlds.TO_MANY) == names(TO_MANY), "tests/property/query/worlds.py, TO_MANY"
