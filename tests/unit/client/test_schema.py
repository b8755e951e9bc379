"""The builder offers what the service has, to the last field and operator, and nothing more."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import Final, get_args

import pytest

import installs_client
from installs.query.language import include, order, order_by, parse_context
from installs.query.language.length import MAX_FILTER_BYTES, MAX_QUERY_CHARACTERS
from installs.query.language.literals import MAX_STRING
from installs.query.language.operators import OPERATORS, operators_of, path_operators
from installs.query.language.parameters import MAX_IDS, MAX_LIMIT, Deleted
from installs.query.language.schema import ENTITIES, PUBLIC_ENTITIES, Entity, Kind
from installs_client import IncludeDeleted, arguments, filters, query, where
from installs_client import order as client_order
from installs_client.fields import Enum, Field, Json, ToMany, ToOne

PAIRS: Final = [
    # the service's entity, the client's, whether its row may be absent (behind a relation to one)
    ("Install", where.install, False),
    ("Install", where.parent_install, True),
    ("IntegrationMember", where.member, False),
    ("Solution", where.solution, True),
    ("Integration", where.integration, True),
    ("IntegrationVersion", where.integration_version, True),
    ("Workspace", where.workspace, True),
    ("User", where.user, True),
]
SORTING: Final = set(get_args(client_order.Direction))
PYTHON: Final = {"in": "in_"}


def camel_case(name: str) -> str:
    """The API's spelling of a name."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


Fields = dict[str, Field[filters.Entity]]


def parts(entity: type[filters.Entity]) -> Fields:
    """The fields and relations by the API's names."""
    found = (getattr(entity, name) for name in dir(entity))
    return {one.name: one for one in found if isinstance(one, Field)}


def methods(one: object) -> set[str]:
    """The public methods of a field."""
    return {
        name
        for name, _ in inspect.getmembers(type(one), inspect.isfunction)
        if not name.startswith("_")
    }


def spelt(operators: tuple[str, ...]) -> set[str]:
    """Operators as methods."""
    snake = ("".join(f"_{c.lower()}" if c.isupper() else c for c in name) for name in operators)
    return {PYTHON.get(name, name) for name in snake}


@pytest.mark.parametrize(("name", "ours", "absent"), PAIRS)
def test_every_field_and_operator_and_no_other(
    name: str, ours: type[filters.Entity], absent: bool
) -> None:
    entity: Entity = ENTITIES[name]
    fields = parts(ours)
    assert set(fields) == {*entity.fields, *entity.relations}
    for field in entity.fields.values():
        one = fields[field.name]
        if field.kind is Kind.JSON:
            assert isinstance(one, Json)
            assert methods(one) == {"at", "has_key"}
            assert methods(one.at("a")) == spelt(path_operators())
            continue
        nullable = field.nullable or absent
        sorting = set() if field.kind in (Kind.STRING, Kind.BOOLEAN) else SORTING
        assert methods(one) - sorting == spelt(operators_of(field.kind, nullable=nullable)), one
        if field.kind is Kind.ENUM:
            assert isinstance(one, Enum)
            assert one.values == field.values
    for relation in entity.relations.values():
        other = fields[relation.name]
        assert isinstance(other, ToMany if relation.many else ToOne)
        pair = (relation.target, other.target, not relation.many)
        assert pair in PAIRS


def test_no_entity_is_left_out() -> None:
    assert {name for name, _, _ in PAIRS} == set(ENTITIES)
    assert spelt(tuple(OPERATORS)) == spelt(path_operators())


def test_the_quantifiers_are_those_of_the_service() -> None:
    assert methods(where.install.members) == {"some", "every", "none"}


def test_an_install_is_sorted_by_what_the_service_sorts_by() -> None:
    fields = parts(where.install).values()
    relations = {one.name for one in fields if isinstance(one, ToOne)}
    sortable = {one.name for one in fields if methods(one) >= SORTING}
    assert sortable == set(order.SORTABLE_FIELDS) | relations
    assert set(order_by.DIRECTIONS) == SORTING
    assert set(get_args(IncludeDeleted)) == set(Deleted)


def test_the_names_to_include_are_those_of_the_service() -> None:
    assert query.OF_LIST == include.OF_LIST
    assert query.OF_INSTALL == include.OF_INSTALL


@pytest.mark.parametrize("name", sorted(set(ENTITIES) - {"Install"}))
def test_an_included_row_has_every_field(name: str) -> None:
    ours = getattr(installs_client, name)
    camel = [camel_case(one.name) for one in fields(ours) if one.name != "raw"]
    assert camel == list(ENTITIES[name].fields)
    nullable = [one.name for one in fields(ours) if "None" in str(one.type)]
    hidden = set(ENTITIES[name].fields) - set(PUBLIC_ENTITIES[name].fields)
    for one in ENTITIES[name].fields.values():
        absent = one.nullable or one.name in hidden
        assert absent is (one.name in map(camel_case, nullable)), one.name


def test_the_limits_are_those_of_the_service() -> None:
    assert (filters.MAX_BYTES, filters.MAX_DEPTH, filters.MAX_NODES, filters.MAX_ENTRIES) == (
        MAX_FILTER_BYTES,
        parse_context.MAX_DEPTH,
        parse_context.MAX_NODES,
        parse_context.MAX_ENTRIES,
    )
    assert (filters.MAX_TO_ONE, filters.MAX_TO_MANY, filters.MAX_HOPS) == (
        parse_context.MAX_TO_ONE,
        parse_context.MAX_TO_MANY,
        parse_context.MAX_RELATION_DEPTH,
    )
    assert (arguments.MAX_STRING, arguments.MAX_VALUES) == (MAX_STRING, parse_context.MAX_ENTRIES)
    assert (query.MAX_LIMIT, query.MAX_IDS) == (MAX_LIMIT, MAX_IDS)
    assert query.MAX_CHARACTERS == MAX_QUERY_CHARACTERS
    assert client_order.MAX_KEYS == order.MAX_SORT_FIELDS
