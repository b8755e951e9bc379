"""``filter`` and ``orderBy`` as JSON Schemas, from the schema of the rows and the operators' table.

Depth, nodes, relations and bytes (CONTRACT.md section 2) are limits that a JSON Schema cannot tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from installs.query.language.comparators import NOT, PATH
from installs.query.language.literals import MAX_STRING
from installs.query.language.nodes import Quantifier
from installs.query.language.operators import OPERATORS, JsonType, Operator, Shape, operators_of
from installs.query.language.order import DIRECTIONS, MAX_SORT_FIELDS
from installs.query.language.parse_context import MAX_ENTRIES
from installs.query.language.schema import INSTALL, Entity, Field, Kind, target

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]

ID: Final[Schema] = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$"}
DATE: Final[Schema] = {"type": "string", "format": "date-time"}
_TEXT: Final[Schema] = {"type": "string", "maxLength": MAX_STRING}
_JSON_VALUES: Final[dict[JsonType, Schema]] = {
    JsonType.STRING: _TEXT,
    JsonType.NUMBER: {"type": "number"},
    JsonType.BOOLEAN: {"type": "boolean"},
}


def ref(name: str) -> Schema:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def value(field: Field) -> Schema:
    """A value of a field that is not null."""
    values: dict[Kind, Schema] = {
        Kind.ID: ID,
        Kind.ENUM: {"type": "string", "enum": list(field.values)},
        Kind.DATE: DATE,
        Kind.STRING: {"type": "string"},
        Kind.BOOLEAN: {"type": "boolean"},
        Kind.JSON: {"type": "object"},
    }
    return values[field.kind]


def filter_schemas() -> dict[str, Schema]:
    """The schemas of filters on installs, and of all that they refer to, by name."""
    schemas: dict[str, Schema] = {}
    _entity(schemas, INSTALL, optional=False)
    return dict(sorted(schemas.items()))


def order_schemas() -> dict[str, Schema]:
    """The schema of ``orderBy``, and that of a direction."""
    spellings = [
        spelling
        for name in DIRECTIONS
        for spelling in (name, "".join(word.capitalize() for word in name.split("_")))
    ]
    fields = [field.name for field in INSTALL.fields.values() if field.kind is not Kind.JSON]
    directions = {field: ref("Direction") for field in fields}
    key = _object(directions, minProperties=1, maxProperties=1)
    return {
        "Direction": {
            "type": "string",
            "enum": spellings,
            "description": "Plain asc puts nulls last, plain desc first.",
        },
        "InstallOrderBy": {
            "type": "array",
            "description": "Keys in the order in which they sort, no field twice; the id is last.",
            "minItems": 1,
            "maxItems": MAX_SORT_FIELDS,
            "items": key,
        },
    }


def _entity(schemas: dict[str, Schema], entity: Entity, *, optional: bool) -> str:
    """The name of the filter of an entity.

    ``optional``: the row may be absent, so that any of its fields may be null (a relation to one).
    """
    name = f"{'Optional' if optional else ''}{entity.name}Filter"
    if name in schemas:
        return name
    properties: dict[str, Schema] = {}
    schemas[name] = _object(properties, description="All of the keys must hold.")
    inner = {**ref(name), "minProperties": 1}
    for word in ("AND", "OR", "and", "or"):
        properties[word] = {"type": "array", "maxItems": MAX_ENTRIES, "items": inner}
    for word in ("NOT", "not"):
        properties[word] = inner
    for field in entity.fields.values():
        nullable = field.nullable or optional
        properties[field.name] = ref(_comparison(schemas, field, nullable=nullable))
    for relation in entity.relations.values():
        of = ref(_entity(schemas, target(relation), optional=not relation.many))
        schema = {**of, "minProperties": 1}
        quantified = {quantifier.value: schema for quantifier in Quantifier}
        properties[relation.name] = (
            _object(quantified, minProperties=1) if relation.many else schema
        )
    return name


def _comparison(schemas: dict[str, Schema], field: Field, *, nullable: bool) -> str:
    """The name of what may be said of a field."""
    kind = "Json" if field.kind is Kind.JSON else field.kind.capitalize()
    if field.kind is Kind.ENUM:
        kind = field.name[0].upper() + field.name[1:]
    name = f"{'Nullable' if nullable and field.kind is not Kind.STRING else ''}{kind}Comparison"
    if name in schemas:
        return name
    if field.kind is Kind.JSON:
        schemas[name] = _json_comparison(name)
        schemas["PlaceComparison"] = _path_comparison()
        return name
    # An id or a text that no row has is let pass: it matches nothing.
    scalar = _TEXT if field.kind in (Kind.ID, Kind.STRING) else value(field)
    properties: dict[str, Schema] = {}
    schemas[name] = {
        "anyOf": [
            scalar,
            _object(properties, minProperties=1),
        ]
    }
    for operator_name in operators_of(field.kind, nullable=nullable):
        operator = OPERATORS[operator_name]
        properties.update(_spelt(operator, _argument(operator, scalar)))
    properties[NOT] = ref(name)
    return name


def _spelt(operator: Operator, about: Schema) -> Iterator[tuple[str, Schema]]:
    """An operator under its name and its aliases."""
    yield operator.name, {"description": operator.doc, **about}
    for alias in operator.aliases:
        yield alias, {"description": f"The same as {operator.name}.", **about}


def _argument(operator: Operator, scalar: Schema) -> Schema:
    several: Schema = {"type": "array", "items": scalar}
    shapes: dict[Shape, Schema] = {
        Shape.SCALAR: scalar,
        Shape.LIST: {**several, "maxItems": MAX_ENTRIES},
        Shape.PAIR: {**several, "minItems": 2, "maxItems": 2},
        Shape.FLAG: {"type": "boolean"},
        Shape.KEY: _TEXT,
    }
    return shapes[operator.shape]


def _json_comparison(name: str) -> Schema:
    """Schema of a condition on a JSON object: a path with one operator, or a key."""
    path: Schema = {"type": "array", "minItems": 1, "maxItems": MAX_ENTRIES, "items": _TEXT}
    at_path = {PATH: path, **_path_operators()}
    has_key = OPERATORS["hasKey"]
    of_keys = {has_key.name: {"description": has_key.doc, **_TEXT}, NOT: ref(name)}
    one_operator = {"required": [PATH], "minProperties": 2, "maxProperties": 2}
    return {"anyOf": [_object(at_path, **one_operator), _object(of_keys, minProperties=1)]}


def _path_comparison() -> Schema:
    """Schema of a condition on a path in a JSON object: a value, or operators."""
    return {"anyOf": [*_JSON_VALUES.values(), _object(_path_operators(), minProperties=1)]}


def _path_operators() -> dict[str, Schema]:
    """The operators that compare with a scalar of JSON; a list is of one type."""
    operators: dict[str, Schema] = {}
    for operator in OPERATORS.values():
        if operator.shape in (Shape.FLAG, Shape.KEY):
            operators.update(_spelt(operator, _argument(operator, _TEXT)))
        elif operator.json_types:
            forms = [
                _argument(operator, schema)
                for json_type, schema in _JSON_VALUES.items()
                if json_type in operator.json_types
            ]
            operators.update(_spelt(operator, {"anyOf": forms}))
    return {**operators, NOT: ref("PlaceComparison")}


def _object(properties: dict[str, Schema], **rules: Any) -> Schema:  # noqa: ANN401 - JSON values
    """An object of these keys and no others."""
    return {"type": "object", "additionalProperties": False, "properties": properties, **rules}
